"""Reseñas de IMDB: la receta de la fuente a la letra, las bases sin recurrencia, y la receta del curso por partes.

Datos: de las 25 000 reseñas de entrenamiento, barajadas siempre igual, 20 000 ajustan los pesos y 5000 eligen; las
25 000 de prueba se miden al terminar. El vocabulario sale de las 20 000 que entrenan. La partición no depende de la
semilla, que decide los pesos iniciales, el orden de los lotes y los apagados de *dropout*: así las variantes se
comparan emparejadas por semilla.

Cada medida da dos exactitudes de prueba: la de la última época y la de la época mejor en validación (la primera, si hay
empate). De la prueba no se elige nada.

``grams`` es otra clase de modelo: regresión logística sobre qué palabras sueltas y parejas de palabras seguidas hay en
la reseña, sin orden ni azar; por eso se mide con una sola semilla.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from recurrentes import data, text_cache, training

N_TRAIN, N_VALIDATION = 20_000, 5_000

#: La receta de la fuente. Lo que ella no dice: Adam y el lote de Keras, y ReLU en la capa densa intermedia.
SOURCE = {
    "clean": False,
    "tokens": 20_000,
    "T": 200,
    "cut": "head",
    "mask": False,
    "embedding": 128,
    "embedding_dropout": 0.0,
    "cell": "LSTM",
    "units": 64,
    "directions": 2,
    "pool": "last",
    "dense": 64,
    "dropout": 0.0,
    "batch": 32,
    "learning_rate": 1e-3,
    "decay": "none",
    "epochs": 5,
}
#: La receta del curso, elegida con las 5000 de validación: lee el final, promedia las palabras de dos en dos para que
#: la recurrencia dé la mitad de pasos, y resume con el máximo en el tiempo.
COURSE = {
    "clean": False,
    "tokens": 20_000,
    "T": 400,
    "cut": "tail",
    "mask": False,
    "embedding": 32,
    "embedding_dropout": 0.5,
    "averaged": 2,
    "cell": "LSTM",
    "units": 16,
    "directions": 2,
    "pool": "max",
    "dense": 0,
    "dropout": 0.5,
    "batch": 250,
    "learning_rate": 1e-2,
    "decay": "cosine",
    "epochs": 5,
}
NO_RECURRENCE = {"cell": "none", "units": 0, "directions": 0, "pool": "mean"}
DENSE = SOURCE | NO_RECURRENCE
LAST = COURSE | {"T": 200, "averaged": 1, "pool": "last"}
VARIANTS = {
    "course": COURSE,
    # La fuente, y lo mismo con una capa sin recurrencia en lugar de la recurrente.
    "source": SOURCE,
    "mean": DENSE,
    "flatten": DENSE | {"pool": "flatten"},
    # La receta del curso sin recurrencia, y después con una sola cosa cambiada.
    "course-mean": COURSE | NO_RECURRENCE | {"averaged": 1, "mask": True},
    "course-head": COURSE | {"cut": "head"},
    "course-forward": COURSE | {"directions": 1},
    "course-forward-wide": COURSE | {"directions": 1, "units": 32},
    "course-gru": COURSE | {"cell": "GRU"},
    "course-T100": COURSE | {"T": 100},
    "course-T200": COURSE | {"T": 200},
    "course-T200-head": COURSE | {"T": 200, "cut": "head"},
    "course-T800": COURSE | {"T": 800},
    "course-last": COURSE | {"pool": "last"},
    "course-no-dropout": COURSE | {"embedding_dropout": 0.0, "dropout": 0.0},
    # Con el estado final como resumen, lo que cambia la máscara; el promedio de dos en dos no la conserva.
    "last": LAST,
    "last-mask": LAST | {"mask": True},
    "mean-mask": DENSE | {"mask": True},
    "mean-mask-dropout": DENSE | {"mask": True, "embedding_dropout": 0.5, "dropout": 0.5},
}
#: Sin orden: qué palabras y qué parejas de palabras seguidas hay, en la reseña entera y en lo que lee la receta.
BAG = {"clean": False, "tokens": 20_000, "cut": "tail", "grams": 2, "penalties": [0.01, 0.03, 0.1, 0.3, 1.0]}
GRAMS = {"grams": BAG | {"T": 2500}, "grams-T400": BAG | {"T": 400}}


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una variante tras otra."""
    seeds = list(seeds)
    for variant, settings in VARIANTS.items():
        for seed in seeds:
            yield {"variant": variant, "seed": seed, "n_train": N_TRAIN, **settings}
    if 0 in seeds:
        for variant, settings in GRAMS.items():
            yield {"variant": variant, "seed": 0, "n_train": N_TRAIN, **settings}


def measure(variant, seed, n_train, clean, tokens, T, cut, **settings) -> dict:
    """Entrena con lo que llega de cada reseña y mide en la prueba."""
    train, validation, test = vectorized(clean, tokens, T, cut)
    parts = [[part[:n_train] for part in train], validation, test]
    if "grams" in settings:
        return measure_grams(*parts, **settings)
    return measure_network(*parts, tokens, T, seed, **settings)


