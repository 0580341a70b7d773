"""Ventas sintéticas: las 20 épocas de la receta de la fuente, y un entrenamiento que elige la validación.

Diez series de 500 días, una por semilla: los cien últimos son la prueba y los cien anteriores, la validación; el
escalador se ajusta con el resto. Ventanas de diez días y redes de 50 unidades, como en la fuente. `epochs` son 320
pasos de Adam con los ajustes de Keras y sin elegir nada (la validación se mira una vez, al acabar); `validation`, más
pasos, más largos, y los pesos con menos error cuadrático en la validación. `mae` se mide en unidades por día, y
`weekly` es el de repetir, en los mismos días, lo de la semana anterior.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from recurrentes import baselines, data, windows
from studies import networks

COMMON = {"units": 50, "T": 10, "batch": 32, "clipnorm": None}
PLANS = {
    "epochs": {"updates": 320, "learning_rate": 1e-3, "every": 320},
    "validation": {"updates": 600, "learning_rate": 5e-3, "every": 100},
}
ROWS = 100


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una serie tras otra."""
    for seed in seeds:
        for cell in ("LSTM", "GRU"):
            for plan, options in PLANS.items():
                yield {"cell": cell, "plan": plan, "seed": seed} | COMMON | options


def measure(cell, plan, seed, units, T, batch, clipnorm, updates, learning_rate, every) -> dict:
    """Entrena una red con la serie de esa semilla y devuelve su MAE de prueba y el del ingenuo semanal."""
    sales = data.make_ventas(500, rng=np.random.default_rng(seed))["sales"].to_numpy()
    parts = windows.split_by_time(sales, validation=100, test=100)
    low, span = parts[0].min(), np.ptp(parts[0])
    train, validation, (X, y) = (
        windows.sliding_windows(((part - low) / span).astype("float32")[:, None], width=T) for part in parts
    )
    model = networks.compiled((cell,), (units,), T, 1, 1, "mse", learning_rate, clipnorm, every)
    best = networks.fit_best(model, train, validation, seed, updates, batch, every, ROWS)
    mae = float(np.abs(networks.predict(model, X, ROWS) - y).mean() * span)
    week_ago = baselines.seasonal_naive(sales, season=7)
    weekly = baselines.mean_absolute_error(sales[-len(y) :], week_ago[-len(y) :])
    return {"mae": round(mae, 3), "weekly": round(weekly, 3), **best, "parameters": model.count_params()}
