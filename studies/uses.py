"""Usos y límites: cinco casos del capítulo 15 que no caben en una celda, con datos sintéticos y una línea base.

- `missing`: una onda con ruido a la que le faltan pasos. Se pronostica su valor unos pasos después, y se compara qué
  hacer con los huecos según cuántos hay. El error es el absoluto medio respecto de la onda sin ruido, de amplitud 1.
- `dna`: las dos señales de un promotor bacteriano, TTGACA y TATAAT, con letras cambiadas al azar, entre letras al azar.
  Hay que decir si están (`presence`) o si están en el orden debido (`order`). Aciertos; el azar da la mitad.
- `long`: recordar el primer símbolo de mil pasos con una LSTM, con los ajustes de Keras o con la
  inicialización crono de Tallec y Ollivier (2018). Aciertos; el azar da la cuarta parte.
- `prices`: la receta de los tutoriales de bolsa, en un paseo aleatorio (`walk`) y en las ventas del curso (`sales`). El
  error de la red respecto del de repetir el último valor, y lo que parece acertar.
- `sum`: sumar dos valores marcados con pocos ejemplos o con muchos. El error de prueba respecto del de entrenamiento,
  y qué relación tienen las puertas de entrada con la marca y con borrar cada valor.

Con la misma semilla, todas las variantes de un caso reciben los mismos datos; la prueba se mide una sola vez.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from keras import layers
from sklearn.linear_model import LinearRegression, LogisticRegression

from recurrentes import cells, data, tasks, training, windows

UNITS = 16
N_TEST = 1000
PROTOCOL = {
    "missing": {"T": 40, "updates": 300, "batch": 64, "learning_rate": 1e-2, "n_train": 2000},
    "dna": {"T": 80, "updates": 400, "batch": 64, "learning_rate": 5e-3, "n_train": 2000},
    "long": {"T": 1000, "updates": 400, "batch": 64, "learning_rate": 1e-2, "n_train": 2000},
    "prices": {"T": 20, "updates": 300, "batch": 64, "learning_rate": 1e-2, "n_train": 1250},
    "sum": {"T": 10, "updates": 800, "batch": 32, "learning_rate": 1e-2},
}
SHARES = [0.0, 0.3, 0.6, 0.8]
FILLS = ["zero", "last", "line", "flag", "skip", "regression"]
DNA_MODELS = ["kmers", "conv", "conv-gru"]
HELD_OUT = 250  # días de prueba en «prices»
AHEAD = 4  # pasos de antelación en «missing»
BOXES = ("TTGACA", "TATAAT")
MUTATION = 0.15  # probabilidad de que cambie cada letra de una señal


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for share in SHARES:
            for fill in FILLS if share else ("line", "regression"):  # sin huecos, lo demás da lo mismo
                yield {"part": "missing", "share": share, "fill": fill, "seed": seed} | PROTOCOL["missing"]
        for task in ("presence", "order"):
            for model in DNA_MODELS:
                yield {"part": "dna", "task": task, "model": model, "seed": seed} | PROTOCOL["dna"]
        for init in ("default", "chrono"):
            yield {"part": "long", "init": init, "seed": seed} | PROTOCOL["long"]
        for series in ("walk", "sales"):
            yield {"part": "prices", "series": series, "seed": seed} | PROTOCOL["prices"]
        for n_train in (50, 5000):
            yield {"part": "sum", "n_train": n_train, "seed": seed} | PROTOCOL["sum"]


def measure(part: str, seed: int, **options) -> dict:
    """Una medida de una de las cinco partes."""
    parts = {"missing": _missing, "dna": _dna, "long": _long, "prices": _prices, "sum": _sum}
    return parts[part](seed=seed, **options)


def _missing(share, fill, seed, T, updates, batch, learning_rate, n_train) -> dict:
    """El error en la prueba de una manera de tratar los huecos."""
    rng = np.random.default_rng(seed)
    train, test = (waves(n, T, share, rng) for n in (n_train, N_TEST))
    if fill == "regression":
        model = LinearRegression().fit(filled(*train[:2], "line")[..., 0], train[2])
        forecast = model.predict(filled(*test[:2], "line")[..., 0])
    else:
        kind, features = "skip" if fill == "skip" else "gru", 2 if fill == "flag" else 1
        model = compiled(kind, T, features, 1, learning_rate, updates)
        fit(model, filled(*train[:2], fill), train[2], seed, updates, batch)
        forecast = np.asarray(model.predict_on_batch(filled(*test[:2], fill)))
    return {"mae": round(float(np.abs(forecast - test[2]).mean()), 5)}


def waves(n: int, T: int, share: float, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ondas con ruido (n, T), cuáles de sus pasos se midieron (n, T) y su valor AHEAD pasos después (n, 1)."""
    period, phase = rng.uniform(8, 20, (n, 1)), rng.uniform(0, 2 * np.pi, (n, 1))
    t = np.arange(T + AHEAD)
    clean = np.sin(2 * np.pi * t / period + phase)  # (n, T + AHEAD)
    noisy = clean[:, :T] + rng.normal(0, 0.2, (n, T))
    seen = rng.random((n, T)) >= share
    return noisy, seen, clean[:, -1:].astype("float32")


