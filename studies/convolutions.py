"""Convoluciones en el tren: el error de pronosticar con ellas y con redes recurrentes de casi los mismos parámetros.

Los datos, la ventana de 28 días y el protocolo son los del capítulo 12: los mismos lotes para todas con cada semilla,
y los pesos con menos error en la validación, que se mira cada ``every`` pasos. Se mide una sola vez en la primavera de
2019: el error absoluto medio en viajeros por día, y en veces el de repetir la semana anterior.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from keras import layers

from recurrentes import training
from studies import networks, rail_forecast

WIDTH = 28
PROTOCOL = {"updates": 400, "batch": 32, "learning_rate": 1e-2, "clipnorm": 1.0, "every": 50}
#: Primer y último día que se pronostican en cada parte.
TRAINING, VALIDATION, TEST = ("2016-01-29", "2018-06-30"), ("2018-07-29", "2018-12-31"), ("2019-03-01", "2019-05-31")
ROWS = 160  # filas de cada pronóstico: siempre las mismas, y así se compila una vez


def weekly(M: int) -> layers.Layer:
    """Filtros de siete días que avanzan de semana en semana."""
    return layers.Conv1D(M, 7, strides=7, activation="relu")


def tcn(M: int, n_layers: int) -> list:
    """Convoluciones causales de dos pesos con dilatación doble en cada capa, y la salida del último día."""
    stack = [
        layers.Conv1D(M, 2, dilation_rate=2**depth, padding="causal", activation="relu") for depth in range(n_layers)
    ]
    return [*stack, layers.Cropping1D((WIDTH - 1, 0)), layers.Flatten()]


BODIES = {
    "dense": lambda: [layers.Flatten(), layers.Dense(31, activation="relu")],
    "conv": lambda: [weekly(16), layers.Conv1D(12, 4, activation="relu"), layers.Flatten()],
    "conv-max": lambda: [
        layers.Conv1D(11, 7, activation="relu"),
        layers.Conv1D(10, 7, activation="relu"),
        layers.GlobalMaxPooling1D(),
    ],
    "tcn": lambda: tcn(10, 5),
    "gru": lambda: [layers.GRU(16)],
    "crnn": lambda: [weekly(9), layers.GRU(12)],
}


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for network in BODIES:
            yield {"network": network, "seed": seed} | PROTOCOL


def measure(network, seed, updates, batch, learning_rate, clipnorm, every) -> dict:
    """Entrena una red y devuelve su MAE de prueba."""
    center, unit = rail_forecast.scale("2016-01-01", TRAINING[1])
    train, validation, (X, y) = (
        rail_forecast.rail_windows(WIDTH, *days, center, unit) for days in (TRAINING, VALIDATION, TEST)
    )
    model = compiled(network, learning_rate, clipnorm, every)
    best = networks.fit_best(model, train, validation, seed, updates, batch, every, ROWS)
    error = np.abs(networks.predict(model, X, ROWS) - y).mean()
    ratio = error / np.abs(X[:, -7] - y).mean()
    found = {"mae": round(float(error * unit), 1), "ratio": round(float(ratio), 4)}
    return found | best | {"parameters": model.count_params()}


@cache
def compiled(network, learning_rate, clipnorm, every) -> keras.Model:
    """La red compilada, una vez por proceso."""
    model = keras.Sequential([keras.Input((WIDTH, 1)), *BODIES[network](), layers.Dense(1)])
    adam = keras.optimizers.Adam(learning_rate, clipnorm=clipnorm)
    model.compile(adam, networks.LOSSES["mae"](), **training.compile_options(every))
    return model
