"""Cómo se hace una medida: en este proceso, o en otro que solo mide."""

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from recurrentes import claims

#: Las variables de entorno que deciden resultados, y no rutas ni aparatos: las que viajan a otras máquinas.
PREFIXES = ("KERAS_BACKEND", "TF_", "JAX_", "XLA_")
#: De cada hilo de Dask, el proceso en que mide y para qué ejecución.
MINE = threading.local()


def outcome(params: dict, measure: Callable[..., dict]) -> dict | str:
    """El registro de una medida o, si falla, por qué."""
    start = time.monotonic()
    try:
        metrics = measure(**params)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return {"params": params, "metrics": metrics, "seconds": round(time.monotonic() - start, 1), **claims.environment()}


def variables() -> dict[str, str]:
    """Las de este proceso que tienen que ser iguales en el que mida."""
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIXES)}


def apart(params: dict, measure: bytes, run: tuple[str, dict[str, str]]) -> dict | str:
    """``outcome`` en un proceso nuevo de cada hilo de Dask, que sirve para las demás medidas de la misma ejecución.

    En el de Dask no vale: sus hilos gastan el azar global de Python, del que Keras saca los pesos iniciales.

    Parameters
    ----------
    measure : serializada, para que Dask no tenga que importarla, y Keras con ella.
    run : un nombre que no se repite y las variables de entorno con las que se mide.

    Raises
    ------
    BrokenProcessPool : si el proceso muere; la medida siguiente tendrá otro.
    """
    if getattr(MINE, "run", None) != run:
        spawn = multiprocessing.get_context("spawn")  # TensorFlow no admite procesos bifurcados
        MINE.run, MINE.process = run, ProcessPoolExecutor(1, spawn, _prepare, run[1:])
    try:
        return MINE.process.submit(_outcome, params, measure).result()
    except BrokenProcessPool:
        del MINE.run
        raise


def check() -> None:
    """Exige que este proceso de Dask pueda tener otros que midan."""
    if multiprocessing.current_process().daemon:
        raise RuntimeError("los arrancó un «nanny»")


def _prepare(environ: dict[str, str]) -> None:
    for name in variables():
        del os.environ[name]
    os.environ.update(environ)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C lo termina sin más
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """Si muere quien pidió la medida, no se mide para nadie."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _outcome(params: dict, measure: bytes) -> dict | str:
    return outcome(params, pickle.loads(measure))
