"""Leer el Quijote letra a letra: los bits por letra de una GRU según su tamaño y cuánto lee.

Lee los capítulos de entrenamiento con lectores paralelos cuyo estado sigue de lote en lote, y se mide en los de
validación y de prueba, con al menos cien letras de pasado. Nada se elige con la prueba. Los pesos de la semilla 0
quedan en ``_build/quijote-UNIDADES.npz``, de donde los toma ``python tools/export_weights.py``.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import keras
import numpy as np
from scipy.special import log_softmax

from recurrentes import data, letters, training
from studies import networks

#: Donde quedan los pesos para exportarlos.
FOLDER = Path(__file__).parents[1] / "_build"
RECIPES = [
    {"units": 128, "batch": 64, "T": 32, "updates": 1500, "learning_rate": 6e-3},
    {"units": 256, "batch": 64, "T": 64, "updates": 3000, "learning_rate": 4e-3},
]
EMBEDDING = 24


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Las dos recetas con cada semilla, la corta primero."""
    for seed in seeds:
        for recipe in RECIPES:
            yield recipe | {"seed": seed}


def measure(units, batch, T, updates, learning_rate, seed) -> dict:
    """Entrena una red y devuelve sus bits por letra."""
    alphabet, codes = text()
    V = len(alphabet)
    model = network(V, units, batch_shape=(batch, T))
    networks.compile_language(model, learning_rate, updates)
    training.restart(model, seed)
    X, y = streams(codes["train"], batch, T, updates, np.random.default_rng(seed))
    model.fit(X, y, batch_size=batch, shuffle=False, verbose=0)
    arrays = [keras.ops.convert_to_numpy(variable) for variable in model.trainable_variables]
    if seed == 0 and (units, updates) in {(r["units"], r["updates"]) for r in RECIPES}:  # no los de una prueba
        FOLDER.mkdir(exist_ok=True)
        np.savez(FOLDER / f"quijote-{units}.npz", *arrays, alphabet=alphabet.characters)
    reader = network(V, units, shape=(None,))
    reader.set_weights(arrays)
    found = {f"bits_{split}": round(bits(reader, codes[split]), 4) for split in ("valid", "test")}
    return found | {"parameters": reader.count_params(), "letters": int(X.size)}


def network(V: int, units: int, **shape) -> keras.Model:
    """Letras (B, T) -> logits (B, T, V); con ``batch_shape``, el estado sigue de un lote al siguiente."""
    return keras.Sequential(
        [
            keras.Input(dtype="int32", **shape),
            keras.layers.Embedding(V, EMBEDDING),
            keras.layers.GRU(units, return_sequences=True, stateful="batch_shape" in shape),
            keras.layers.Dense(V),
        ]
    )


@cache
def text() -> tuple[letters.Alphabet, dict[str, np.ndarray]]:
    """El alfabeto y las letras de cada parte del libro."""
    book = data.load_quijote()
    parts = {split: "".join(book["text"][book["split"] == split]) for split in ("train", "valid", "test")}
    alphabet = letters.Alphabet.from_text(parts["train"], min_count=20)
    return alphabet, {split: alphabet.encode(part) for split, part in parts.items()}


def streams(codes: np.ndarray, batch: int, T: int, updates: int, rng: np.random.Generator):
    """Lotes en que la fila i continúa la fila i del anterior: entradas y salidas."""
    starts = rng.integers(len(codes), size=batch)
    places = starts[:, None] + np.arange(T + 1) + T * np.arange(updates)[:, None, None]
    rows = codes[places % len(codes)].reshape(-1, T + 1)
    return rows[:, :-1], rows[:, 1:]


def bits(model: keras.Model, codes: np.ndarray) -> float:
    """Bits por letra, con al menos cien letras de pasado."""
    rows = letters.segments(codes, length=500, warmup=100)
    log_p = log_softmax(model.predict(rows[:, :-1], batch_size=64, verbose=0)[:, 100:], axis=-1)
    return float(-np.take_along_axis(log_p, rows[:, 101:, None], axis=-1).mean() / np.log(2))
