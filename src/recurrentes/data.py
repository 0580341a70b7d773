"""Los datos del curso: los reales se descargan una vez y se comprueban; los sintéticos se generan y lo dicen."""

import os
import tarfile
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pooch
import requests
import yaml

__all__ = ["DataError", "cache_folder", "fetch", "load_ridership", "make_ventas", "registry"]


class DataError(RuntimeError):
    """No se pudo conseguir un archivo de datos intacto; el mensaje dice qué se pedía, qué llegó y qué hacer."""


def registry() -> dict[str, dict]:
    """Ficha de cada conjunto de datos real: archivo, dirección, SHA-256, licencia, fuente y fecha.

    Examples
    --------
    >>> registry()["ridership"]["file"]
    'ridership.tgz'
    """
    return yaml.safe_load(files("recurrentes").joinpath("registry.yml").read_text("utf8"))


def cache_folder() -> Path:
    """Carpeta donde quedan las descargas: la caché del usuario en su sistema."""
    return Path(pooch.os_cache("recurrentes"))


def fetch(name: str) -> Path:
    """Ruta local y comprobada del archivo de datos ``name``.

    Busca primero en la carpeta que nombra la variable de entorno ``RECURRENTES_DATA``, después en la caché del
    usuario y, si no está, lo descarga. Un archivo solo se entrega si su SHA-256 es el del registro.

    Raises
    ------
    ValueError : si ``name`` no está en el registro o su ficha no tiene SHA-256.
    DataError : si el archivo está dañado, no se puede descargar o no se puede guardar.
    """
    entries = registry()
    if name not in entries:
        raise ValueError(f"name={name!r}: se requiere uno de {sorted(entries)}.")
    entry = entries[name]
    if not entry.get("sha256"):
        raise ValueError(f"La ficha de {name!r} no tiene sha256: añádelo a registry.yml; sin él no se usa el archivo.")
    folder = os.environ.get("RECURRENTES_DATA")
    if folder and (local := Path(folder).expanduser() / entry["file"]).exists():
        return _intact(local, entry["sha256"], "cambia el archivo, o la carpeta que nombra RECURRENTES_DATA")
    cached = cache_folder() / entry["file"]
    if os.path.exists(cached):  # no falla, como Path.exists, si la carpeta no se puede leer
        return _intact(cached, entry["sha256"], "bórralo y vuelve a ejecutar: se descargará de nuevo")
    return _download(entry, cached)


def load_ridership(*, clean: bool = True) -> pd.DataFrame:
    """Viajeros diarios del transporte de Chicago, del 2001-01-01 al 2021-11-30.

    Parameters
    ----------
    clean : con ``False``, la tabla tal como viene en el archivo: 7701 filas, con dos meses repetidos.

    Returns
    -------
    DataFrame (7639, 4) con índice diario ``date`` y columnas ``day_type`` ("W" laborable, "A" sábado, "U" domingo o
    festivo), ``bus``, ``rail`` y ``total``, en viajeros por día.

    Raises
    ------
    DataError : la de `fetch`, o si el archivo comprobado no se puede leer.

    Fuente: Chicago Transit Authority, «CTA - Ridership - Daily Boarding Totals».
    """
    entry = registry()["ridership"]
    path = fetch("ridership")
    try:
        with tarfile.open(path) as archive:
            raw = pd.read_csv(archive.extractfile(entry["member"]), parse_dates=["service_date"])
    except (tarfile.TarError, KeyError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: no se puede leer dentro {entry['member']} ({type(error).__name__}), aunque su SHA-256 es el del "
            f"registro. Revisa sus campos sha256 y member en registry.yml."
        ) from error
    if not clean:
        return raw
    names = {"service_date": "date", "rail_boardings": "rail", "total_rides": "total"}
    return raw.drop_duplicates().rename(columns=names).set_index("date").sort_index().asfreq("D")


