"""Ejecuta las medidas que faltan de un estudio y añade cada registro en cuanto su medida termina."""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from pathlib import Path

from recurrentes import claims, records


def run(grid: Iterable[dict], measure: Callable[..., dict], path: Path, *, workers: int = 1) -> int:
    """Mide lo que falta de ``grid``, añade los registros a ``path`` y devuelve cuántas medidas fallaron.

    Una medida que falla se dice y no detiene a las demás. Con ``workers`` mayor que 1 se mide en otros tantos procesos:
    los registros son los mismos, quizá en otro orden.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    grid = list(grid)
    done = {_key(record["params"]) for record in _whole(path)}
    missing = [params for params in grid if _key(params) not in done]
    print(f"Ya hay {len(grid) - len(missing)} de {len(grid)} medidas.", flush=True)
    start, failed = time.monotonic(), 0
    with path.open("a", encoding="utf8", newline="\n") as file:
        for number, (params, outcome) in enumerate(_outcomes(missing, measure, workers), start=1):
            values = " ".join(str(value) for value in params.values())
            if isinstance(outcome, Exception):
                failed += 1
                print(f"Falla {values}: {type(outcome).__name__}: {outcome}", file=sys.stderr, flush=True)
                continue
            file.write(json.dumps(outcome, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())  # lo escrito sobrevive a un corte
            minutes = (time.monotonic() - start) / 60
            left = minutes / number * (len(missing) - number)
            print(f"{number}/{len(missing)} en {minutes:.1f} min, faltan {left:.0f}: {values}", flush=True)
    return failed


def _outcomes(grid: list[dict], measure: Callable[..., dict], workers: int) -> Iterator[tuple[dict, dict | Exception]]:
    """Los parámetros de cada medida con su registro o con su error, según terminan."""
    if workers == 1:
        for params in grid:
            try:
                outcome = _record(measure, params)
            except Exception as error:
                outcome = error
            yield params, outcome
        return
    context = multiprocessing.get_context("spawn")  # TensorFlow no admite procesos bifurcados
    with futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        runs = {pool.submit(_record, measure, params): params for params in grid}
        try:
            for finished in futures.as_completed(runs):
                yield runs[finished], finished.exception() or finished.result()
        finally:
            pool.shutdown(cancel_futures=True)  # si se interrumpe, no empieza ninguna más


def _record(measure: Callable[..., dict], params: dict) -> dict:
    start = time.monotonic()
    metrics = measure(**params)
    return {"params": params, "metrics": metrics, "seconds": round(time.monotonic() - start, 1), **claims.environment()}


def _whole(path: Path) -> list[dict]:
    """Los registros del archivo, del que se borra una última línea que quedó a medias."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        path.write_bytes(whole)
    return records.parse(path)


def _key(params: dict) -> str:
    return json.dumps(params, sort_keys=True)
