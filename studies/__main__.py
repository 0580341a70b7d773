"""La orden ``python -m studies``: qué hace lo cuenta ``studies/__init__.py``."""

import argparse
import ast
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from dask.system import CPU_COUNT

from studies import runner

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Los estudios que hay, como se escriben en la orden."""
    found = [path for path in FOLDER.glob("*.py") if "\ndef grid(" in path.read_text("utf8")]
    return sorted(path.stem.replace("_", "-") for path in found)


def select(grid: Iterable[dict], only: list[str]) -> list[dict]:
    """Las medidas de ``grid`` que cumplen todos los «clave=valor» de ``only``.

    Raises
    ------
    ValueError : si ninguna los cumple.
    """
    wanted = dict(pair.partition("=")[::2] for pair in only)
    grid = list(grid)
    chosen = [params for params in grid if all(str(params.get(key)) == value for key, value in wanted.items())]
    if not chosen:
        raise ValueError(f"--only {' '.join(only)}: ninguna medida lo cumple. Los parámetros son como {grid[0]}.")
    return chosen


def main(arguments: list[str]) -> str | int:
    parser = argparse.ArgumentParser("python -m studies")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="enumera los estudios")
    run = commands.add_parser("run", help="hace las medidas que faltan de un estudio")
    run.add_argument("name", metavar="NOMBRE")
    run.add_argument("--seeds", type=int, default=5, metavar="N", help="semillas de 0 a N - 1; si no se dice, 5")
    run.add_argument(
        "--only", nargs="+", default=[], metavar="CLAVE=VALOR", help="solo las medidas con esos parámetros"
    )
    run.add_argument("--workers", type=int, metavar="N", help="procesos a la vez; si no se dice, uno por núcleo")
    run.add_argument("--scheduler", metavar="DIRECCIÓN", help="un planificador de Dask en marcha, como tcp://HOST:8786")
    options = parser.parse_args(arguments)
    if options.command == "list":
        for name in names():
            source = (FOLDER / f"{name.replace('-', '_')}.py").read_text("utf8")
            print(f"{name}: {ast.get_docstring(ast.parse(source)).partition(chr(10))[0]}")
        return 0
    if options.name not in names():
        return f"{options.name!r} no es un estudio. Los que hay: {', '.join(names())}."
    study = importlib.import_module(f"studies.{options.name.replace('-', '_')}")
    try:
        grid = select(study.grid(range(options.seeds)), options.only)
    except ValueError as error:
        return str(error)
    workers = options.workers or (1 if getattr(study, "ALONE", False) else CPU_COUNT)
    path = FOLDER / "records" / f"{options.name}.jsonl"
    try:
        failed = runner.run(grid, study.measure, path, workers=workers, scheduler=options.scheduler)
    except runner.Unreachable as error:
        return str(error)
    return f"Fallaron {failed} medidas; repite la orden para volver a intentarlas." if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
