"""Los registros de los estudios: experimentos largos que se hacen aparte y cuyos resultados enseñan los capítulos."""

import json
from importlib.resources import files
from pathlib import Path

import pandas as pd

__all__ = ["load", "names", "parse"]


def load(name: str) -> pd.DataFrame:
    """Los registros del estudio ``name``, uno por fila.

    En un clon se lee ``studies/records``; instalado, la copia del paquete.

    Parameters
    ----------
    name : el de un estudio, como *long-memory*.

    Returns
    -------
    DataFrame con una columna por parámetro y por resultado, y además ``seconds`` (lo que tardó la medida), ``backend``,
    ``device``, ``machine``, ``versions`` y ``date``. Un resultado que una medida no tiene es NaN.

    Raises
    ------
    ValueError : si no hay registros con ese nombre, o si una línea de su archivo no es un registro.

    Examples
    --------
    >>> table = load("long-memory")
    >>> {"task", "cell", "T", "seed", "accuracy"} <= set(table.columns)
    True
    """
    if name not in names():
        raise ValueError(f"name={name!r}: no hay registros de ese estudio. Los hay de: {', '.join(names())}.")
    rows = parse(_folder() / f"{name}.jsonl")
    return pd.DataFrame([row.pop("params") | row.pop("metrics") | row for row in rows])


def names() -> list[str]:
    """Los estudios de los que hay registros.

    Examples
    --------
    >>> "long-memory" in names()
    True
    """
    return sorted(path.name.removesuffix(".jsonl") for path in _folder().iterdir() if path.name.endswith(".jsonl"))


def parse(path: Path) -> list[dict]:
    """Los registros de un archivo *JSON Lines*; no cuenta una última línea sin terminar, la de un estudio interrumpido.

    Returns
    -------
    Diccionarios con ``params``, ``metrics`` y con qué se midió cada uno.

    Raises
    ------
    ValueError : si otra línea no es un registro; el mensaje dice cuál.
    """
    found = []
    for number, line in enumerate(path.read_text("utf8").split("\n")[:-1], start=1):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict) or not {"params", "metrics"} <= record.keys():
            raise ValueError(
                f"{path.name}, línea {number}: no es un registro con `params` y `metrics`, sino {line[:60]!r}. Borra "
                f"esa línea y repite el estudio: mide solo lo que falta."
            )
        found.append(record)
    return found


def _folder():
    clone = Path(__file__).parents[2] / "studies" / "records"
    return clone if clone.exists() else files("recurrentes").joinpath("studies")
