"""Un estudio de juguete para ``test_studies.py``: aparte, porque los procesos que miden lo importan."""

import os
import signal
import time
from pathlib import Path

import numpy as np


def grid(seeds):
    """Una rejilla de juguete: seis medidas por semilla."""
    for seed in seeds:
        for T in (10, 20, 30):
            for cell in ("GRU", "LSTM"):
                yield {"cell": cell, "T": T, "seed": seed}


def measure(cell, T, seed):
    """Un número que depende de cada parámetro."""
    return {"value": T / 10 + seed / 7 + len(cell)}


def slow(cell, T, seed):
    """Lo mismo, en un cuarto de segundo."""
    time.sleep(0.25)
    return measure(cell, T, seed)


def broken(cell, T, seed):
    """Falla en una de las longitudes."""
    if T == 20:
        raise ArithmeticError("no converge")
    return measure(cell, T, seed)


def deadly(cell, T, seed):
    """Mata al proceso que la mide, en una sola casilla: la primera vez o, si no hay MARK, siempre."""
    mark = Path(os.environ.get("MARK", "no-hay"))
    if (cell, T, seed) == ("GRU", 20, 0) and not mark.exists():
        if "MARK" in os.environ:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(cell, T, seed)


def backend(cell, T, seed):
    """El backend que tendría Keras en el proceso que mide, y una variable que allí sobra."""
    return {"backend": os.environ["KERAS_BACKEND"], "x64": os.environ.get("JAX_ENABLE_X64")}


def learn(cell, T, seed):
    """Aprende a sumar una serie. Entre la semilla y los pesos, un rato en que otro hilo podría gastar el azar."""
    import keras

    keras.utils.set_random_seed(seed)
    time.sleep(0.5)
    layers = [keras.Input((T, 1)), getattr(keras.layers, cell)(4), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse", run_eagerly=True)
    X = np.random.default_rng(seed).random((32, T, 1))
    model.fit(X, X.sum(axis=1), batch_size=16, verbose=0)
    return {"weights": [weights.tolist() for weights in model.get_weights()]}
