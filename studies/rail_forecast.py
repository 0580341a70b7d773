"""Pronóstico del tren: qué error comete cada celda según cuántos días ve, con los mismos días de prueba.

Se pronostican los viajeros de mañana con una ventana de T días. Los días que se pronostican son los mismos con
cualquier T, en el entrenamiento (de 2016 a junio de 2018), en la validación (el resto de 2018) y en la prueba (todo
2019): solo cambia cuánto pasado llega con cada uno. T son semanas enteras, para que todas las ventanas tengan los siete
días las mismas veces.

Cada red es una capa recurrente y una densa, y todas siguen el mismo protocolo: con la misma semilla, los mismos lotes
y el mismo número de pasos de Adam; se guardan los pesos con menos error en la validación, que se mira cada ``every``
pasos, y con ellos se mide una sola vez la prueba. Tamaño: 32 unidades y, con algunas T, también las unidades con las
que SimpleRNN y GRU se acercan más a los parámetros de LSTM(32).
"""

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from recurrentes import data, windows
from studies import networks

UNITS = 32
WIDTHS = [14, 28, 56, 196]
EQUAL_PARAMETERS = [28, 56]  # longitudes que se miden además con tantos parámetros como LSTM(32)
CELLS = ["SimpleRNN", "GRU", "LSTM"]
PROTOCOL = {"updates": 1000, "batch": 32, "learning_rate": 1e-2, "clipnorm": 1.0, "every": 100}
#: Primer y último día que se pronostican en cada parte.
TRAINING, VALIDATION, TEST = ("2016-01-01", "2018-06-30"), ("2018-07-01", "2018-12-31"), ("2019-01-01", "2019-12-31")
ROWS = 400  # filas de cada pronóstico: siempre las mismas, y así se compila una vez


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for T in WIDTHS:
            for cell in CELLS:
                sizes = {UNITS, networks.equal_units(cell, UNITS, 1, 1)} if T in EQUAL_PARAMETERS else {UNITS}
                for units in sorted(sizes):
                    yield {"cell": cell, "T": T, "units": units, "seed": seed} | PROTOCOL


def measure(cell, T, units, seed, updates, batch, learning_rate, clipnorm, every) -> dict:
    """Entrena una red y devuelve su MAE de prueba, en viajeros por día."""
    center, unit = scale(*TRAINING)
    train, validation, test = (rail_windows(T, *days, center, unit) for days in (TRAINING, VALIDATION, TEST))
    model = networks.compiled((cell,), (units,), T, 1, 1, "mae", learning_rate, clipnorm, every)
    best = networks.fit_best(model, train, validation, seed, updates, batch, every, ROWS)
    error = np.abs(networks.predict(model, test[0], ROWS) - test[1]).mean() * unit
    return {"mae": round(float(error), 1), **best, "parameters": model.count_params()}


@cache
def rail() -> pd.Series:
    """Viajeros diarios del tren de Chicago."""
    return data.load_ridership()["rail"]


def scale(first: str, last: str) -> tuple[float, float]:
    """Media y desviación de esos días, en viajeros por día."""
    days = rail()[first:last]
    return float(days.mean()), float(days.std())


def rail_windows(T: int, first: str, last: str, center: float, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Ventanas (N, T, 1) cuyos días siguientes (N, 1) van de ``first`` a ``last``, escaladas."""
    start = pd.Timestamp(first) - pd.Timedelta(days=T)
    values = (rail()[start:last].to_numpy() - center) / unit
    return windows.sliding_windows(values.astype("float32")[:, None], width=T)