def measure_network(
    train, validation, test, tokens, T, seed, batch, learning_rate, decay, epochs, **layers
) -> dict:  # fmt: skip
    """Entrena una red y la mide en la prueba, al terminar y con los pesos de la época mejor en validación."""
    keras.utils.set_random_seed(seed)
    model = network(tokens, T, **layers)
    if decay == "cosine":
        learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, -(-len(train[0]) // batch) * epochs)
    model.compile(
        keras.optimizers.Adam(learning_rate),
        "binary_crossentropy",
        metrics=["accuracy"],
        **training.compile_options(5),
    )
    best = BestEpoch()
    history = model.fit(
        *train, batch_size=batch, epochs=epochs, verbose=0, callbacks=[best],
        validation_data=validation, validation_batch_size=500,
    ).history  # fmt: skip
    last = accuracy(model, *test)
    model.set_weights(best.weights)
    curves = {
        "accuracy": "train_accuracy",
        "loss": "train_loss",
        "val_accuracy": "val_accuracy",
        "val_loss": "val_loss",
    }
    return {
        "accuracy": last,
        "best_accuracy": accuracy(model, *test) if best.epoch < epochs else last,
        "best_epoch": best.epoch,
        "parameters": model.count_params(),
        **{name: [round(value, 5) for value in history[key]] for key, name in curves.items()},
    }


def measure_grams(train, validation, test, grams, penalties) -> dict:
    """Regresión logística sobre qué grupos de hasta ``grams`` palabras hay; la penalización, la mejor en validación."""
    vectorizer = CountVectorizer(ngram_range=(1, grams), binary=True, min_df=2, token_pattern=r"\S+")
    parts = [(" ".join(map(str, row[row > 0])) for row in X) for X, _ in (train, validation, test)]
    bags = [vectorizer.fit_transform(parts[0]), *map(vectorizer.transform, parts[1:])]
    scores, found = {}, {}
    for C in penalties:
        found[C] = LogisticRegression(C=C, solver="liblinear").fit(bags[0], train[1][:, 0])
        scores[C] = found[C].score(bags[1], validation[1][:, 0])
    C = max(scores, key=scores.get)
    return {
        "accuracy": round(found[C].score(bags[2], test[1][:, 0]), 5),
        "C": C,
        "val_accuracy": [round(score, 5) for score in scores.values()],
        "parameters": found[C].coef_.size + 1,
    }


class BestEpoch(keras.callbacks.Callback):
    """Guarda los pesos de la época con más exactitud en validación."""

    def on_train_begin(self, logs=None):
        self.accuracy = -1.0

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_accuracy"] > self.accuracy:
            self.accuracy, self.epoch, self.weights = logs["val_accuracy"], epoch + 1, self.model.get_weights()


def network(
    tokens, T, mask, embedding, embedding_dropout, cell, units, directions, pool, dense, dropout, averaged=1
) -> keras.Model:  # fmt: skip
    """De índices de palabras a la probabilidad de que la reseña sea positiva, sin compilar.

    ``averaged`` es de cuántas en cuántas palabras seguidas se promedian los vectores antes de recorrerlos.
    """
    layers = keras.layers
    model = keras.Sequential([keras.Input((T,), dtype="int32"), layers.Embedding(tokens, embedding, mask_zero=mask)])
    if embedding_dropout:
        model.add(layers.SpatialDropout1D(embedding_dropout))
    if averaged > 1:
        model.add(layers.AveragePooling1D(averaged))
    if cell != "none":
        recurrent = getattr(layers, cell)(units, return_sequences=pool != "last")
        model.add(layers.Bidirectional(recurrent) if directions == 2 else recurrent)
    if pool != "last":
        pools = {"flatten": "Flatten", "mean": "GlobalAveragePooling1D", "max": "GlobalMaxPooling1D"}
        model.add(getattr(layers, pools[pool])())
    if dense:
        model.add(layers.Dense(dense, activation="relu"))
    if dropout:
        model.add(layers.Dropout(dropout))
    model.add(layers.Dense(1, activation="sigmoid"))
    return model


def accuracy(model: keras.Model, X: np.ndarray, y: np.ndarray) -> float:
    """La fracción de aciertos, con el umbral en 0.5."""
    return round(float(np.mean((model.predict(X, batch_size=500, verbose=0) > 0.5) == y)), 5)


@cache
def vectorized(clean: bool, tokens: int, T: int, cut: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Índices (n, T) y opiniones (n, 1) de entrenamiento, validación y prueba."""
    sequences, opinions = indices(clean, tokens), reviews(clean)[1]
    return [(cropped(found, T, cut), y[:, None]) for found, y in zip(sequences, opinions, strict=True)]


def cropped(sequences: list[np.ndarray], T: int, cut: str) -> np.ndarray:
    """El principio (``head``) o el final (``tail``) de cada secuencia, con ceros a la derecha si no llega a ``T``."""
    X = np.zeros((len(sequences), T), np.int32)
    for row, found in zip(X, sequences, strict=True):
        found = found[:T] if cut == "head" else found[-T:]
        row[: len(found)] = found
    return X


@cache
def indices(clean: bool, tokens: int) -> list[list[np.ndarray]]:
    """Los índices de las palabras de cada reseña, enteras, de entrenamiento, validación y prueba."""
    texts, _ = reviews(clean)
    text_cache.use()
    vectorizer = keras.layers.TextVectorization(tokens)
    vectorizer.adapt(texts[0])
    found = []
    for part in texts:
        rows = [np.asarray(vectorizer(part[start : start + 1000])) for start in range(0, len(part), 1000)]
        found.append([row[row > 0].astype(np.uint16) for batch in rows for row in batch])  # el 0 es el relleno
    return found


@cache
def reviews(clean: bool) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Textos y opiniones de entrenamiento, validación y prueba, barajados los de las dos primeras partes."""
    train, test = data.load_imdb("train"), data.load_imdb("test")
    order = np.random.default_rng(0).permutation(len(train))
    parts = [train.iloc[order[:N_TRAIN]], train.iloc[order[N_TRAIN:]], test]
    texts = [part["text"].str.replace("<br />", " ", regex=False) if clean else part["text"] for part in parts]
    return [text.to_numpy() for text in texts], [part["label"].to_numpy(np.float32) for part in parts]
