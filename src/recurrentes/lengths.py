"""Secuencias de distinta longitud: una tarea de juguete y las maneras de hacer lotes con ellas."""

from collections.abc import Iterator, Sequence

import numpy as np

__all__ = ["PLANS", "batches", "majority", "padded"]

#: Las tres maneras: todas hasta la más larga, por grupos de longitud parecida y de una en una.
PLANS = ["relleno", "grupos", "bucle"]


def majority(n: int, rng: np.random.Generator, classes: int = 4, features: int = 8):
    """Secuencias de símbolos, de 10 a 100 pasos y casi todas cortas, y cuál de los símbolos abunda más en cada una.

    Parameters
    ----------
    n : cuántas secuencias.
    rng : generador del que salen.
    classes : símbolos distintos.
    features : entradas de la red, F; las que sobran después de los símbolos son siempre cero.

    Returns
    -------
    Lista de ``n`` matrices ``(T, F)`` (``float32``), un 1 en cada fila, y clases ``(n,)``; si hay empate, el primero.

    Raises
    ------
    ValueError : si ``n`` no es un entero positivo o no hay sitio para los símbolos en las entradas.
    """
    if n < 1 or not 1 <= classes <= features:
        raise ValueError(
            f"n ha de ser 1 o más y classes, de 1 a features; han llegado n={n}, classes={classes} y"
            f" features={features}."
        )
    lengths = np.clip(10 * np.ceil(rng.lognormal(1.0, 0.6, n)), 10, 100).astype(int)
    sequences = []
    for length in lengths:
        symbols = rng.choice(classes, size=length, p=rng.dirichlet(np.ones(classes)))
        sequences.append(np.eye(features, dtype="float32")[symbols])
    return sequences, np.array([sequence.sum(axis=0).argmax() for sequence in sequences])


def padded(sequences: Sequence[np.ndarray], T: int) -> np.ndarray:
    """Las secuencias ``(T_i, F)`` en una matriz ``(B, T, F)``, con ceros a la derecha.

    Raises
    ------
    ValueError : si alguna mide más de ``T`` pasos.
    """
    longest = max(map(len, sequences))
    if longest > T:
        raise ValueError(f"La más larga mide {longest} pasos y no cabe en T={T}: pide T={longest} o más.")
    X = np.zeros((len(sequences), T, sequences[0].shape[1]), "float32")
    for row, sequence in enumerate(sequences):
        X[row, : len(sequence)] = sequence
    return X


def batches(plan, sequences, y, rng, B=32) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Los lotes de una época, barajados: pares X (B, T, F), y (B,). Con «bucle», una secuencia en cada uno."""
    if plan not in PLANS:
        raise ValueError(f"plan ha de ser uno de {PLANS}; ha llegado {plan!r}.")
    lengths = np.array([len(sequence) for sequence in sequences])
    order = rng.permutation(len(y))
    if plan == "grupos":  # al azar, y luego por longitud: los empates cambian
        order = order[np.argsort(lengths[order], kind="stable")]
    size = 1 if plan == "bucle" else B
    cuts = [order[start : start + size] for start in range(0, len(y), size)]
    for number in rng.permutation(len(cuts)):
        rows = cuts[number]
        T = lengths.max() if plan == "relleno" else lengths[rows].max()
        yield padded([sequences[row] for row in rows], T), y[rows]