def filled(noisy: np.ndarray, seen: np.ndarray, fill: str) -> np.ndarray:
    """La entrada de la red, (n, T, 1), o (n, T, 2) si lleva un indicador de qué se midió."""
    steps = np.arange(noisy.shape[1])
    if fill in ("zero", "skip"):
        X = np.where(seen, noisy, 0.0 if fill == "zero" else EMPTY)
    elif fill == "last":
        last = np.maximum.accumulate(np.where(seen, steps, -1), axis=1)  # (n, T), -1 si aún no se ha medido nada
        X = np.where(last >= 0, np.take_along_axis(noisy, np.maximum(last, 0), axis=1), 0.0)
    else:  # la recta entre el anterior y el siguiente; los dos son pasado cuando se pronostica
        X = np.stack([np.interp(steps, steps[s], x[s]) if s.any() else 0 * x for x, s in zip(noisy, seen, strict=True)])
    return np.stack([X, seen] if fill == "flag" else [X], axis=-1).astype("float32")


EMPTY = -9.0  # fuera de lo que puede valer la onda; es lo que salta Masking


def _dna(task, model, seed, T, updates, batch, learning_rate, n_train) -> dict:
    """Los aciertos en la prueba de un modelo de secuencias de ADN."""
    rng = np.random.default_rng(seed)
    (X, y), (X_test, y_test) = (promoters(n, T, task, rng) for n in (n_train, N_TEST))
    if model == "kmers":
        classifier = LogisticRegression(C=0.1, max_iter=1000).fit(kmers(X), y)
        return {"accuracy": round(float(classifier.score(kmers(X_test), y_test)), 5)}
    network = compiled(model, T, 4, 2, learning_rate, updates)
    fit(network, np.eye(4, dtype="float32")[X], y, seed, updates, batch)
    guess = np.asarray(network.predict_on_batch(np.eye(4, dtype="float32")[X_test])).argmax(axis=1)
    return {"accuracy": round(float((guess == y_test).mean()), 5), "parameters": network.count_params()}


def promoters(n: int, T: int, task: str, rng) -> tuple[np.ndarray, np.ndarray]:
    """Letras de 0 a 3 (n, T) y clase (n,): 1 si hay TTGACA y, de 15 a 19 letras después, TATAAT.

    Las de clase 0 son letras al azar («presence») o llevan las dos señales en el orden contrario («order»).
    """
    X, y = rng.integers(4, size=(n, T)), rng.integers(2, size=n)
    boxes = [np.array(["ACGT".index(letter) for letter in box]) for box in BOXES]
    for row, label in zip(X, y, strict=True):
        gap = rng.integers(15, 20)
        start = rng.integers(T - gap - 12 + 1)
        if label or task == "order":
            for place, box in zip((start, start + 6 + gap), boxes if label else boxes[::-1], strict=True):
                changed = rng.random(6) < MUTATION
                row[place : place + 6] = np.where(changed, rng.integers(4, size=6), box)
    return X, y


def kmers(X: np.ndarray, k: int = 4) -> np.ndarray:
    """Cuántas veces está cada una de las 4^k palabras de k letras, (n, 4^k)."""
    words = np.lib.stride_tricks.sliding_window_view(X, k, axis=1) @ 4 ** np.arange(k)
    return np.stack([np.bincount(row, minlength=4**k) for row in words])


def _long(init, seed, T, updates, batch, learning_rate, n_train) -> dict:
    """Los aciertos al recordar el primer símbolo; ``curve`` es la pérdida de entrenamiento mientras aprende."""
    rng = np.random.default_rng(seed)
    (X, y), (X_test, y_test) = (tasks.recall(n, T, rng) for n in (n_train, N_TEST))
    model = compiled("lstm", T, 8, 4, learning_rate, updates)
    training.restart(model, seed)
    if init == "chrono":
        kernel, recurrent_kernel, _ = model.layers[0].get_weights()
        model.layers[0].set_weights([kernel, recurrent_kernel, cells.chrono_bias(UNITS, T, rng)])
    curve = []
    for rows in np.split(rng.integers(n_train, size=updates * batch), 8):
        history = model.fit(X[rows], y[rows], batch_size=batch, shuffle=False, verbose=0).history
        curve.append(round(history["loss"][-1], 3))
    guess = np.concatenate([np.asarray(model.predict_on_batch(part)) for part in np.split(X_test, 4)])
    return {"accuracy": round(float((guess.argmax(axis=1) == y_test).mean()), 5), "curve": curve}


