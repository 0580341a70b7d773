"""La chuleta: sus cuentas son las de Keras y su código se ejecuta."""

import re
from pathlib import Path

import numpy as np
import pytest

TEXT = (Path(__file__).parents[1] / "book" / "chuleta.md").read_text("utf8")
SIZES = {"F": 5, "H": 7, "m": 6, "k": 3, "V": 11, "E": 4, "d": 8}


def formula(row: str, number: int = 0) -> int:
    """Lo que vale, con `SIZES`, la fórmula ``number`` de la fila de parámetros que empieza así."""
    line = next(line for line in TEXT.partition("## Parámetros")[2].split("\n") if line.startswith(f"| {row}"))
    found = re.findall(r"\$([^$]+)\$", line.split("|")[2])[number]
    product = re.sub(r"(?<=[\w)])(?=[(A-Za-z])|(?<=\))(?=\w)", "*", found.replace(" ", "")).replace("^", "**")
    return eval(product, {}, SIZES)  # solo números y letras de la página


def counted(layer, *shape) -> int:
    """Los parámetros de la capa, construida para esa entrada."""
    layer.build((None, *shape))
    return layer.count_params()


@pytest.mark.slow
def test_the_parameter_formulas_are_those_of_keras():
    """Cada fila de la tabla, con tamaños todos distintos."""
    from keras import layers

    F, H, m, k, V, E, d = SIZES.values()
    assert formula("`SimpleRNN(H)`") == counted(layers.SimpleRNN(H), 9, F)
    assert formula("`LSTM(H)`") == counted(layers.LSTM(H), 9, F)
    assert formula("`GRU(H)`") == counted(layers.GRU(H), 9, F)
    assert formula("`GRU(H)`", 1) == counted(layers.GRU(H, reset_after=False), 9, F)
    assert formula("minGRU") == 2 * counted(layers.Dense(H), F)
    assert formula("`Dense(m)`") == counted(layers.Dense(m), F)
    assert formula("`Conv1D(m, k)`") == counted(layers.Conv1D(m, k), 9, F)
    assert formula("`Embedding(V, E)`") == counted(layers.Embedding(V, E), 9)
    attention = layers.MultiHeadAttention(2, d // 2)
    attention.build((None, 9, d), (None, 9, d))
    assert formula("atención") == attention.count_params()
    dense = counted(layers.Dense(m), d) + counted(layers.Dense(d), m)
    norms = 2 * counted(layers.LayerNormalization(), d)
    assert formula("bloque") == attention.count_params() + dense + norms


@pytest.mark.slow
def test_the_code_runs():
    """Con datos de juguete; ``epochs`` se acorta."""
    import keras
    from keras import layers

    code = re.search(r"```{code-block} python\n(.*?)```", TEXT, re.S)[1].replace("epochs=100", "epochs=1")
    X, y = np.zeros((4, 3, 2), "float32"), np.array([0, 1, 2, 0])
    names = {"keras": keras, "layers": layers, "T": 3, "F": 2, "H": 4, "classes": 3}
    exec(code, names | {"X": X, "y": y, "X_val": X, "y_val": y})
