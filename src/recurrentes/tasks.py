"""Tareas sintéticas de memoria larga: se generan en el acto y se sabe de antemano cuánto hay que recordar."""

from numbers import Integral

import numpy as np

__all__ = ["adding", "recall"]


def recall(n: int, T: int, rng: np.random.Generator, *, n_symbols: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Recordar el primer símbolo: la pista llega en t = 0 y después solo hay distractores.

    La pista y los distractores son de alfabetos distintos, de ``n_symbols`` símbolos cada uno: nada de lo que llega
    después de t = 0 informa de la clase, que hay que guardar ``T - 1`` pasos. Quien la olvida acierta por azar una vez
    de cada ``n_symbols``.

    Parameters
    ----------
    n : número de secuencias, al menos 1.
    T : pasos de cada secuencia, al menos 1.
    rng : generador de números aleatorios; el mismo estado da las mismas secuencias.
    n_symbols : símbolos de cada alfabeto, al menos 2.

    Returns
    -------
    X : (n, T, 2 * n_symbols) float32, codificación *one-hot*; las primeras ``n_symbols`` columnas son de la pista.
    y : (n,) int64, la clase de la pista, de 0 a ``n_symbols - 1``.

    Raises
    ------
    ValueError : si n, T o n_symbols no son enteros o son menores que su mínimo.

    Examples
    --------
    >>> X, y = recall(1, 3, np.random.default_rng(0), n_symbols=2)
    >>> X[0].tolist(), y.tolist()
    ([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]], [1])

    Fuente: variante con distractores del problema de la clase que decide el comienzo de la secuencia, de Bengio, Simard
    y Frasconi (1994).
    """
    _require(n=(n, 1), T=(T, 1), n_symbols=(n_symbols, 2))
    y = rng.integers(n_symbols, size=n)  # (n,)
    distractors = n_symbols + rng.integers(n_symbols, size=(n, T - 1))  # (n, T - 1)
    symbols = np.column_stack([y, distractors])  # (n, T)
    return np.eye(2 * n_symbols, dtype="float32")[symbols], y


def adding(n: int, T: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """El problema de la suma: sumar los dos valores marcados de una secuencia y no hacer caso de los demás.

    Hay una marca en los primeros ``T // 2`` pasos y otra en el resto. La mejor respuesta sin mirar la secuencia es la
    constante 1, con un error cuadrático medio de 1/6.

    Parameters
    ----------
    n : número de secuencias, al menos 1.
    T : pasos de cada secuencia, al menos 2.
    rng : generador de números aleatorios; el mismo estado da las mismas secuencias.

    Returns
    -------
    X : (n, T, 2) float32; en cada paso, un valor uniforme en [0, 1) y su marca, 0 o 1.
    y : (n, 1) float32, la suma de los dos valores marcados.

    Raises
    ------
    ValueError : si n o T no son enteros o son menores que su mínimo.

    Examples
    --------
    >>> X, y = adding(1, 4, np.random.default_rng(0))
    >>> [(round(float(value), 2), int(mark)) for value, mark in X[0]]
    [(0.85, 1), (0.64, 0), (0.51, 1), (0.27, 0)]
    >>> round(float(y[0, 0]), 2)
    1.36

    Fuente: Hochreiter y Schmidhuber (1997), experimento 4, con los valores en [0, 1) de Le, Jaitly y Hinton (2015) y
    una marca en cada mitad.
    """
    _require(n=(n, 1), T=(T, 2))
    values = rng.random((n, T), dtype="float32")
    rows = np.arange(n)
    marks = np.zeros((n, T), "float32")
    marks[rows, rng.integers(T // 2, size=n)] = 1
    marks[rows, rng.integers(T // 2, T, size=n)] = 1
    return np.stack([values, marks], axis=-1), (values * marks).sum(axis=1, keepdims=True)


def _require(**arguments: tuple[int, int]) -> None:
    """Exige que cada argumento, dado con su mínimo, sea un entero no menor."""
    for name, (value, minimum) in arguments.items():
        if not isinstance(value, Integral) or value < minimum:
            raise ValueError(f"{name}={value!r}: se requiere un entero, {minimum} como mínimo.")
