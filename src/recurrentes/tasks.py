"""Tareas sintéticas: se generan en el acto y se sabe de antemano la respuesta y cuánto hay que recordar."""

import datetime
from numbers import Integral

import numpy as np

__all__ = ["DATE_STYLES", "adding", "date_in_words", "number_in_words", "programs", "recall"]

_UNITS = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
).split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_MONTHS = ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre").split()
_WEEKDAYS = "lunes martes miércoles jueves viernes sábado domingo".split()

#: Maneras de decir una fecha que conoce `date_in_words`; la última empieza por el año.
DATE_STYLES = (
    "{day} de {month} de {year}",
    "{weekday} {day} de {month} de {year}",
    "el día {day} del mes de {month} del año {year}",
    "en {year} el {day} de {month}",
)


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


def programs(n: int, rng: np.random.Generator, T: int = 2048, loops: int = 4):
    """Programas inventados, que no hacen nada: bytes al azar y, en un sitio cualquiera, un bucle de bytes poco comunes.

    Los bytes del bucle son los mismos en las dos clases y cambia su orden: F1 F2 F3 en la clase 1 y F3 F2 F1 en la 0.

    Parameters
    ----------
    n : cuántos programas.
    rng : generador del que salen.
    T : bytes de cada programa.
    loops : veces que se repite el bucle de tres bytes.

    Returns
    -------
    Bytes ``(n, T)`` (``uint8``), clase ``(n,)`` y byte en el que acaba el bucle ``(n,)``.

    Raises
    ------
    ValueError : si ``n`` o ``loops`` no son enteros positivos o el bucle no cabe en ``T``.
    """
    _require(n=(n, 1), loops=(loops, 1), T=(T, 3 * loops))
    X = rng.integers(0xF0, size=(n, T)).astype("uint8")
    y = rng.integers(2, size=n)
    loop = np.tile(np.array([0xF1, 0xF2, 0xF3], "uint8"), loops)
    start = rng.integers(T - len(loop) + 1, size=n)
    columns = start[:, None] + np.arange(len(loop))
    X[np.arange(n)[:, None], columns] = np.where(y[:, None], loop, loop[::-1])
    return X, y, start + len(loop)


def number_in_words(n: int) -> str:
    """El número ``n``, de 0 a 99, o un año de 1900 a 2099, en palabras.

    Raises
    ------
    ValueError : si ``n`` no es un entero de esos.

    Examples
    --------
    >>> number_in_words(22), number_in_words(31), number_in_words(1984), number_in_words(2000)
    ('veintidós', 'treinta y uno', 'mil novecientos ochenta y cuatro', 'dos mil')
    """
    if not isinstance(n, Integral) or not (0 <= n < 100 or 1900 <= n < 2100):
        raise ValueError(f"n={n!r}: se requiere un entero de 0 a 99 o de 1900 a 2099.")
    if n >= 1900:
        century, rest = ("mil novecientos", n - 1900) if n < 2000 else ("dos mil", n - 2000)
        return f"{century} {number_in_words(rest)}" if rest else century
    if n < 30:
        return _UNITS[n]
    tens, rest = _TENS[n // 10 - 3], n % 10
    return f"{tens} y {_UNITS[rest]}" if rest else tens


def date_in_words(date: datetime.date, style: int) -> list[str]:
    """Las palabras con que se dice una fecha de 1900 a 2099.

    Parameters
    ----------
    date : la fecha; el día uno se dice «primero».
    style : cuál de `DATE_STYLES`, desde 0.

    Returns
    -------
    Lista de 5 a 16 palabras.

    Examples
    --------
    >>> " ".join(date_in_words(datetime.date(1984, 3, 23), 1))
    'viernes veintitrés de marzo de mil novecientos ochenta y cuatro'
    """
    day = "primero" if date.day == 1 else number_in_words(date.day)
    month, weekday = _MONTHS[date.month - 1], _WEEKDAYS[date.weekday()]
    return DATE_STYLES[style].format(day=day, month=month, year=number_in_words(date.year), weekday=weekday).split()


def _require(**arguments: tuple[int, int]) -> None:
    """Exige que cada argumento, dado con su mínimo, sea un entero no menor."""
    for name, (value, minimum) in arguments.items():
        if not isinstance(value, Integral) or value < minimum:
            raise ValueError(f"{name}={value!r}: se requiere un entero, {minimum} como mínimo.")
