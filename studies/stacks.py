"""Redes apiladas: cuántas capas hacen falta en el tren, y si conviene mezclar una capa LSTM y otra GRU.

`depth`: de una a cuatro capas LSTM de 16 unidades pronostican los viajeros de mañana con los 14 últimos días. El
protocolo es el de «rail-forecast», con 200 y con 800 pasos de Adam. `mae` se mide en todo 2019, en viajeros por día.

`double`: dos respuestas a la vez. La larga es el primer símbolo de una secuencia de T pasos; la corta, el penúltimo
distractor. Dos capas de 16 unidades, iguales o distintas, con los mismos datos y el mismo número de pasos; una sola
medida en la prueba, al terminar. `matched`: lo mismo a 15 pasos, con los parámetros igualados.

Inicialización: `default`, la de Keras; `chrono`, la de Tallec y Ollivier (2018) en la primera capa, que es la que ve
llegar la pista.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np

from recurrentes import cells, tasks, training
from studies import networks
from studies import rail_forecast as rail

DEPTHS = [1, 2, 3, 4]
DEPTH = {"T": 14, "units": 16, "batch": 32, "learning_rate": 1e-2, "clipnorm": 1.0, "every": 50}
PAIRS = ["LSTM+LSTM", "GRU+GRU", "LSTM+GRU"]
DOUBLE = {
    "T": 100,
    "units": 16,
    "n_train": 4000,
    "updates": 500,
    "batch": 32,
    "learning_rate": 5e-3,
    "clipnorm": 1.0,
    "every": 50,
}
#: Unidades de cada capa con las que las tres redes tienen casi los mismos parámetros.
MATCHED = {"LSTM+LSTM": (16, 16), "GRU+GRU": (18, 19), "LSTM+GRU": (17, 17)}
SHORT = DOUBLE | {"T": 15, "updates": 300, "batch": 64}
N_TEST = 1000


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for init in ("default", "chrono"):
            for stack in PAIRS:
                yield {"part": "double", "stack": stack, "init": init, "seed": seed} | DOUBLE
        for stack in PAIRS:
            yield {"part": "matched", "stack": stack, "init": "default", "seed": seed} | SHORT
        for layers in DEPTHS:
            for updates in (200, 800):
                stack = "+".join(["LSTM"] * layers)
                yield {"part": "depth", "stack": stack, "updates": updates, "seed": seed} | DEPTH


def measure(part, **params) -> dict:
    """Una medida de la parte que se pida."""
    return depth(**params) if part == "depth" else double(part, **params)


def depth(stack, T, units, seed, updates, batch, learning_rate, clipnorm, every) -> dict:
    """MAE de prueba en el tren, en viajeros por día; la validación elige con qué pesos."""
    center, unit = rail.scale(*rail.TRAINING)
    train, validation, test = (
        rail.rail_windows(T, *days, center, unit) for days in (rail.TRAINING, rail.VALIDATION, rail.TEST)
    )
    names = tuple(stack.split("+"))
    model = networks.compiled(names, (units,) * len(names), T, 1, 1, "mae", learning_rate, clipnorm, every)
    best = networks.fit_best(model, train, validation, seed, updates, batch, every, rail.ROWS)
    error = np.abs(networks.predict(model, test[0], rail.ROWS) - test[1]).mean() * unit
    return {"mae": round(float(error), 1), **best, "parameters": model.count_params()}


def double(part, stack, init, T, units, seed, n_train, updates, batch, learning_rate, clipnorm, every) -> dict:
    """Exactitud de prueba en la parte larga y en la corta."""
    rng = np.random.default_rng(seed)
    (X, y), (X_test, y_test) = (double_task(n, T, rng) for n in (n_train, N_TEST))
    sizes = MATCHED[stack] if part == "matched" else (units, units)
    model = double_network(tuple(stack.split("+")), sizes, T, learning_rate, clipnorm, every)
    training.restart(model, seed)
    if init == "chrono":
        first = stack.split("+")[0]
        kernel, recurrent_kernel, _ = model.layers[0].get_weights()
        model.layers[0].set_weights([kernel, recurrent_kernel, cells.chrono_bias(sizes[0], T, rng, cell=first)])
    order = rng.integers(n_train, size=updates * batch)
    history = model.fit(X[order], y[order], batch_size=batch, shuffle=False, verbose=0).history
    right = networks.predict(model, X_test, N_TEST).argmax(axis=-1) == y_test  # (N_TEST, 2)
    long, short = right.mean(axis=0).tolist()
    return {
        "long": round(long, 5),
        "short": round(short, 5),
        "train_loss": round(history["loss"][-1], 5),
        "parameters": model.count_params(),
    }


def double_task(n: int, T: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Secuencias (n, T, 8) y sus dos etiquetas (n, 2): la larga y la corta."""
    X, first = tasks.recall(n, T, rng)
    return X, np.column_stack([first, X[:, -2, 4:].argmax(axis=-1)])


@cache
def double_network(
    names: tuple, units: tuple, T: int, learning_rate: float, clipnorm: float, every: int
) -> keras.Model:
    """Dos capas recurrentes y una densa con dos respuestas de cuatro clases, compilada una vez por proceso."""
    model = networks.network(names, units, T, 8, 8)
    model.add(keras.layers.Reshape((2, 4)))
    adam = keras.optimizers.Adam(learning_rate, clipnorm=clipnorm)
    loss = networks.LOSSES["entropy"]()
    model.compile(adam, loss, **training.compile_options(every, xla=True))
    return model
