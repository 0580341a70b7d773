"""Qué salida leer: recordar el primer símbolo con la última salida, la media o el máximo, según la longitud.

La red es una LSTM(16) seguida de una capa densa, con tan pocas actualizaciones que aprender depende de por dónde vuelve
el gradiente. Las tres lecturas comparten los datos de cada semilla; los aciertos son sobre mil secuencias nuevas.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from keras import layers

from recurrentes import tasks, training

PROTOCOL = {"units": 16, "updates": 100, "batch": 64, "learning_rate": 1e-2, "clipnorm": 1.0}
POOLING = {"last": None, "mean": layers.GlobalAveragePooling1D, "max": layers.GlobalMaxPooling1D}
LENGTHS = [10, 30, 100, 200]
N_TEST = 1000


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for T in LENGTHS:
            for reading in POOLING:
                yield {"T": T, "reading": reading, "seed": seed} | PROTOCOL


def measure(T, reading, seed, units, updates, batch, learning_rate, clipnorm) -> dict:
    """Entrena una red con una pasada por datos nuevos y cuenta sus aciertos en la prueba."""
    rng = np.random.default_rng(seed)
    X, y = tasks.recall(batch * updates, T, rng)
    X_test, y_test = tasks.recall(N_TEST, T, rng)
    model = compiled(T, reading, units, learning_rate, clipnorm)
    training.restart(model, seed)
    model.fit(X, y, batch_size=batch, shuffle=False, verbose=0)
    right = np.asarray(model.predict_on_batch(X_test)).argmax(axis=-1) == y_test
    return {"accuracy": round(float(right.mean()), 5), "parameters": model.count_params()}


@cache
def compiled(T, reading, units, learning_rate, clipnorm) -> keras.Model:
    """La red de una longitud y una lectura, compilada una sola vez."""
    pool = POOLING[reading]
    stack = [layers.LSTM(units, return_sequences=pool is not None), *([pool()] if pool else []), layers.Dense(4)]
    model = keras.Sequential([keras.Input((T, 8)), *stack])
    model.compile(
        keras.optimizers.Adam(learning_rate, clipnorm=clipnorm),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        **training.compile_options(10),
    )
    return model
