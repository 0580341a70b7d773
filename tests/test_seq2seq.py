"""De secuencia a secuencia: casos a mano, Keras como segunda opinión y las dos búsquedas contra la exhaustiva."""

import itertools
import re

import keras
import numpy as np
import pandas as pd
import pytest

from recurrentes import seq2seq
from recurrentes.seq2seq import END, PAD, START


def fails_with(message, action):
    """Exige un ValueError con este mensaje completo."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        action()


def test_the_vocabulary_counts_and_breaks_ties_by_letter():
    """De más a menos frecuente; a igual frecuencia, por orden alfabético; el fin va detrás de la frase."""
    vocabulary = seq2seq.Vocabulary([["c", "a"], ["b", "c"]])
    assert vocabulary.symbols == ["", "⟨ini⟩", "⟨fin⟩", "c", "a", "b"]
    codes = vocabulary.encode([["b"], []], 3)
    assert codes.tolist() == [[5, END, PAD], [END, PAD, PAD]] and codes.dtype == np.int32
    assert vocabulary.decode([[5, END, 3], [3, 4, 5]]) == [["b"], ["c", "a", "b"]]


def test_what_does_not_fit_or_is_unknown():
    """Ni se corta una frase ni se inventa un símbolo."""
    vocabulary = seq2seq.Vocabulary([["a", "b"]])
    fails_with("T=2: la frase 'a b' necesita 3 pasos.", lambda: vocabulary.encode([["a", "b"]], 2))
    message = "'z' no está en el vocabulario: quita esa frase o añádela antes."
    fails_with(message, lambda: vocabulary.encode([["z"]], 4))


def test_known_pairs_by_hand():
    """Se quedan las cortas cuyas palabras son las más frecuentes de su idioma."""
    pairs = pd.DataFrame({"en": ["Go.", "Go home.", "Go go go go."], "es": ["Ve.", "Ve a casa.", "Ve ve ve ve."]})
    kept = seq2seq.known_pairs(pairs, 2, 2, 3)
    assert kept.to_dict("list") == {"en": [["go", "."]], "es": [["ve", "."]]}
    assert len(seq2seq.known_pairs(pairs, 2, 2, 5)) == 2 and len(seq2seq.known_pairs(pairs, 9, 9, 9)) == 3


def test_no_source_sentence_is_in_two_parts():
    """Todas las traducciones de una frase van a la misma parte, y no se pierde ninguna fila."""
    pairs = pd.DataFrame({"en": [[str(k % 7), "x"] for k in range(20)], "es": [[str(k)] for k in range(20)]})
    parts = seq2seq.split_by_source(pairs, 2, 3, np.random.default_rng(0))
    sources = [set(part["en"].map(tuple)) for part in parts]
    assert [len(source) for source in sources] == [2, 2, 3]
    assert len(set.union(*sources)) == 7 and sum(map(len, parts)) == 20


@pytest.fixture(params=[False, True], ids=["sin atención", "con atención"])
def trained(request):
    """Una red con pesos al azar y asimétricos, como si estuviera entrenada."""
    rng = np.random.default_rng(3)
    model = seq2seq.network(9, 6, embedding=4, units=5, attention=request.param)
    model.set_weights([rng.normal(0, 0.7, weight.shape) for weight in model.get_weights()])
    return model


def batch():
    """Entradas de distinta longitud, con relleno, y salidas de cinco pasos que empiezan por START."""
    rng = np.random.default_rng(4)
    source, previous = rng.integers(3, 9, (6, 8)), rng.integers(2, 6, (6, 5))
    for row in range(6):
        source[row, 8 - row :] = PAD
    previous[:, 0] = START
    return source, previous


def test_numpy_and_keras_agree(trained):
    """Paso a paso en NumPy y de una vez en Keras, las mismas probabilidades; el relleno no recibe atención."""
    source, previous = batch()
    logits = keras.ops.convert_to_numpy(trained([source, previous]))
    translator = seq2seq.Translator(trained)
    memory, real, state = translator.encode(source)
    for t in range(5):
        logarithms, state, weights = translator.step(previous[:, t], state, memory, real)
        expected = keras.ops.convert_to_numpy(keras.ops.log_softmax(logits[:, t]))
        np.testing.assert_allclose(logarithms, expected, atol=1e-5)
        assert (weights[source == PAD] == 0).all()
        np.testing.assert_allclose(weights.sum(axis=1), float(translator.attention), atol=1e-6)


def probability(translator, source, codes):
    """Logaritmo de la probabilidad de una salida, paso a paso."""
    memory, real, state = translator.encode(source[None])
    total, previous = 0.0, START
    for code in codes:
        logarithms, state, _ = translator.step(np.array([previous]), state, memory, real)
        total, previous = total + logarithms[0, code], code
    return total


def test_a_beam_of_one_is_greedy(trained):
    """Con anchura 1 las dos búsquedas dan lo mismo."""
    source, _ = batch()
    translator = seq2seq.Translator(trained)
    assert (translator.greedy(source, 6)[0] == translator.beam(source, 6, 1)[0]).all()


def test_a_wide_beam_finds_the_best(trained):
    """Con un haz que lo guarda todo, la salida es la más probable de las posibles, probadas una a una."""
    source, _ = batch()
    translator = seq2seq.Translator(trained)
    codes, logarithms = translator.beam(source[:2], 3, 400)
    every = [
        [*body, *([END] if len(body) < 3 else [])]
        for length in range(4)
        for body in itertools.product(range(END + 1, 6), repeat=length)
    ]
    for row in range(2):
        best = max(probability(translator, source[row], codes) for codes in every)
        found = [int(code) for code in codes[row] if code != PAD]
        np.testing.assert_allclose([logarithms[row], probability(translator, source[row], found)], best, atol=1e-4)


def test_nothing_follows_the_end(trained):
    """Después del fin solo hay relleno, en las dos búsquedas."""
    source, _ = batch()
    translator = seq2seq.Translator(trained)
    translator.logits[1][END] += 1.5  # el fin, a menudo
    for codes in (translator.greedy(source, 9)[0], translator.beam(source, 9, 3)[0]):
        for row in codes.tolist():
            if END in row:
                assert set(row[row.index(END) + 1 :]) <= {PAD}
                assert not {PAD, START} & set(row[: row.index(END)])
    assert (codes == END).any()


def test_bleu_by_hand():
    """Una frase de cinco palabras con una mal: 4/5, 3/4, 2/3 y 1/2 de sus n-gramas están en la referencia."""
    output, reference = list("abcdz"), list("abcde")
    expected = 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    assert np.isclose(seq2seq.bleu([output], [[reference]]), expected)
    assert np.isclose(seq2seq.bleu([output], [[reference, output]]), 100)
    short = seq2seq.bleu([list("abcd")], [[reference]])
    assert np.isclose(short, 100 * np.exp(1 - 5 / 4))  # todo bien, y una palabra de menos