def _prices(series, seed, T, updates, batch, learning_rate, n_train) -> dict:
    """Errores y correlaciones al pronosticar los últimos días, con la serie escalada entre su mínimo y su máximo."""
    rng = np.random.default_rng(seed)
    days = n_train + HELD_OUT
    prices = walk(days, rng) if series == "walk" else data.make_ventas(days, rng=rng)["sales"].to_numpy()
    low, span = prices[:n_train].min(), np.ptp(prices[:n_train])
    X, y = windows.sliding_windows(((prices - low) / span).astype("float32")[:, None], width=T)
    model = compiled("gru", T, 1, 1, learning_rate, updates, "mse")
    fit(model, X[:-HELD_OUT], y[:-HELD_OUT], seed, updates, batch)
    forecast = np.asarray(model.predict_on_batch(X[-HELD_OUT:]))[:, 0] * span + low
    price, eve = prices[-HELD_OUT:], prices[-HELD_OUT - 1 : -1]
    error = np.abs(forecast - price).mean()
    metrics = {
        "ratio": error / np.abs(eve - price).mean(),
        "levels": correlation(forecast, price),
        "changes": correlation(forecast - eve, price - eve),
        "eve": np.abs(forecast - eve).mean() / error,
    }
    return {name: round(float(value), 5) for name, value in metrics.items()}


def walk(n: int, rng, daily: float = 0.01) -> np.ndarray:
    """Precios (n,) de cambios impredecibles, de ``daily`` al día, cuyo tamaño va por rachas: un GARCH(1, 1)."""
    change, variance = np.empty(n), daily**2
    for t in range(n):
        change[t] = np.sqrt(variance) * rng.normal()
        variance = 0.02 * daily**2 + 0.08 * change[t] ** 2 + 0.9 * variance
    return 100 * np.exp(np.cumsum(change))


def _sum(n_train, seed, T, updates, batch, learning_rate) -> dict:
    """El error de prueba entre el de entrenamiento, y correlaciones de las puertas de entrada en la prueba."""
    rng = np.random.default_rng(seed)
    (X_test, y_test), (X, y) = (tasks.adding(n, T, rng) for n in (N_TEST, 5000))
    X, y = X[:n_train], y[:n_train]
    model = compiled("adder", T, 2, 1, learning_rate, updates, "mse")
    fit(model, X, y, seed, updates, batch)
    answer = np.asarray(model.predict_on_batch(X_test))
    train_error = ((np.asarray(model.predict_on_batch(X)) - y) ** 2).mean()
    gate = cells.LSTM.from_keras(model.layers[0]).forward(X_test, return_gates=True)[2]["i"]  # (n, T, H)
    erased = np.empty(X_test.shape[:2])
    for t in range(T):
        blank = X_test.copy()
        blank[:, t, 0] = 0.5
        erased[:, t] = np.abs(np.asarray(model.predict_on_batch(blank)) - answer)[:, 0]
    metrics = {
        "ratio": ((answer - y_test) ** 2).mean() / train_error,
        "error": ((answer - y_test) ** 2).mean(),
        "gate_mark": correlation(gate.mean(axis=-1), X_test[..., 1]),
        "gate_erasure": correlation(gate.mean(axis=-1), erased),
    }
    units = [round(correlation(gate[..., k], X_test[..., 1]), 3) for k in range(UNITS)]
    return {name: round(float(value), 6) for name, value in metrics.items()} | {"units": units}


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def fit(model: keras.Model, X: np.ndarray, y: np.ndarray, seed: int, updates: int, batch: int) -> None:
    """Entrena desde cero, con lotes al azar."""
    training.restart(model, seed)
    rows = np.random.default_rng(seed).integers(len(X), size=updates * batch)
    model.fit(X[rows], y[rows], batch_size=batch, shuffle=False, verbose=0)


@cache
def compiled(
    kind: str, T: int, features: int, outputs: int, learning_rate: float, updates: int, loss: str = "mae"
) -> keras.Model:
    """La red de cada variante, compilada una vez; salvo en «long», la tasa de aprendizaje baja a cero."""
    stack = {
        "gru": lambda: [layers.GRU(UNITS)],
        "skip": lambda: [layers.Masking(EMPTY), layers.GRU(UNITS)],
        "conv": lambda: [layers.Conv1D(UNITS, 6, activation="relu"), layers.GlobalMaxPooling1D()],
        "conv-gru": lambda: [layers.Conv1D(UNITS, 6, activation="relu"), layers.MaxPooling1D(3), layers.GRU(UNITS)],
        "lstm": lambda: [layers.LSTM(UNITS)],
        "adder": lambda: [layers.LSTM(UNITS)],
    }[kind]()
    model = keras.Sequential([keras.Input((T, features)), *stack, layers.Dense(outputs)])
    rate = learning_rate if kind == "lstm" else keras.optimizers.schedules.CosineDecay(learning_rate, updates)
    if outputs > 1:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(rate, clipnorm=1.0)
    model.compile(adam, loss, **training.compile_options(10, xla=kind == "lstm"))
    return model
