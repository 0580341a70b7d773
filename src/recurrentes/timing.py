"""Comparar lo que tardan varios trabajos: por turnos, en orden aleatorio, y con el mejor tiempo de cada uno."""

import time
from collections.abc import Callable, Hashable, Mapping

import numpy as np

__all__ = ["interleaved", "ratio"]


def interleaved(
    works: Mapping[Hashable, Callable[[], object]],
    *,
    repeats: int = 9,
    warm: int = 4,
    rng: np.random.Generator,
    clock: Callable[[], float] | None = None,
) -> dict[Hashable, np.ndarray]:
    """Segundos de cada trabajo en cada ronda.

    En cada ronda se hacen todos, una vez y en orden aleatorio, así que una máquina que se frena un rato los frena a
    todos. Un trabajo debe devolver algo ya calculado (un número, una matriz de NumPy), o en una GPU se mediría el
    encargo y no el trabajo: ``train_on_batch`` y ``predict_on_batch`` lo cumplen.

    Parameters
    ----------
    works : nombre -> función sin argumentos.
    repeats : rondas que cuentan, al menos 1.
    warm : veces que se hace antes cada trabajo, seguidas y sin contarlas: en ellas se compila y se llenan las memorias.
        Con menos de cuatro, TensorFlow puede avisar de que se trazan demasiadas funciones seguidas.
    rng : decide el orden en cada ronda.
    clock : de dónde salen los segundos; si no se dice, el reloj. Con ``time.process_time`` es el tiempo de procesador:
        suma el de todos los hilos, no cuenta lo que esperan y no sabe nada de una GPU.

    Returns
    -------
    Nombre -> (repeats,) segundos, en el orden de ``works``.

    Raises
    ------
    ValueError : si ``repeats`` es menor que 1.

    Examples
    --------
    >>> seconds = interleaved({"poco": lambda: sum(range(10)), "mucho": lambda: sum(range(100_000))},
    ...                       rng=np.random.default_rng(0))
    >>> seconds["poco"].shape, ratio(seconds, "mucho", "poco") > 10
    ((9,), True)
    """
    if repeats < 1:
        raise ValueError(f"repeats={repeats}: se requiere al menos una ronda que cuente.")
    clock = clock or time.perf_counter
    for work in works.values():
        for _ in range(warm):
            work()
    names, seconds = list(works), {name: [] for name in works}
    for _ in range(repeats):
        for number in rng.permutation(len(names)):
            start = clock()
            works[names[number]]()
            seconds[names[number]].append(clock() - start)
    return {name: np.array(values) for name, values in seconds.items()}


def ratio(seconds: Mapping[Hashable, np.ndarray], name: Hashable, base: Hashable) -> float:
    """Cuántas veces tarda ``name`` lo que tarda ``base``: cociente de sus mejores tiempos.

    Lo que estorba (otros procesos, interrupciones) solo puede sumar, así que el mínimo es lo que menos estorbo lleva.

    Examples
    --------
    >>> ratio({"a": np.array([3.0, 2.0, 9.0]), "b": np.array([1.0, 1.5, 4.0])}, "a", "b")
    2.0
    """
    return float(np.min(seconds[name]) / np.min(seconds[base]))
