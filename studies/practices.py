"""Consejos, de uno en uno: cuánto cambia el error del tren al tocar una sola cosa de una misma receta.

La receta pronostica los viajeros de mañana con los 14 últimos días: una capa LSTM de 32 unidades y una densa, datos
estandarizados, Adam con tasa constante y un número fijo de pasos. Cada variante de ``RECIPES`` cambia una cosa, y con
la misma semilla ve los mismos lotes. Se ajusta con los ``days`` últimos días hasta junio de 2018: 200, para que
sobreajustar sea fácil, o los 912 que hay desde 2016.

Cada medida da el error absoluto medio, en viajeros por día, de los datos de ajuste, de la validación (el resto de 2018)
y de la prueba (todo 2019): con los pesos finales y, además, con los que menos se equivocaron en la validación, que se
mira cada ``every`` pasos. La pérdida es el error absoluto de la serie estandarizada, sea cual sea la escala en que
la red recibe los datos. ``norm`` es la norma de los pesos de las capas recurrentes.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
import pandas as pd

from recurrentes import training
from studies import networks
from studies import rail_forecast as rail

WIDTH = 14
ROWS = 912  # filas de cada pronóstico: siempre las mismas, y así se compila una vez
LAST_DAY = "2018-06-30"
SIZES = [200, 912]
BASE = {
    "scaling": "standard",
    "units": 32,
    "layers": 1,
    "bidirectional": False,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
    "between": 0.0,
    "before": 0.0,
    "after": 0.0,
    "l2": 0.0,
    "learning_rate": 1e-2,
    "schedule": "constant",
    "clipnorm": None,
    "batch": 32,
    "updates": 600,
    "every": 50,
}
EXAMPLES = BASE["batch"] * BASE["updates"]  # los que ve una red en todo su entrenamiento
RATES = [3e-3, 1e-2, 3e-2]
RECIPES = {
    "base": {},
    "raw": {"scaling": "raw"},
    "minmax": {"scaling": "minmax"},
    "dropout": {"dropout": 0.3},
    "recurrent dropout": {"recurrent_dropout": 0.3},
    "dropout before output": {"before": 0.3},
    "dropout after output": {"after": 0.3},
    "2 layers": {"layers": 2},
    "2 layers, dropout between": {"layers": 2, "between": 0.3},
    "3 layers": {"layers": 3},
    "bidirectional": {"units": 16, "bidirectional": True},
    **{f"l2 {l2:g}": {"l2": l2} for l2 in (1e-4, 1e-3, 1e-2)},
    **{f"{units} units": {"units": units} for units in (4, 128)},
    **{f"rate {rate:g}": {"learning_rate": rate} for rate in (1e-4, 1e-3, 3e-3, 3e-2, 1e-1, 1.0)},
    "cosine": {"schedule": "cosine"},
    "clip": {"clipnorm": 1.0},
}
for batch in (8, 128):
    for rate in RATES:
        change = {"batch": batch, "learning_rate": rate}
        RECIPES[f"batch {batch}, rate {rate:g}"] = change
        RECIPES[f"batch {batch}, rate {rate:g}, equal examples"] = change | {"updates": EXAMPLES // batch}


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for days in SIZES:
            for name, change in RECIPES.items():
                if days == SIZES[0] or not name.startswith("batch"):
                    yield {"days": days, "seed": seed} | BASE | change


def measure(days, seed, scaling, learning_rate, schedule, batch, updates, every, **options) -> dict:
    """Los errores de una receta en viajeros por día, con los pesos finales y con los que elige la validación."""
    parts, unit = rail_task(days, scaling)
    model = compiled(decay=updates if schedule == "cosine" else 0, every=every, **options)
    training.restart(model, seed)
    if schedule == "constant":
        model.optimizer.learning_rate = learning_rate
    order = np.random.default_rng(seed).integers(days, size=updates * batch)
    keep = networks.KeepBest(parts["validation"], every, ROWS)
    X, y = parts["train"]
    model.fit(X[order], y[order], batch_size=batch, shuffle=False, callbacks=[LastWeights(), keep], verbose=0)
    best = {f"best_{name}": mistake(model, *part) * unit for name, part in parts.items()}
    model.set_weights(model.last_weights)
    last = {name: mistake(model, *part) * unit for name, part in parts.items()}
    errors = {name: round(error, 1) for name, error in (last | best).items()}
    return errors | {"best_update": keep.update, "norm": round(recurrent_norm(model), 3)}


class LastWeights(keras.callbacks.Callback):
    """Guarda los pesos finales, antes de que otro vigilante los cambie."""

    def on_train_end(self, logs=None):
        self.model.last_weights = self.model.get_weights()


def mistake(model: keras.Model, X: np.ndarray, y: np.ndarray) -> float:
    """Error absoluto medio, en la escala de la pérdida."""
    return float(np.abs(networks.predict(model, X, ROWS) - y).mean())


def recurrent_norm(model: keras.Model) -> float:
    """Norma de todos los pesos de las capas recurrentes, sesgos aparte."""
    kernels = [w for layer in model.layers for w in layer.get_weights() if w.ndim == 2 and w.shape[1] > 1]
    return float(np.sqrt(sum((w**2).sum() for w in kernels)))


@cache
def rail_task(days: int, scaling: str) -> tuple[dict, float]:
    """Ventanas y respuestas de cada parte, y los viajeros por día que vale una unidad de la respuesta."""
    first = pd.Timestamp(LAST_DAY) - pd.Timedelta(days=days - 1)
    center, unit = rail.scale(first, LAST_DAY)
    known = rail.rail()[first:LAST_DAY]
    shift, factor = {  # de la serie estandarizada a lo que recibe la red
        "standard": (0.0, 1.0),
        "raw": (center / unit, unit / 1000),  # miles de viajeros
        "minmax": ((center - known.min()) / unit, unit / float(np.ptp(known))),
    }[scaling]
    dates = {"train": (first, LAST_DAY), "validation": rail.VALIDATION, "test": rail.TEST}
    parts = {name: rail.rail_windows(WIDTH, *span, center, unit) for name, span in dates.items()}
    return {name: (((X + shift) * factor).astype("float32"), y) for name, (X, y) in parts.items()}, unit


@cache
def compiled(
    units, layers, bidirectional, dropout, recurrent_dropout, between, before, after, l2, clipnorm, decay, every
) -> keras.Model:
    """La red compilada, una vez por proceso; con ``decay`` la tasa baja hasta cero en esos pasos, como un coseno."""
    stack = [keras.Input((WIDTH, 1))]
    for depth in range(1, layers + 1):
        regularizer = keras.regularizers.L2(l2) if l2 else None
        layer = keras.layers.LSTM(
            units,
            return_sequences=depth < layers,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            kernel_regularizer=regularizer,
            recurrent_regularizer=regularizer,
        )
        stack.append(keras.layers.Bidirectional(layer) if bidirectional else layer)
        if between and depth < layers:
            stack.append(keras.layers.Dropout(between))
    stack += [keras.layers.Dropout(before)] if before else []
    stack.append(keras.layers.Dense(1))
    stack += [keras.layers.Dropout(after)] if after else []
    model = keras.Sequential(stack)
    rate = BASE["learning_rate"]
    adam = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(rate, decay) if decay else rate, clipnorm=clipnorm
    )
    model.compile(adam, networks.LOSSES["mae"](), **training.compile_options(every, xla=True))
    return model
