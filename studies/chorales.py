"""El acorde siguiente en los corales de Bach: los bits por acorde de una GRU, con las voces encadenadas o sueltas.

La receta es la del capítulo 11: corcheas, trozos en un tono al azar, y una sola medida en la prueba, al final.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np
from keras import layers
from scipy.special import log_softmax

from recurrentes import data, training
from studies import networks

LOW, N = 36, 47  # la nota más grave, y cuántos símbolos: silencio y 46 notas
OFFSET = N * np.arange(4)
RECIPE = {"units": 128, "batch": 64, "T": 24, "learning_rate": 8e-3}
UPDATES = (300, 600)


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Cada semilla, con las voces encadenadas y sueltas, y con más y menos entrenamiento."""
    for updates in UPDATES:
        for seed in seeds:
            for chained in (True, False):
                yield RECIPE | {"updates": updates, "chained": chained, "seed": seed}


def measure(units, batch, T, updates, learning_rate, chained, seed) -> dict:
    """Entrena una red y devuelve sus bits por acorde."""
    model = compiled(units, chained, updates, learning_rate)
    training.restart(model, seed)
    *inputs, target = lessons(pieces()["train"], batch * updates, T, np.random.default_rng(seed))
    model.fit(inputs, target, batch_size=batch, shuffle=False, verbose=0)
    return {f"bits_{split}": round(bits(model, pieces()[split]), 4) for split in ("valid", "test")}


def network(units: int, chained: bool) -> keras.Model:
    """Acorde y parte (B, T, 5) y voces del siguiente (B, T, 3) -> (B, T, 4, N)."""
    chord, above = keras.Input((None, 5), dtype="int32"), keras.Input((None, 3), dtype="int32")
    table = layers.Embedding(4 * N + 2, 16)
    flat = [layers.Reshape((-1, n * 16)) for n in (5, 1, 2, 3)]
    h = layers.Dropout(0.2)(layers.GRU(units, return_sequences=True)(flat[0](table(chord))))
    outputs = []
    for v in range(4):
        seen = [flat[v](table(above[:, :, :v]))] if v and chained else []
        joined = layers.Concatenate()([h, *seen]) if seen else h
        outputs.append(layers.Reshape((-1, 1, N))(layers.Dense(N)(joined)))
    return keras.Model([chord, above], layers.Concatenate(axis=2)(outputs))


@cache
def compiled(units, chained, updates, learning_rate) -> keras.Model:
    """La red compilada, una vez por proceso."""
    model = network(units, chained)
    networks.compile_language(model, learning_rate, updates)
    return model


@cache
def pieces() -> dict[str, list[np.ndarray]]:
    """Los corales de cada parte, en corcheas (T, 4) y con símbolos de 0 (silencio) a 46."""
    return {
        split: [np.where(c == 0, 0, c - LOW + 1)[::2] for c in data.load_chorales(split).values()]
        for split in ("train", "valid", "test")
    }


def room(piece: np.ndarray) -> tuple[int, int]:
    """Semitonos que puede bajar y subir sin salirse, seis como mucho."""
    return max(-6, 1 - piece[piece > 0].min()), min(6, N - 1 - piece.max())


def lesson(piece: np.ndarray, start: int = 0):
    """Lo que entra y lo que debe salir de un trozo que empieza en la corchea ``start``."""
    beat = 4 * N + np.arange(start + 1, start + len(piece))[:, None] % 2
    return np.hstack([piece[:-1] + OFFSET, beat]), (piece[1:] + OFFSET)[:, :3], piece[1:]


def lessons(pieces: list[np.ndarray], n: int, length: int, rng: np.random.Generator):
    """``n`` trozos al azar, cada uno en un tono al azar."""
    pieces = [piece for piece in pieces if len(piece) > length]
    rows = []
    for k in rng.integers(len(pieces), size=n):
        start = rng.integers(len(pieces[k]) - length)
        low, high = room(pieces[k])
        cut, shift = pieces[k][start : start + length + 1], rng.integers(low, high + 1)
        rows.append(lesson(np.where(cut == 0, 0, cut + shift), start))
    return [np.stack(part) for part in zip(*rows, strict=True)]


def bits(model: keras.Model, pieces: list[np.ndarray]) -> float:
    """Bits por acorde, con todos los acordes de los corales dados menos el primero de cada uno."""
    total = count = 0
    for piece in pieces:
        chord, above, target = (part[None] for part in lesson(piece))
        pad = ((0, 0), (0, -chord.shape[1] % 320), (0, 0))
        logits = model.predict_on_batch([np.pad(chord, pad), np.pad(above, pad)])[:, : target.shape[1]]
        log_p = np.take_along_axis(log_softmax(logits, axis=-1), target[..., None], axis=-1)
        total, count = total - log_p.sum() / np.log(2), count + target.shape[1]
    return float(total / count)
