"""Atención y recurrencia: un Transformer pequeño, LSTM, GRU y minGRU con los mismos parámetros y el mismo protocolo.

Tareas: recordar el primer símbolo y sumar dos valores marcados, según la longitud; decir en cada paso si van un número
par o impar de unos, y repetirlo con secuencias cuatro veces más largas que las vistas; opinar sobre el final de una
reseña, según cuántas hay para aprender; y pronosticar los viajeros de mañana en el tren, según los datos y el tamaño.

El Transformer es un bloque causal de dos cabezas con posiciones sinusoidales (Vaswani et al., 2017); minGRU, dos capas
de Feng et al. (2024) con atajo; `LSTM+attention`, una LSTM cuyo último estado consulta a todos los demás. `chrono` es
el sesgo inicial de Tallec y Ollivier (2018), que en minGRU va en lo que se escribe. Con la misma semilla, los mismos
datos y los mismos lotes. Se guardan los pesos con menos pérdida en la validación, que se mira cada `every` pasos;
`curve` es la medida de la tarea cada vez que se mira, y la prueba se mide una sola vez.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from keras import layers

from recurrentes import cells, linear, tasks, training
from studies import imdb, networks, small_data

#: Modelo, inicialización y tamaño: con él, los parámetros se parecen a los del Transformer de dimensión 16.
SIZES = {
    "recall": {"transformer": 16, "LSTM": 20, "minGRU": 23, "LSTM+attention": 15},
    "adding": {"transformer": 16, "LSTM": 22, "minGRU": 23},
    "parity": {"transformer": 16, "LSTM": 23, "minGRU": 23},
    "text": {"transformer": 16, "LSTM": 17},
    "rail": {"transformer": 16, "LSTM": 23, "GRU": 26},
}
MEMORY = [
    ("transformer", "default"),
    ("LSTM", "default"),
    ("LSTM", "chrono"),
    ("minGRU", "default"),
    ("minGRU", "chrono"),
]
SMALLER = {"GRU": [4, 8, 16], "transformer": [4, 8]}  # tamaños que se miden además en el tren
STEPS = {"recall": [25, 100, 200], "adding": [100]}
FAR = 200  # a esta distancia, solo los que recuerdan a cien pasos
EXAMPLES = {"recall": 4000, "adding": 4000, "parity": 4000, "text": [500, 2000, 8000], "rail": [200, 900]}
PROTOCOL = {"batch": 32, "learning_rate": 3e-3, "clipnorm": 1.0, "every": 25}
UPDATES = {"recall": 400, "adding": 500, "parity": 600, "text": 300, "rail": 500}
RATES = {"rail": 1e-2}  # la del estudio del tren
LONGER = 4  # veces más larga que las vistas, la segunda prueba de la paridad
TOKENS, N_TEST = 5000, 1000
ROWS = 500  # de cada pronóstico, y de validación donde los datos se generan


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for task, T, n, model, init, size in variants():
            where = {"task": task, "T": T, "n": n, "model": model, "init": init, "size": size, "seed": seed}
            protocol = PROTOCOL | {"learning_rate": RATES.get(task, PROTOCOL["learning_rate"])}
            yield where | {"updates": UPDATES[task]} | protocol


def variants() -> Iterator[tuple]:
    """Tarea, longitud, ejemplos, modelo, inicialización y tamaño."""
    for task, lengths in STEPS.items():
        for T in lengths:
            for model, init in MEMORY:
                if T < FAR or model == "transformer" or init == "chrono":
                    yield task, T, EXAMPLES[task], model, init, SIZES[task][model]
    yield "recall", 100, EXAMPLES["recall"], "LSTM+attention", "default", SIZES["recall"]["LSTM+attention"]
    for model, size in SIZES["parity"].items():
        yield "parity", 32, EXAMPLES["parity"], model, "default", size
    for task, T in (("text", 100), ("rail", 28)):
        for n in EXAMPLES[task]:
            for model, size in SIZES[task].items():
                yield task, T, n, model, "default", size
    for model, sizes in SMALLER.items():
        for size in sizes:
            yield "rail", 28, EXAMPLES["rail"][-1], model, "default", size


def measure(task, T, n, model, init, size, seed, updates, batch, learning_rate, clipnorm, every) -> dict:
    """Entrena una red y la mide una vez en la prueba, y en la paridad también con secuencias más largas."""
    train, validation, test, *rest = examples(task, T, n, seed)
    net = compiled(task, T, model, size, learning_rate, clipnorm, every)
    training.restart(net, seed)
    if init == "chrono":
        slow(net, model, T, np.random.default_rng(seed))
    rows = np.random.default_rng(seed).integers(len(train[0]), size=updates * batch)
    watch = Watch(task, validation, every)
    X, y = train
    net.fit(X[rows], y[rows], batch_size=batch, shuffle=False, callbacks=[watch], verbose=0)
    found = {"score": score(task, predict(net, test[0]), test[1])}
    if task == "parity":
        longer = network(task, LONGER * T, model, size)
        longer.set_weights(net.get_weights())
        found["longer"] = score(task, predict(longer, rest[0][0]), rest[0][1])
    if task == "rail":
        found["weekly"] = round(rest[0], 5)
    return found | {"curve": watch.curve, "best_update": watch.update, "parameters": net.count_params()}


class Watch(networks.KeepBest):
    """Guarda los pesos con menos pérdida y apunta cada vez la medida de la tarea."""

    def __init__(self, task, validation, every):
        super().__init__(validation, every, ROWS)
        self.task, self.curve = task, []

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self.every == 0:
            forecast = predict(self.model, self.X)
            self.curve.append(score(self.task, forecast, self.y))
            error = float(self.model.loss(self.y, forecast))
            if error < self.best:
                self.best, self.update, self.weights = error, batch + 1, self.model.get_weights()


def predict(net: keras.Model, X: np.ndarray) -> np.ndarray:
    """El pronóstico, en trozos de siempre las mismas filas."""
    return np.concatenate([networks.predict(net, X[k : k + ROWS], ROWS) for k in range(0, len(X), ROWS)])


def score(task: str, forecast: np.ndarray, y: np.ndarray) -> float:
    """Exactitud; al sumar, error cuadrático medio, y en el tren, absoluto medio en desviaciones típicas."""
    if task in ("adding", "rail"):
        return round(small_data.mistakes(task, forecast, y), 5)
    guess = forecast > 0 if task == "text" else forecast.argmax(axis=-1)
    return round(float((guess == y).mean()), 5)


def slow(net: keras.Model, model: str, T: int, rng: np.random.Generator) -> None:
    """Deja los sesgos iniciales para recordar hasta ``T`` pasos."""
    if model == "LSTM":
        layer = next(layer for layer in net.layers if isinstance(layer, layers.LSTM))
        kernel, recurrent, _ = layer.get_weights()
        layer.set_weights([kernel, recurrent, cells.chrono_bias(layer.units, T, rng)])
    for layer in net.layers:
        if isinstance(layer, MinGRU):
            kernel, _ = layer.gate.get_weights()
            layer.gate.set_weights([kernel, -np.log(rng.uniform(1, max(T - 1, 2), layer.units))])


def examples(task: str, T: int, n: int, seed: int):
    """Entrenamiento, validación y prueba, y lo que la tarea tenga además."""
    rng = np.random.default_rng(seed)
    if task == "text":
        (X, y), choice, test = imdb.vectorized(False, TOKENS, T, "tail")
        rows = rng.permutation(len(X))[:n]
        return (X[rows], y[rows]), [part[:N_TEST] for part in choice], [part[::5] for part in test]
    if task == "rail":
        known, test, weekly = small_data.rail_task(n, T)
        fitted = n - n // 5
        return [part[:fitted] for part in known], [part[fitted:] for part in known], test, weekly
    if task == "parity":
        return [parity(rows, steps, rng) for rows, steps in ((n, T), (ROWS, T), (N_TEST, T), (N_TEST, LONGER * T))]
    return [getattr(tasks, task)(rows, T, rng) for rows in (n, ROWS, N_TEST)]


def parity(n: int, T: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Ceros y unos (n, T, 1), y en cada paso si el número de unos hasta él es par, 0, o impar, 1: (n, T)."""
    bits = rng.integers(2, size=(n, T))
    return bits[..., None].astype("float32"), bits.cumsum(axis=1) % 2


