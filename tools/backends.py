"""Lo que la puerta midió en cada backend y aparato: claims/backends.jsonl, una línea por cuaderno y lugar."""

import json
import time
from pathlib import Path

import sources
from recurrentes.claims import BACKENDS, MIME

__all__ = ["MIME", "PATH", "brief", "load", "place", "save"]

PATH = sources.ROOT / "claims" / "backends.jsonl"


def brief(record: dict) -> dict:
    """De un registro, la medida, con seis cifras."""

    def short(values):
        return values and [float(f"{value:.6g}") for value in values]

    [mean] = short([record["mean"]])
    return {"values": short(record["values"]), "mean": mean, "interval": short(record["interval"])}


def place(run: dict) -> str:
    """El nombre de la columna: «JAX, CPU»."""
    return f"{BACKENDS[run['backend']]}, {run['device'].upper()}"


def load(path: Path = PATH) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf8").splitlines()] if path.exists() else []


def save(path: Path, runs: dict[str, dict]) -> None:
    """Guarda cada cuaderno recién ejecutado en lugar de lo que hubiera de él con este backend y este aparato."""
    here = sources.environment()
    date = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    found = {_key(run): run for run in load(path)}
    for notebook, run in runs.items():
        key = sources.execution_key(sources.read(notebook))
        run = {"notebook": notebook, **here, "date": date, "key": key, **run, "seconds": round(run["seconds"], 1)}
        found[_key(run)] = run
    lines = [json.dumps(found[key], ensure_ascii=False, sort_keys=True) + "\n" for key in sorted(found)]
    path.write_text("".join(lines), "utf8")


def _key(run: dict) -> tuple[str, str, str]:
    return run["backend"], run["device"], run["notebook"]
