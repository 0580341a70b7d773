"""Tareas sintéticas: casos que se leen de un vistazo, propiedades para cualquier tamaño y mensajes completos."""

import datetime
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurrentes import tasks

sizes = st.tuples(st.integers(1, 30), st.integers(2, 20))


@given(sizes, st.integers(2, 6))
def test_only_the_first_step_of_recall_tells_the_class(size, n_symbols):
    """En t = 0 está la pista, que es la clase; después, solo símbolos del otro alfabeto; en cada paso, uno."""
    n, T = size
    X, y = tasks.recall(n, T, np.random.default_rng(n), n_symbols=n_symbols)
    assert X.shape == (n, T, 2 * n_symbols) and X.dtype == np.float32
    assert y.shape == (n,) and y.dtype == np.int64
    assert set(np.unique(X)) == {0, 1} and (X.sum(axis=2) == 1).all()
    symbols = X.argmax(axis=2)  # (n, T)
    assert (symbols[:, 0] == y).all() and (y < n_symbols).all()
    assert (symbols[:, 1:] >= n_symbols).all()


def test_recall_of_one_step_has_no_distractors():
    """Con T = 1 la secuencia es la pista."""
    X, y = tasks.recall(5, 1, np.random.default_rng(0))
    assert X.shape == (5, 1, 8) and (X[:, 0].argmax(axis=1) == y).all()


def test_recall_is_balanced_and_its_distractors_say_nothing():
    """Cada símbolo sale con la misma frecuencia, y el último distractor no depende de la clase."""
    X, y = tasks.recall(40_000, 3, np.random.default_rng(0))
    counts = np.zeros((4, 4))
    np.add.at(counts, (y, X[:, -1].argmax(axis=1) - 4), 1)
    assert np.abs(counts / 40_000 - 1 / 16).max() < 0.005  # cuatro errores típicos


def test_adding_by_hand():
    """Con dos pasos las dos marcas son forzosas: se suma todo."""
    X, y = tasks.adding(6, 2, np.random.default_rng(0))
    assert (X[:, :, 1] == 1).all()
    assert np.array_equal(y[:, 0], X[:, 0, 0] + X[:, 1, 0])


@given(sizes)
def test_adding_has_one_mark_in_each_half(size):
    """Dos marcas, una en los primeros ``T // 2`` pasos, y el objetivo es la suma de lo marcado."""
    n, T = size
    X, y = tasks.adding(n, T, np.random.default_rng(T))
    assert X.shape == (n, T, 2) and y.shape == (n, 1) and X.dtype == y.dtype == np.float32
    values, marks = X[..., 0], X[..., 1]
    assert set(np.unique(marks)) <= {0, 1} and ((values >= 0) & (values < 1)).all()
    assert (marks[:, : T // 2].sum(axis=1) == 1).all() and (marks[:, T // 2 :].sum(axis=1) == 1).all()
    for row, target in zip(X, y[:, 0], strict=True):
        assert target == row[row[:, 1] == 1, 0].sum()


def test_every_step_of_adding_can_be_marked():
    """Las marcas llegan al primero y al último paso de cada mitad, todos por igual."""
    X, _ = tasks.adding(20_000, 5, np.random.default_rng(0))
    share = X[..., 1].mean(axis=0)
    assert np.allclose(share, [1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3], atol=0.015)


def test_the_constant_one_scores_one_sixth():
    """La suma de dos uniformes tiene media 1 y varianza 2/12."""
    _, y = tasks.adding(50_000, 10, np.random.default_rng(0))
    assert abs(np.mean((y - 1) ** 2) - 1 / 6) < 0.003


@pytest.mark.parametrize("task", [tasks.recall, tasks.adding], ids=["recall", "adding"])
def test_the_generator_decides_the_data(task):
    """El mismo estado da los mismos datos; otro, otros; y un generador que sigue no se repite."""
    rng = np.random.default_rng(1)
    first, second = task(8, 6, rng), task(8, 6, rng)
    again, other = task(8, 6, np.random.default_rng(1)), task(8, 6, np.random.default_rng(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], second[0]) and not np.array_equal(first[0], other[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: tasks.recall(0, 5, rng), "n=0: se requiere un entero, 1 como mínimo."),
        (lambda rng: tasks.recall(5, 0, rng), "T=0: se requiere un entero, 1 como mínimo."),
        (lambda rng: tasks.recall(5, 5, rng, n_symbols=1), "n_symbols=1: se requiere un entero, 2 como mínimo."),
        (lambda rng: tasks.adding(2.0, 5, rng), "n=2.0: se requiere un entero, 1 como mínimo."),
        (lambda rng: tasks.adding(2, 1, rng), "T=1: se requiere un entero, 2 como mínimo."),
    ],
)
def test_errors_say_why(call, message):
    """Cada error dice qué llegó y qué se requiere."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("date", "style", "said"),
    [
        ("1984-03-23", 0, "veintitrés de marzo de mil novecientos ochenta y cuatro"),
        ("2000-01-01", 1, "sábado primero de enero de dos mil"),
        ("2016-02-29", 2, "el día veintinueve del mes de febrero del año dos mil dieciséis"),
        ("1931-12-31", 3, "en mil novecientos treinta y uno el treinta y uno de diciembre"),
        ("1900-09-16", 0, "dieciséis de septiembre de mil novecientos"),
        ("2099-07-30", 0, "treinta de julio de dos mil noventa y nueve"),
    ],
)
def test_dates_said_by_hand(date, style, said):
    """Fechas escritas a mano, una por manera de decirla y las de los extremos."""
    assert " ".join(tasks.date_in_words(datetime.date.fromisoformat(date), style)) == said


def test_every_date_is_said_in_its_own_way():
    """Con el mismo estilo, dos fechas distintas no se dicen igual, y todas caben en 16 palabras."""
    first = datetime.date(1900, 1, 1)
    dates = [first + datetime.timedelta(days=k) for k in range(73_049)]
    assert dates[-1] == datetime.date(2099, 12, 31)
    for style in range(len(tasks.DATE_STYLES)):
        said = [tasks.date_in_words(date, style) for date in dates]
        assert len({tuple(words) for words in said}) == len(dates)
        assert 5 <= min(map(len, said)) and max(map(len, said)) <= 16


@pytest.mark.parametrize("n", [-1, 100, 1899, 2100, 3.0])
def test_only_some_numbers_are_said(n):
    """Fuera de los días y los años del curso, se dice qué se admite."""
    message = f"n={n!r}: se requiere un entero de 0 a 99 o de 1900 a 2099."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        tasks.number_in_words(n)


def test_the_bytes_of_a_program_do_not_tell_its_class():
    """Las dos clases tienen los mismos bytes en el bucle, en otro orden, y acaba donde se dice."""
    X, y, end = tasks.programs(400, np.random.default_rng(0), T=40, loops=2)
    assert X.shape == (400, 40) and X.dtype == np.uint8 and set(y) == {0, 1}
    for row, label, last in zip(X, y, end, strict=True):
        loop = row[last - 6 : last].tobytes()
        assert loop == (b"\xf1\xf2\xf3" * 2 if label else b"\xf3\xf2\xf1" * 2)
        assert np.delete(row, np.arange(last - 6, last)).max() < 0xF0
    assert end.min() == 6 and end.max() == 40  # en cualquier sitio, también en los extremos


def test_a_loop_has_to_fit():
    with pytest.raises(ValueError, match=r"^T=11: se requiere un entero, 12 como mínimo\.$"):
        tasks.programs(1, np.random.default_rng(0), T=11)
