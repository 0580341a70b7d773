"""Memoria larga: hasta qué distancia aprende a recordar cada celda, y qué cambian la inicialización y el tamaño.

Tareas: recordar el primer símbolo (exactitud; el azar acierta 1/4) y sumar dos valores marcados (error cuadrático
medio; la constante 1 da 1/6). Cada red es una capa recurrente y una densa, y todas siguen el mismo protocolo: con la
misma semilla, los mismos datos y el mismo número de pasos de Adam, y una sola medida en la prueba, al terminar.

Inicialización: `default`, la de Keras; `chrono`, la de Tallec y Ollivier (2018), para LSTM y GRU; `identity`, la de Le,
Jaitly y Hinton (2015), para SimpleRNN: matriz recurrente identidad y ReLU en lugar de tangente hiperbólica.
Tamaño: 32 unidades y, aparte, las unidades con las que SimpleRNN y GRU se acercan más a los parámetros de LSTM(32).
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np

from recurrentes import cells, tasks, training
from studies import networks

UNITS = 32
#: (celda, inicialización) con 32 unidades, y las que se miden además con tantos parámetros como LSTM(32).
VARIANTS = [
    ("SimpleRNN", "default"),
    ("GRU", "default"),
    ("LSTM", "default"),
    ("GRU", "chrono"),
    ("LSTM", "chrono"),
    ("SimpleRNN", "identity"),
]
EQUAL_PARAMETERS = [("SimpleRNN", "default"), ("GRU", "default"), ("GRU", "chrono")]
#: Longitudes de cada tarea: con 32 unidades y a igual número de parámetros.
STEPS = {"recall": ([10, 25, 50, 100, 200], [50, 100]), "adding": ([10, 25, 50, 100, 200], [50, 100])}
SIZES = {"recall": (8, 4), "adding": (2, 1)}  # entradas y salidas de cada tarea
TRAINING = {"batch": 64, "learning_rate": 3e-3, "clipnorm": 1.0}
PROTOCOL = {
    "recall": {"n_train": 4000, "updates": 1000, **TRAINING},
    "adding": {"n_train": 8000, "updates": 1000, **TRAINING},
}
N_TEST = 1000  # y otros tantos de validación
CURVE = 10  # evaluaciones en validación, repartidas por el entrenamiento


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for task, (steps, steps_equal) in STEPS.items():
            for T in steps:
                variants = [(*variant, UNITS) for variant in VARIANTS]
                if T in steps_equal:
                    variants += [
                        (cell, init, networks.equal_units(cell, UNITS, *SIZES[task])) for cell, init in EQUAL_PARAMETERS
                    ]
                for cell, init, units in variants:
                    where = {"task": task, "cell": cell, "init": init, "T": T, "units": units, "seed": seed}
                    yield where | PROTOCOL[task]


def measure(task, cell, init, T, units, seed, n_train, updates, batch, learning_rate, clipnorm) -> dict:
    """Entrena una red y la mide una vez en la prueba; ``curve`` es la misma medida, en validación, mientras aprende."""
    rng = np.random.default_rng(seed)
    data = getattr(tasks, task)
    (X, y), validation, test = (data(n, T, rng) for n in (n_train, N_TEST, N_TEST))
    epochs = -(-updates * batch // n_train)
    order = np.concatenate([rng.permutation(n_train) for _ in range(epochs)])[: updates * batch]
    structure = "default" if init == "chrono" else init  # los sesgos no cambian lo que se compila
    model = compiled(task, cell, structure, T, units, learning_rate, clipnorm)
    training.restart(model, seed)
    if init == "chrono":
        kernel, recurrent_kernel, _ = model.layers[0].get_weights()
        model.layers[0].set_weights([kernel, recurrent_kernel, cells.chrono_bias(units, T, rng, cell=cell)])
    curve = []
    for rows in np.split(order, CURVE):
        history = model.fit(X[rows], y[rows], batch_size=batch, shuffle=False, verbose=0).history
        curve.append(round(score(model, validation), 4))
    metric = "accuracy" if task == "recall" else "mse"
    return {
        metric: round(score(model, test), 5),
        "curve": curve,
        "train_loss": round(history["loss"][-1], 5),
        "parameters": model.count_params(),
    }


def score(model: keras.Model, data: tuple[np.ndarray, np.ndarray]) -> float:
    """La métrica compilada, en lotes iguales: así se compila una sola vez."""
    return model.evaluate(*data, batch_size=N_TEST // 2, verbose=0)[1]


def network(task: str, cell: str, init: str, T: int, units: int) -> keras.Model:
    """Una capa recurrente y una densa, sin compilar, con pesos nuevos."""
    options = {"activation": "relu", "recurrent_initializer": "identity"} if init == "identity" else {}
    features, outputs = SIZES[task]
    recurrent = getattr(keras.layers, cell)(units, **options)
    return keras.Sequential([keras.Input((T, features)), recurrent, keras.layers.Dense(outputs)])


@cache
def compiled(task: str, cell: str, init: str, T: int, units: int, learning_rate: float, clipnorm: float):
    """La red compilada, una vez por proceso porque tarda segundos."""
    model = network(task, cell, init, T, units)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if task == "recall" else "mse"
    model.compile(
        keras.optimizers.Adam(learning_rate, clipnorm=clipnorm),
        loss,
        metrics=["accuracy" if task == "recall" else "mse"],
        **training.compile_options(xla=True),
    )
    return model
