"""Ejecuta las medidas que faltan de un estudio y añade cada registro en cuanto su medida termina."""

import json
import os
import pickle
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from distributed import Client, KilledWorker, LocalCluster, as_completed
from tqdm import tqdm

from recurrentes import records
from studies import measuring

#: Cuántas veces se repite una medida cuyo proceso muere.
RETRIES = 3


class Unreachable(RuntimeError):
    """No hay planificador, o sus procesos no pueden medir; el mensaje dice qué falta."""


class Lines(tqdm):
    """La barra de progreso cuando no la mira nadie: cada medida, en una línea de un archivo."""

    @staticmethod
    def status_printer(file):
        return lambda text: print(text, file=file, flush=True)

    @classmethod
    def write(cls, text, file):
        print(text, file=file, flush=True)

    def close(self):
        self.sp = None  # no hay línea que borrar
        super().close()


def run(
    grid: Iterable[dict],
    measure: Callable[..., dict],
    path: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
) -> int:
    """Mide lo que falta de ``grid``, añade los registros a ``path`` y devuelve cuántas medidas fallaron.

    Una medida que falla se dice y no detiene a las demás. Con ``workers`` mayor que 1 se mide en otros tantos procesos
    de esta máquina, y con ``scheduler``, la dirección de un planificador de Dask, en los de las suyas: los registros
    son los mismos, quizá en otro orden. Un proceso que muere se sustituye, y su medida se repite; si mueren varios
    seguidos, la medida falla.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    grid = list(grid)
    done = {_key(record["params"]) for record in _whole(path)}
    missing = [params for params in grid if _key(params) not in done]
    failed = 0
    bar = (tqdm if sys.stderr.isatty() else Lines)(
        total=len(grid),
        initial=len(grid) - len(missing),
        bar_format="{n_fmt}/{total_fmt} |{bar:20}| en {elapsed}, faltan {remaining}{postfix}",
        mininterval=0,
        miniters=1,
    )
    with path.open("a", encoding="utf8", newline="\n") as file, bar:
        for params, outcome in _outcomes(missing, measure, workers, scheduler):
            values = " ".join(str(value) for value in params.values())
            if isinstance(outcome, dict):
                file.write(json.dumps(outcome, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())  # lo escrito sobrevive a un corte
            else:
                failed += 1
                bar.write(f"Falla {values}: {outcome}", sys.stderr)
            bar.set_postfix_str(values, refresh=False)
            bar.update()
    return failed


def _outcomes(
    grid: list[dict], measure: Callable[..., dict], workers: int, scheduler: str | None
) -> Iterator[tuple[dict, dict | str]]:
    """Los parámetros de cada medida con su registro, o con por qué falló, según terminan."""
    if not grid:
        return
    if workers == 1 and not scheduler:
        yield from ((params, measuring.outcome(params, measure)) for params in grid)
        return
    run = (uuid.uuid4().hex, measuring.variables())
    with _remote(scheduler) if scheduler else _local(min(workers, len(grid))) as client:
        futures = client.map(measuring.apart, grid, measure=pickle.dumps(measure), run=run, pure=False, retries=RETRIES)
        waiting = {future.key: params for future, params in zip(futures, grid, strict=True)}
        completed = as_completed(futures)
        del futures  # lo terminado se olvida, y así no se repite si después muere la máquina que lo midió
        for future in completed:
            if future.cancelled():
                raise Unreachable("Se perdió el planificador. Lo medido está guardado: la misma orden lo continúa.")
            error = future.exception()
            yield waiting.pop(future.key), _reason(error) if error else future.result()
            future.release()


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    """Dask en este mismo proceso, con un hilo por cada uno de los que miden y sin puertos."""
    with (
        LocalCluster(1, workers, processes=False, memory_limit=0, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def _remote(address: str) -> Iterator[Client]:
    """Los procesos de un planificador en marcha."""
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise Unreachable(
            f"scheduler={address!r}: no responde un planificador de Dask. Arranca uno con «python -m dask scheduler» y "
            f"da la dirección que escribe."
        ) from error
    with client:
        client.wait_for_workers(1)
        try:
            client.run_on_scheduler(exec, "from studies import measuring")
            client.run(exec, "from studies import measuring; measuring.check()")
        except (ImportError, RuntimeError) as error:
            raise Unreachable(
                f"Los procesos de {address} no pueden medir ({error}). Arráncalos, también el planificador, desde una "
                f"copia del repositorio y con su entorno: .venv/bin/python -m dask worker {address} --nthreads 1 "
                f"--no-nanny"
            ) from error
        yield client


def _reason(error: BaseException) -> str:
    if isinstance(error, KilledWorker | BrokenProcessPool):
        return f"{RETRIES + 1} veces ha muerto el proceso que la medía"
    return f"{type(error).__name__}: {error}"


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
