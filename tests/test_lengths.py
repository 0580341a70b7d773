"""Secuencias de distinta longitud: la tarea contada a mano, y lotes que ni pierden ni repiten secuencias."""

import re

import numpy as np
import pytest

from recurrentes import lengths


def test_the_majority_is_the_commonest_symbol():
    sequences, y = lengths.majority(50, np.random.default_rng(0), classes=3, features=5)
    assert {sequence.shape[1] for sequence in sequences} == {5} and {s.dtype for s in sequences} == {
        np.dtype("float32")
    }
    assert all(len(sequence) in range(10, 101, 10) for sequence in sequences)
    for sequence, label in zip(sequences, y, strict=True):
        symbols = sequence.argmax(axis=1).tolist()
        assert (sequence.sum(axis=1) == 1).all() and max(symbols) < 3
        assert label == max(range(3), key=symbols.count)


def test_padding_goes_to_the_right():
    X = lengths.padded([np.ones((1, 2)), np.full((3, 2), 2.0)], 4)
    assert np.array_equal(X[:, :, 0], [[1, 0, 0, 0], [2, 2, 2, 0]]) and X.dtype == np.float32
    with pytest.raises(ValueError, match=re.escape("mide 3 pasos y no cabe en T=2")):
        lengths.padded([np.ones((3, 2))], 2)


@pytest.mark.parametrize("plan", lengths.PLANS)
def test_an_epoch_visits_each_sequence_once(plan):
    """La secuencia i lleva el número i en todos sus pasos: en los lotes están todas, con su clase y sus pasos."""
    steps = np.random.default_rng(1).integers(1, 20, 50)
    sequences = [np.full((T, 1), number + 1.0) for number, T in enumerate(steps)]
    found = list(lengths.batches(plan, sequences, np.arange(50), np.random.default_rng(2), B=8))
    order = np.concatenate([y for _, y in found])
    assert sorted(order) == list(range(50)) and order.tolist() != list(range(50))
    for X, y in found:
        assert (X[:, 0, 0] == y + 1).all() and ((X > 0).sum(axis=(1, 2)) == steps[y]).all()
    padding, most = sum((X == 0).sum() for X, _ in found), 50 * steps.max() - steps.sum()
    assert padding == 0 if plan == "bucle" else padding == most if plan == "relleno" else padding < most / 3
    assert len(found) == (50 if plan == "bucle" else 7)


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=re.escape("han llegado n=0, classes=4 y features=8")):
        lengths.majority(0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="ha llegado 'cubos'"):
        next(lengths.batches("cubos", [np.ones((1, 1))], np.zeros(1), np.random.default_rng(0)))
