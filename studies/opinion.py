"""Leer una reseña palabra a palabra: la red del explorador, que opina tras cada una.

Datos y partición, los de ``imdb``: 20 000 reseñas ajustan los pesos, 5000 eligen la receta y las 25 000 de prueba se
miden al terminar. De cada una se leen las últimas ``T`` palabras, sin etiquetas ``<br />``. La red tiene que acertar
tras cada palabra, y lo que se le exige crece con las que lleva leídas: así su probabilidad significa algo desde el
principio. Los pesos de la semilla 0 quedan en ``_build/opinion.npz``, de donde los toma
``python tools/export_weights.py``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from string import punctuation

import keras
import numpy as np

from studies import imdb

#: Donde quedan los pesos para exportarlos.
FOLDER = Path(__file__).parents[1] / "_build"
RECIPE = {
    "tokens": 8000,
    "T": 200,
    "embedding": 32,
    "units": 16,
    "dropout": 0.5,
    "batch": 250,
    "learning_rate": 1e-2,
    "epochs": 5,
}


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """La receta con cada semilla."""
    for seed in seeds:
        yield {"n_train": imdb.N_TRAIN, **RECIPE, "seed": seed}


def measure(n_train, tokens, T, seed, **recipe) -> dict:
    """Entrena, guarda los pesos y mide en la prueba, una vez."""
    model, found = train(n_train, tokens, T, seed, **recipe)
    if seed == 0 and n_train == imdb.N_TRAIN:  # no los de una prueba
        FOLDER.mkdir(exist_ok=True)
        np.savez(FOLDER / "opinion.npz", *model.get_weights(), vocabulary="\n".join(vocabulary(tokens)))
    return found | {"accuracy": accuracy(model, *parts(tokens, T)[2])}


def train(
    n_train, tokens, T, seed, embedding, units, dropout, batch, learning_rate, epochs
) -> tuple[keras.Model, dict]:
    """La red entrenada y lo que acierta en validación tras cada época."""
    keras.utils.set_random_seed(seed)
    (X, y), validation, _ = parts(tokens, T)
    X, y = X[:n_train], y[:n_train]
    model = network(tokens, embedding, units, dropout)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, -(-len(X) // batch) * epochs)
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=5 if keras.backend.backend() == "tensorflow" else 1,
    )
    read = np.arange(1, T + 1) / (X > 0).sum(axis=1, keepdims=True)  # parte de la reseña leída en cada paso
    targets, demand = np.repeat(y[:, None], T, axis=1), np.where(X > 0, read, 0).astype("float32")
    scores = []
    for epoch in range(epochs):
        model.fit(
            X, targets, sample_weight=demand, batch_size=batch, initial_epoch=epoch, epochs=epoch + 1, verbose=0
        )  # fmt: skip
        scores.append(accuracy(model, *validation))
    return model, {"val_accuracy": scores, "parameters": model.count_params()}


def network(tokens: int, embedding: int, units: int, dropout: float) -> keras.Model:
    """De índices de palabras (B, T) al logit de que la reseña sea positiva tras cada una, (B, T, 1)."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(tokens, embedding, mask_zero=True),
            layers.SpatialDropout1D(dropout),
            layers.GRU(units, return_sequences=True),
            layers.Dropout(dropout),
            layers.Dense(1),
        ]
    )


def accuracy(model: keras.Model, X: np.ndarray, y: np.ndarray) -> float:
    """La fracción de aciertos tras la última palabra; en el relleno, la salida se repite."""
    return round(float(np.mean((model.predict(X, batch_size=500, verbose=0)[:, -1] > 0) == y)), 5)


@cache
def parts(tokens: int, T: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Índices (n, T) y opiniones (n, 1) de entrenamiento, validación y prueba."""
    index = {word: number for number, word in enumerate(vocabulary(tokens))}
    return [
        (imdb.cropped([[index.get(word, 1) for word in words(text)[-T:]] for text in texts], T, "tail"), y[:, None])
        for texts, y in zip(*imdb.reviews(clean=True), strict=True)
    ]


@cache
def vocabulary(tokens: int) -> list[str]:
    """El relleno, la desconocida y las palabras más frecuentes del entrenamiento, de más a menos."""
    counts = Counter(word for text in imdb.reviews(clean=True)[0][0] for word in words(text))
    common = sorted(counts, key=lambda word: (-counts[word], word))
    return ["", "[UNK]", *common[: tokens - 2]]


def words(text: str) -> list[str]:
    """Las palabras de un texto: minúsculas, sin la puntuación de ASCII, partidas por los blancos."""
    return text.lower().translate(str.maketrans("", "", punctuation)).split()
