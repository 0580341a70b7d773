"""Longitudes distintas: si agrupar las secuencias por longitud se paga en lo que la red aprende.

Las dos maneras de hacer los lotes comparten las secuencias y, con cada semilla, los pesos iniciales; los aciertos son
sobre secuencias nuevas, la media de las tres últimas épocas.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from keras import layers

from recurrentes import lengths, training

PROTOCOL = {"units": 32, "n_train": 256, "epochs": 6, "learning_rate": 0.005}
CLASSES, F = 4, 8
N_TEST, LAST = 500, 3  # secuencias de la prueba y épocas que se promedian


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for plan in ("relleno", "grupos"):
            yield {"plan": plan, "seed": seed} | PROTOCOL


def measure(plan, seed, units, n_train, epochs, learning_rate) -> dict:
    """Entrena una red con los lotes de un plan y cuenta sus aciertos en la prueba."""
    sequences, y = lengths.majority(n_train, np.random.default_rng(0), CLASSES, F)
    X_test, y_test = lengths.majority(N_TEST, np.random.default_rng(1000), CLASSES, F)
    X_test = lengths.padded(X_test, max(map(len, X_test)))
    model, rng, right = compiled(units, learning_rate), np.random.default_rng(seed), []
    training.restart(model, seed)
    for _ in range(epochs):
        for X, classes in lengths.batches(plan, sequences, y, rng):
            model.train_on_batch(X, classes)
        choice = np.asarray(model.predict_on_batch(X_test)).argmax(axis=-1)
        right.append((choice == y_test).mean())
    return {"accuracy": round(float(np.mean(right[-LAST:])), 5)}


@cache
def compiled(units, learning_rate) -> keras.Model:
    """La red, con máscara y T libre, compilada una sola vez."""
    model = keras.Sequential([keras.Input((None, F)), layers.Masking(), layers.LSTM(units), layers.Dense(CLASSES)])
    model.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        **training.compile_options(),
    )
    return model
