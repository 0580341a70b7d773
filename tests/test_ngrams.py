"""N-gramas: las cuentas a mano, que suman uno, y que de lo desconocido se responde con el nivel anterior."""

import re

import numpy as np
import pytest

from recurrentes.ngrams import WittenBell, previous


def test_the_past_of_each_symbol():
    """La columna k es el símbolo de k + 1 pasos antes; al principio, -1."""
    assert previous(np.array([5, 6, 7, 8]), 3).tolist() == [[-1, -1, -1], [5, -1, -1], [6, 5, -1], [7, 6, 5]]
    assert previous(np.array([0, 1]), 0).shape == (2, 0)
    assert previous(np.array([0, 1]), 4).tolist() == [[-1, -1, -1, -1], [0, -1, -1, -1]]


def test_two_levels_by_hand():
    """«abac» y la raíz: p(c | a) con una b, una c y tres letras posibles."""
    codes = np.array([0, 1, 0, 2])
    model = WittenBell(3).fit(previous(codes, 1), codes)
    # nivel de la letra sola: a dos veces, b y c una; N=4, K=3 y el de más abajo es 1/3
    alone = (np.array([2, 1, 1]) + 3 / 3) / (4 + 3)
    # tras «a»: b una vez, c una; N=2, K=2
    after_a = (np.array([0, 1, 1]) + 2 * alone) / (2 + 2)
    assert np.allclose(model.probability(np.zeros((3, 1), int), np.arange(3)), after_a)
    # tras «c», que nunca tuvo continuación, queda la letra sola
    assert np.allclose(model.probability(np.full((3, 1), 2), np.arange(3)), alone)


@pytest.mark.parametrize("order", [0, 1, 2, 4])
def test_probabilities_are_a_distribution(order):
    """En contextos vistos y no vistos, y también con columnas de rangos distintos."""
    rng = np.random.default_rng(order)
    contexts = rng.integers(0, [7, 3, 9, 2][:order], (500, order)) if order else np.zeros((500, 0), int)
    model = WittenBell(6).fit(contexts[:400], rng.integers(6, size=400))
    queries = np.repeat(contexts[390:] + 5 * (rng.random((110, order)) < 0.2), 6, axis=0)
    p = model.probability(queries, np.tile(np.arange(6), 110)).reshape(110, 6)
    assert np.allclose(p.sum(axis=1), 1) and p.min() > 0


def test_the_context_is_used():
    """En una secuencia que se repite, con una letra de contexto casi se acierta, y sin ella no."""
    codes = np.tile([0, 1, 2], 200)
    bits = [
        -np.log2(WittenBell(3).fit(previous(codes, n), codes).probability(previous(codes, n), codes)).mean()
        for n in (0, 1)
    ]
    assert bits[0] == pytest.approx(np.log2(3), abs=1e-3) and bits[1] < 0.05


def test_what_it_refuses():
    for action, message in (
        (lambda: WittenBell(3).fit(np.zeros((4, 1), int), np.zeros(3, int)), "(N, L) y (N,)"),
        (lambda: WittenBell(3).fit(np.zeros((1, 1), int), np.array([3])), "de 0 a 2"),
        (lambda: WittenBell(90).fit(np.full((1, 12), 90), np.array([0])), "no caben"),
        (lambda: previous(np.zeros((2, 2), int), 1), "se requiere (N,)"),
        (lambda: previous(np.array([1]), -1), "order=-1"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            action()
