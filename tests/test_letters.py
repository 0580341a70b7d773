"""Letras y trozos: ida y vuelta, lo que no está en el alfabeto, y que cada letra se predice una sola vez."""

import re

import numpy as np
import pytest

from recurrentes.letters import UNKNOWN, Alphabet, segments


def test_there_and_back():
    alphabet = Alphabet.from_text("¡Tate, tate, folloncicos!\n")
    assert alphabet.decode(alphabet.encode("¡Tate, tate!")) == "¡Tate, tate!"
    assert alphabet.characters == "".join(sorted(set("¡Tate, tate, folloncicos!\n")))


def test_rare_letters_are_left_out():
    alphabet = Alphabet.from_text("aaabbc", min_count=2)
    assert alphabet.characters == "ab" and len(alphabet) == 3
    assert alphabet.encode("acx").tolist() == [0, 2, 2]
    assert alphabet.decode([2]) == UNKNOWN


@pytest.mark.parametrize("characters", ["aba", f"ab{UNKNOWN}"])
def test_a_wrong_alphabet_is_refused(characters):
    with pytest.raises(ValueError, match="letras distintas"):
        Alphabet(characters)


@pytest.mark.parametrize(("n", "length", "warmup"), [(100, 10, 0), (100, 7, 5), (9, 4, 4), (101, 10, 20)])
def test_each_letter_is_predicted_once(n, length, warmup):
    codes = np.arange(n) + 1000
    pieces = segments(codes, length=length, warmup=warmup)
    predicted = pieces[:, -length:].ravel()
    assert predicted.tolist() == codes[warmup + 1 : warmup + 1 + len(predicted)].tolist()
    assert n - warmup - 1 - len(predicted) < length
    assert (np.diff(pieces, axis=1) == 1).all()


@pytest.mark.parametrize(("length", "warmup"), [(10, 0), (0, 1), (3, -1)])
def test_a_text_too_short_is_refused(length, warmup):
    with pytest.raises(ValueError, match=re.escape(f"length={length} con warmup={warmup}")):
        segments(np.arange(10), length=length, warmup=warmup)
