"""Traducir del inglés al español: BLEU de un codificador y decodificador con y sin atención, según la longitud.

Frases de Tatoeba cuyas palabras están entre las más frecuentes, de hasta ``longest`` palabras, repartidas por frase
inglesa: ninguna de las de prueba está en el entrenamiento. El reparto es el mismo con cualquier semilla, que decide los
pesos iniciales y el orden de los lotes. La tasa de aprendizaje baja a cero en coseno; no se elige nada con la prueba.

BLEU se mide sobre palabras en minúscula, con todas las traducciones de cada frase como referencias: en toda la prueba y
por longitud de la frase inglesa, tomando lo más probable en cada paso y con un haz de ``width``. ``is_right`` es, de
las frases con «is» cuyas traducciones llevan todas «es» o todas «está», la fracción en que la red escribe ese verbo y
no el otro.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import keras
import numpy as np

from recurrentes import data, seq2seq, training

CORPUS = {"n_source": 1000, "n_target": 1500, "longest": 14, "n_validation": 500, "n_test": 1000}
PROTOCOL = {"embedding": 64, "units": 96, "epochs": 5, "batch": 32, "learning_rate": 4e-3, "clipnorm": 1.0, "width": 4}
#: Palabras y signos de las frases inglesas de cada tramo de longitud, de la menor a la mayor.
LENGTHS = {"short": (1, 5), "middle": (6, 8), "long": (9, 14)}
EXAMPLES = 50  # una frase de prueba de cada tantas se guarda traducida


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida, una semilla tras otra."""
    for seed in seeds:
        for attention in (False, True):
            yield {"attention": attention, "seed": seed} | CORPUS | PROTOCOL


def measure(attention, seed, embedding, units, epochs, batch, learning_rate, clipnorm, width, **corpus) -> dict:
    """Entrena una red y devuelve su BLEU y algunas traducciones."""
    source_words, target_words, train, validation, (X, sources, references) = prepared(**corpus)
    keras.utils.set_random_seed(seed)
    model = seq2seq.network(len(source_words), len(target_words), embedding=embedding, units=units, attention=attention)
    order = batches(*train, epochs, batch, np.random.default_rng(seed))
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, len(order))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=seq2seq.PAD)
    model.compile(keras.optimizers.Adam(schedule, clipnorm=clipnorm), loss, **training.compile_options())
    for rows in order:
        inputs, target = trimmed(*(part[rows] for part in train))
        model.train_on_batch(inputs, target)
    translator, T = seq2seq.Translator(model), train[1].shape[1]
    greedy = target_words.decode(translator.greedy(X, T)[0])
    beam = target_words.decode(translator.beam(X, T, width)[0])
    normalized = target_words.decode(translator.beam(X, T, width, power=1.0)[0])
    metrics = {
        "bleu": seq2seq.bleu(greedy, references),
        "bleu_beam": seq2seq.bleu(beam, references),
        "bleu_normalized": seq2seq.bleu(normalized, references),
        "words_greedy": float(np.mean([len(output) for output in greedy])),
        "words_beam": float(np.mean([len(output) for output in beam])),
        "is_right": is_right(sources, references, greedy),
        "validation": float(model.evaluate([validation[0], seq2seq.shifted(validation[1])], validation[1], verbose=0)),
    }
    lengths = np.array([len(sentence) for sentence in sources])
    for name, (low, high) in LENGTHS.items():
        rows = np.flatnonzero((low <= lengths) & (lengths <= high))
        metrics[f"bleu_{name}"] = seq2seq.bleu([greedy[row] for row in rows], [references[row] for row in rows])
    examples = [" ".join(output) for output in greedy[::EXAMPLES]]
    rounded = {name: round(value, 4) for name, value in metrics.items()}
    return rounded | {"parameters": model.count_params(), "examples": examples}


@cache
def prepared(n_source, n_target, longest, n_validation, n_test):
    """Los dos vocabularios, entrenamiento y validación como números, y la prueba con todas sus referencias."""
    pairs = seq2seq.known_pairs(data.load_spa_eng(), n_source, n_target, longest)
    train, validation, test = seq2seq.split_by_source(pairs, n_validation, n_test, np.random.default_rng(0))
    vocabularies = seq2seq.Vocabulary(pairs["english"]), seq2seq.Vocabulary(pairs["spanish"])

    def codes(part):
        columns = zip(vocabularies, (part["english"], part["spanish"]), strict=True)
        return tuple(vocabulary.encode(column.tolist(), longest + 1) for vocabulary, column in columns)

    grouped = test.groupby(test["english"].map(" ".join), sort=False)["spanish"].agg(list)
    sources = [text.split() for text in grouped.index]
    X = vocabularies[0].encode(sources, longest + 1)
    return *vocabularies, codes(train), codes(validation), (X, sources, grouped.tolist())


def batches(source, target, epochs, batch, rng) -> list[np.ndarray]:
    """Filas de cada lote, de parejas de longitud parecida y en orden aleatorio."""
    lengths = (target != seq2seq.PAD).sum(axis=1) + (source != seq2seq.PAD).sum(axis=1)
    found = []
    for _ in range(epochs):
        order = np.argsort(lengths + rng.uniform(0, 2, len(lengths)))
        whole = order[: len(order) // batch * batch].reshape(-1, batch)
        found.extend(whole[rng.permutation(len(whole))])
    return found


def trimmed(source, target):
    """Un lote sin las columnas que solo tienen relleno."""
    source, target = (part[:, : (part != seq2seq.PAD).any(axis=0).sum()] for part in (source, target))
    return [source, seq2seq.shifted(target)], target


def is_right(sources, references, outputs) -> float:
    """Aciertos al elegir entre «es» y «está» donde la frase inglesa tiene un «is» y las referencias, uno de los dos."""
    right = []
    for source, known, output in zip(sources, references, outputs, strict=True):
        wanted = [verb for verb in ("es", "está") if all(verb in reference for reference in known)]
        others = [verb for verb in ("es", "está") if any(verb in reference for reference in known)]
        if source.count("is") == 1 and len(wanted) == 1 and wanted == others:
            right.append([verb for verb in ("es", "está") if verb in output] == wanted)
    return sum(right) / max(len(right), 1)
