"""Pocos datos: el error de cada celda según cuántos ejemplos hay, con el mismo protocolo y emparejado por semilla.

Tareas: sumar dos valores marcados, recordar el primer símbolo y pronosticar los viajeros de mañana en el tren. El error
se da en veces el de quien no aprende nada: la constante 1, el azar y la semana anterior.

``n`` es todo lo que hay: cuatro quintas partes para ajustar los pesos y una para elegir con cuáles quedarse. En el tren
son los ``n`` últimos días hasta junio de 2018, y los más recientes de ellos eligen; la prueba es todo 2019. El número
de pasos de Adam es el mismo con cualquier ``n``, para no confundir tener pocos datos con entrenar poco; se guardan los
pesos con menos pérdida en la parte que elige, que se mira cada ``every`` pasos, y la prueba se mide una sola vez.

Tamaño: 16 unidades y, aparte, las unidades con las que SimpleRNN y GRU se acercan más a los parámetros de LSTM(16).
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from recurrentes import baselines, tasks
from studies import networks
from studies import rail_forecast as rail

UNITS = 16
SIZES = [50, 200, 1000, 5000]
PROTOCOL = {"batch": 32, "clipnorm": 1.0, "every": 50}
#: Longitud, pasos de Adam y tasa de aprendizaje de cada tarea, y sus entradas, sus salidas y su pérdida.
TASKS = {
    "adding": {"T": 10, "updates": 600, "learning_rate": 1e-2},
    "recall": {"T": 30, "updates": 1200, "learning_rate": 5e-3},
    "rail": {"T": 28, "updates": 600, "learning_rate": 1e-2},
}
SHAPES = {"adding": (2, 1, "mse"), "recall": (8, 4, "entropy"), "rail": (1, 1, "mae")}
N_TEST = 1000
LAST_DAY = "2018-06-30"


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for task, options in TASKS.items():
            features, outputs, _ = SHAPES[task]
            for cell in rail.CELLS:
                for units in sorted({UNITS, networks.equal_units(cell, UNITS, features, outputs)}):
                    for n in SIZES:
                        yield {"task": task, "cell": cell, "units": units, "n": n, "seed": seed} | options | PROTOCOL


def measure(task, cell, units, n, seed, T, updates, learning_rate, batch, clipnorm, every) -> dict:
    """Entrena una red con ``n`` ejemplos y devuelve su error de prueba en veces la referencia."""
    features, outputs, loss = SHAPES[task]
    known, test, naive = rail_task(n, T) if task == "rail" else synthetic(task, n, T, seed)
    fitted = n - n // 5
    train, choice = ([part[:fitted] for part in known], [part[fitted:] for part in known])
    model = networks.compiled((cell,), (units,), T, features, outputs, loss, learning_rate, clipnorm, every)
    best = networks.fit_best(model, train, choice, seed, updates, batch, every, N_TEST)
    error = mistakes(task, networks.predict(model, test[0], N_TEST), test[1]) / naive
    return {"error": round(error, 5), **best, "parameters": model.count_params()}


def mistakes(task: str, forecast: np.ndarray, y: np.ndarray) -> float:
    """El error de cada tarea: fallos al recordar, cuadrático medio al sumar, absoluto medio en el tren."""
    if task == "recall":
        return float((forecast.argmax(axis=-1) != y).mean())
    return float(((forecast - y) ** 2).mean() if task == "adding" else np.abs(forecast - y).mean())


def synthetic(task: str, n: int, T: int, seed: int):
    """Ejemplos, prueba y error de la referencia; la prueba de una semilla es la misma con cualquier ``n``."""
    rng = np.random.default_rng(seed)
    test = getattr(tasks, task)(N_TEST, T, rng)
    return getattr(tasks, task)(n, T, rng), test, {"adding": 1 / 6, "recall": 3 / 4}[task]


def rail_task(n: int, T: int):
    """Lo mismo con los ``n`` últimos días, escalados con los que ajustan los pesos."""
    first, split = (pd.Timestamp(LAST_DAY) - pd.Timedelta(days=days - 1) for days in (n, n // 5 + 1))
    center, unit = rail.scale(first, split)
    known = rail.rail_windows(T, first, LAST_DAY, center, unit)
    test = rail.rail_windows(T, *rail.TEST, center, unit)
    weekly = baselines.seasonal_naive(rail.rail()[: rail.TEST[1]].to_numpy(), season=7)[-len(test[1]) :]
    return known, test, baselines.mean_absolute_error(test[1][:, 0], (weekly - center) / unit)