def make_ventas(n_days: int = 1461, *, noise: float = 10.0, rng: np.random.Generator) -> pd.DataFrame:
    """Ventas diarias **sintéticas**, en unidades: tendencia + semana + año + promociones + ruido.

    No son datos de ningún comercio. Como se conoce cada sumando, se conoce también el mejor error posible: con ruido
    normal de desviación ``noise``, ningún pronóstico baja en media de un error absoluto de ``noise * sqrt(2 / pi)``.

    Parameters
    ----------
    n_days : número de días, al menos 1; la serie empieza el lunes 2018-01-01.
    noise : desviación típica del ruido, en unidades, no negativa.
    rng : generador de números aleatorios; el mismo estado da la misma serie.

    Returns
    -------
    DataFrame (n_days, 6) con índice diario y columnas ``sales``, ``trend``, ``weekly``, ``yearly``, ``promotion`` y
    ``noise``; ``sales`` es la suma de las otras cinco.

    Examples
    --------
    >>> ventas = make_ventas(14, rng=np.random.default_rng(0))
    >>> bool(np.allclose(ventas["sales"], ventas.drop(columns="sales").sum(axis=1)))
    True
    """
    if n_days < 1 or noise < 0:
        raise ValueError(f"n_days={n_days} y noise={noise}: se requiere n_days >= 1 y noise >= 0.")
    day = np.arange(n_days)
    week = np.array([-20.0, -25.0, -15.0, -5.0, 20.0, 45.0, 0.0])  # de lunes a domingo; suma cero
    promoted = np.repeat(rng.random(n_days // 7 + 1) < 0.1, 7)[:n_days]  # una semana de cada diez, en promedio
    table = pd.DataFrame(
        {
            "trend": 200 + 0.05 * day,
            "weekly": week[day % 7],
            "yearly": 30 * np.sin(2 * np.pi * day / 365.25),
            "promotion": 40.0 * promoted,
            "noise": rng.normal(0, noise, n_days),
        },
        index=pd.date_range("2018-01-01", periods=n_days, freq="D", name="date"),
    )
    table.insert(0, "sales", table.sum(axis=1))
    return table


def _intact(path: Path, sha256: str, remedy: str) -> Path:
    """``path`` si su contenido tiene la huella esperada; si no, un error que dice qué hacer."""
    found = pooch.file_hash(str(path), alg="sha256")
    if found != sha256:
        raise DataError(
            f"{path} está dañado o no es el archivo esperado: se esperaba SHA-256 {sha256} y tiene {found} "
            f"({path.stat().st_size} bytes). Remedio: {remedy}."
        )
    return path


def _download(entry: dict, target: Path) -> Path:
    """Descarga a un archivo temporal que solo pasa a ``target`` si su huella es la esperada."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # los mensajes de pooch están en inglés; los errores los traduce _problem
    try:
        pooch.retrieve(entry["url"], f"sha256:{entry['sha256']}", fname=target.name, path=target.parent)
    except (requests.RequestException, OSError, ValueError) as error:
        raise DataError(_problem(error, entry, target)) from error
    finally:
        logger.setLevel(level)
    return target


def _problem(error: Exception, entry: dict, target: Path) -> str:
    """Qué falló al descargar y qué hacer; distingue la red, la caché y un contenido que no es el esperado."""
    by_hand = f"deja {target.name} en otra carpeta y nómbrala en la variable de entorno RECURRENTES_DATA."
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"La descarga de {entry['url']} se cortó. No se ha guardado nada. Vuelve a intentarlo."
    if isinstance(error, requests.RequestException):
        reason = type(error).__name__
        if error.response is not None:
            reason = f"el servidor respondió {error.response.status_code}"
        return (
            f"No se pudo descargar {entry['url']} ({reason}). Comprueba la conexión; si sigue sin poderse, trae el "
            f"archivo por otro medio, {by_hand}"
        )
    if isinstance(error, OSError):
        return (
            f"No se puede escribir en la caché {target.parent} ({error.strerror or type(error).__name__}). Haz que "
            f"sea una carpeta con espacio y permiso de escritura, o {by_hand}"
        )
    return (
        f"La descarga de {entry['url']} no es el archivo esperado: su SHA-256 no es {entry['sha256']}. No se ha "
        f"guardado nada. Vuelve a intentarlo; si se repite, avisa: quizá haya cambiado el archivo público."
    )
