"""Programas de 2 KiB: qué salida de la red recurrente leer cuando lo que importa está en un sitio cualquiera.

Una convolución resume cada 32 bytes, una GRU recorre los 64 resúmenes y se lee su último estado o el máximo de todos.
Las dos lecturas comparten los datos de cada semilla, todos nuevos; los aciertos son sobre programas no vistos.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from keras import layers

from recurrentes import tasks, training

READINGS = ["last", "max"]
PROTOCOL = {"units": 16, "updates": 160, "batch": 64, "learning_rate": 1e-2, "clipnorm": 1.0}
T, WIDTH = 2048, 32  # bytes de un programa y de cada resumen
N_TEST = 1000


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for reading in READINGS:
            yield {"reading": reading, "seed": seed} | PROTOCOL


def measure(reading, seed, units, updates, batch, learning_rate, clipnorm) -> dict:
    """Entrena una red con una pasada por datos nuevos y cuenta sus aciertos en la prueba."""
    rng = np.random.default_rng(seed)
    X, y, _ = tasks.programs(batch * updates, rng, T)
    X_test, y_test, _ = tasks.programs(N_TEST, rng, T)
    model = compiled(reading, units, learning_rate, clipnorm)
    training.restart(model, seed)
    model.fit(X, y, batch_size=batch, shuffle=False, verbose=0)
    right = (np.asarray(model.predict_on_batch(X_test))[:, 0] > 0) == y_test
    return {"accuracy": round(float(right.mean()), 5), "parameters": model.count_params()}


@cache
def compiled(reading, units, learning_rate, clipnorm) -> keras.Model:
    """La red de una lectura, compilada una sola vez."""
    pool = [layers.GlobalMaxPooling1D()] if reading == "max" else []
    resume = layers.Conv1D(16, WIDTH, strides=WIDTH, activation="relu")
    stack = [layers.Embedding(256, 8), resume, layers.GRU(units, return_sequences=bool(pool)), *pool]
    model = keras.Sequential([keras.Input((T,), dtype="uint8"), *stack, layers.Dense(1)])
    model.compile(
        keras.optimizers.Adam(learning_rate, clipnorm=clipnorm),
        keras.losses.BinaryCrossentropy(from_logits=True),
        **training.compile_options(5),
    )
    return model
