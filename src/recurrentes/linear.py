"""Recurrencias lineales en su estado, ``h_t = a_t ⊙ h_{t-1} + b_t``: paso a paso, y todos los pasos a la vez.

Si ``a_t`` y ``b_t`` salen de la entrada y no del estado, hay dos maneras de recorrer la secuencia que dan lo mismo:
``loop``, un paso detrás de otro, y ``scan``, en tantas rondas como veces hay que doblar 1 para llegar a ``T``. Cada
celda de `CELLS` es una manera de calcular ``a_t`` y ``b_t``. Formas: ``B`` ejemplos, ``T`` pasos, ``F`` entradas por
paso, ``H`` unidades. Los vectores son filas: ``x_t @ W_z + b_z``.
"""

import numpy as np
from scipy.special import expit as sigmoid

__all__ = ["CELLS", "coefficients", "loop", "random_weights", "scan"]

#: Las piezas de cada celda: de cada una, ``g``, hay una matriz ``W_g`` (F, H) y un sesgo ``b_g`` (H,).
CELLS = {"minGRU": ("z", "h"), "minLSTM": ("f", "i", "h"), "QRNN": ("f", "z"), "SRU": ("f", "h")}


def random_weights(name: str, F: int, H: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Pesos y sesgos normales, todos distintos, de la celda ``name``: con ellos un cambio de signo se nota.

    Examples
    --------
    >>> {key: value.shape for key, value in random_weights("minGRU", 3, 2, np.random.default_rng(0)).items()}
    {'W_z': (3, 2), 'b_z': (2,), 'W_h': (3, 2), 'b_h': (2,)}
    """
    shapes = {key: shape for g in _pieces(name) for key, shape in ((f"W_{g}", (F, H)), (f"b_{g}", (H,)))}
    return {key: rng.normal(0, 0.5, shape) for key, shape in shapes.items()}


def coefficients(name: str, x: np.ndarray, weights: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Lo que la celda ``name`` conserva y lo que añade en cada paso.

    - ``"minGRU"``: ``a = 1 - z``, ``b = z ⊙ h̃``, con ``z = σ(x W_z + b_z)`` y ``h̃ = x W_h + b_h``.
    - ``"minLSTM"``: ``a = f / (f + i)``, ``b = i / (f + i) ⊙ h̃``, con las puertas ``f`` e ``i`` y el mismo candidato.
    - ``"QRNN"``, con filtros de un paso: ``a = f``, ``b = (1 - f) ⊙ tanh(x W_z + b_z)``.
    - ``"SRU"``, sin el término ``v ⊙ c_{t-1}`` de sus puertas: ``a = f``, ``b = (1 - f) ⊙ (x W_h + b_h)``.

    QRNN y SRU tienen además una puerta de salida, que actúa después del recorrido y aquí no está.

    Parameters
    ----------
    name : una de `CELLS`.
    x : (B, T, F).
    weights : como los de `random_weights`.

    Returns
    -------
    a, b : (B, T, H), con cada elemento de ``a`` entre 0 y 1.

    Raises
    ------
    ValueError : si no conoce la celda, o si falta o sobra un peso.

    Fuentes: Feng et al. (2024), Bradbury et al. (2017) y Lei et al. (2018).
    """
    names = [f"{kind}_{g}" for g in _pieces(name) for kind in "Wb"]
    if set(weights) != set(names):
        raise ValueError(f"weights: {name} requiere {names} y se recibió {list(weights)}.")
    y = {g: x @ weights[f"W_{g}"] + weights[f"b_{g}"] for g in CELLS[name]}  # (B, T, H) cada una
    if name == "minGRU":
        z = sigmoid(y["z"])
        return 1 - z, z * y["h"]
    f = sigmoid(y["f"])
    if name == "minLSTM":
        i = sigmoid(y["i"])
        return f / (f + i), i / (f + i) * y["h"]
    return f, (1 - f) * (np.tanh(y["z"]) if name == "QRNN" else y["h"])


def loop(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``h_t = a_t ⊙ h_{t-1} + b_t`` un paso detrás de otro, desde ``h_0 = 0``.

    Examples
    --------
    >>> loop(np.full((1, 3, 1), 0.5), np.array([[[1.0], [0.0], [2.0]]])).ravel().tolist()
    [1.0, 0.5, 2.25]
    """
    a, b = np.broadcast_arrays(a, b)
    h = np.zeros_like(b[:, 0])  # (B, H)
    states = []
    for t in range(b.shape[1]):
        h = a[:, t] * h + b[:, t]
        states.append(h)
    return np.stack(states, axis=1)


def scan(a, b):
    """Lo mismo con operaciones de Keras, que se derivan, y en pocas rondas: las veces que hay que doblar 1 hasta T.

    Dos pasos seguidos, ``(a_1, b_1)`` y ``(a_2, b_2)``, son uno: ``(a_2 ⊙ a_1, a_2 ⊙ b_1 + b_2)``. En cada ronda todos
    los pasos se juntan a la vez con lo que queda a su izquierda, y el trecho que resumen se dobla. Es lo que hace
    ``keras.ops.associative_scan``, que da lo mismo; esta admite además en TensorFlow un número de ejemplos sin fijar.

    Parameters
    ----------
    a, b : tensores o matrices (B, T, H), con T conocido.

    Returns
    -------
    Tensor (B, T, H) con el estado tras cada paso, desde ``h_0 = 0``.

    Fuente: el recorrido de Hillis y Steele (1986).
    """
    from keras import ops  # el paquete se instala sin Keras, y quien la llama ya lo tiene

    a, b = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    reach = 1  # pasos que resume cada pareja
    while reach < b.shape[1]:
        shift = [[0, 0], [reach, 0], [0, 0]]
        b = b + a * ops.pad(b[:, :-reach], shift)
        a = a * ops.pad(a[:, :-reach], shift, constant_values=1)
        reach *= 2
    return b


def _pieces(name: str) -> tuple[str, ...]:
    if name not in CELLS:
        raise ValueError(f"name={name!r}: se requiere una de {', '.join(CELLS)}.")
    return CELLS[name]