class MinGRU(layers.Layer):
    """``h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ h̃_t``, con ``z`` y ``h̃`` de la entrada; (B, T, F) -> (B, T, H)."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
        self.gate, self.candidate = layers.Dense(units, activation="sigmoid"), layers.Dense(units)

    def build(self, shape):
        self.gate.build(shape)
        self.candidate.build(shape)

    def call(self, x):
        z = self.gate(x)
        return linear.scan(1 - z, z * self.candidate(x))

    def get_config(self):
        return super().get_config() | {"units": self.units}


def positions(T: int, d: int) -> np.ndarray:
    """Senos y cosenos de cada paso, (1, T, d)."""
    angles = np.arange(T)[:, None] / 10_000 ** (np.arange(0, d, 2) / d)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype("float32")[None]


def network(task: str, T: int, model: str, size: int) -> keras.Model:
    """La red de esa tarea, sin compilar."""
    features, outputs = {"recall": (8, 4), "adding": (2, 1), "parity": (1, 2), "text": (0, 1), "rail": (1, 1)}[task]
    x = keras.Input((T, features)) if features else keras.Input((T,), dtype="int32")
    if model == "LSTM+attention":
        h = layers.LSTM(size, return_sequences=True)(x)
        seen = layers.MultiHeadAttention(1, size)(h[:, -1:], h)  # la consulta es el último estado
        return keras.Model(x, layers.Dense(outputs)(layers.Concatenate()([h[:, -1], seen[:, 0]])))
    z = x if features else layers.SpatialDropout1D(0.5)(layers.Embedding(TOKENS, SIZES["text"]["transformer"])(x))
    if model in ("LSTM", "GRU"):
        z = getattr(layers, model)(size, return_sequences=True)(z)
    else:
        z = layers.Dense(size)(z) if features else z
    if model == "minGRU":
        for _ in range(2):
            z = z + MinGRU(size)(z)
    if model == "transformer":
        z = z + positions(T, size)
        seen = layers.MultiHeadAttention(2, size // 2)(z, z, use_causal_mask=True)
        z = layers.LayerNormalization()(z + seen)
        z = layers.LayerNormalization()(z + layers.Dense(size)(layers.Dense(2 * size, activation="relu")(z)))
    if task == "text":
        z = layers.GlobalAveragePooling1D()(z)
    elif task != "parity":
        z = z[:, -1]
    return keras.Model(x, layers.Dense(outputs)(z))


@cache
def compiled(task, T, model, size, learning_rate, clipnorm, every) -> keras.Model:
    """La red compilada, una vez por proceso."""
    net = network(task, T, model, size)
    adam = keras.optimizers.Adam(learning_rate, clipnorm=clipnorm)
    net.compile(adam, losses(task), **training.compile_options(every))
    return net


def losses(task: str):
    """La pérdida de cada tarea."""
    if task == "text":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return networks.LOSSES[{"adding": "mse", "rail": "mae"}.get(task, "entropy")]()
