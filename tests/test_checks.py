"""Ejercicios que se comprueban solos: cada fallo, con su mensaje completo y sin la respuesta."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurrentes.checks import CheckFailed, close, exercise, holds


def message_of(action):
    """El mensaje con el que falla ``action``."""
    with pytest.raises(CheckFailed) as caught:
        action()
    return str(caught.value)


def run(body):
    """Ejecuta ``body`` como el código de un ejercicio."""
    with exercise("2.3", "mean(x) devuelva la media de x"):
        body()


def test_a_solved_exercise_says_so(capsys):
    """Resuelto, lo dice en una línea."""
    run(lambda: close([1, 2], (1.0, 2.0), "mean(x)"))
    assert capsys.readouterr().out == "Ejercicio 2.3: correcto.\n"


def unsolved():
    raise NotImplementedError


def unwritten():
    return answer  # noqa: F821


def broken():
    return [1, 2][5]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (unsolved, "todavía sin resolver."),
        (unwritten, "todavía sin resolver (name 'answer' is not defined)."),
        (broken, "tu código lanza IndexError: list index out of range."),
        (lambda: holds(False, "la media está fuera del rango."), "la media está fuera del rango."),
        (lambda: close(3, 2, "mean(x)"), "mean(x): 3.0 no es el valor correcto."),
    ],
    ids=["hueco", "nombre", "excepción", "condición", "valor"],
)
def test_an_unsolved_exercise_says_what_is_expected(body, reason, capsys):
    """Todo fallo nombra el ejercicio, da la razón y recuerda qué se espera, y no lo da por correcto."""
    assert message_of(lambda: run(body)) == f"Ejercicio 2.3: {reason} Se espera que mean(x) devuelva la media de x."
    assert capsys.readouterr().out == ""


def test_the_cause_is_kept_where_it_helps():
    """De un error del alumno se conserva la traza; la de un hueco sin rellenar solo estorbaría."""
    for body, cause in [(broken, IndexError), (unsolved, type(None))]:
        with pytest.raises(CheckFailed) as caught:
            run(body)
        assert isinstance(caught.value.__cause__, cause)


@pytest.mark.parametrize(
    ("got", "message"),
    [
        (None, "f(x): llegó None. ¿Falta un return?"),
        ("6", "f(x): se requieren números y llegó str."),
        ({"a": 6}, "f(x): se requieren números y llegó dict."),
        ([[1], [2, 3]], "f(x): se requieren números y llegó list."),
        (6j, "f(x): se requieren números y llegó complex."),
        ([6], "f(x): se requiere forma () y llegó (1,)."),
        (7, "f(x): 7.0 no es el valor correcto."),
        (np.nan, "f(x): nan no es el valor correcto."),
    ],
    ids=["None", "texto", "diccionario", "irregular", "complejo", "forma", "valor", "NaN"],
)
def test_close_says_what_arrived(got, message):
    """Lo que no es el número pedido tiene su mensaje."""
    assert message_of(lambda: close(got, 6, "f(x)")) == message


@pytest.mark.parametrize(
    ("got", "message"),
    [
        ([1, 9, 9], "y: difieren 2 de 3 valores; el primero, en la posición 1, donde llegó 9."),
        ([1, 2, np.nan], "y: difieren 1 de 3 valores; el primero, en la posición 2, donde llegó nan."),
        ([[1, 2, 3]], "y: se requiere forma (3,) y llegó (1, 3)."),
    ],
)
def test_close_says_where(got, message):
    """En un vector se dice cuántos difieren y dónde está el primero."""
    assert message_of(lambda: close(got, [1, 2, 3], "y")) == message


def test_close_says_where_in_a_matrix():
    """En una matriz, la posición son dos índices: fila y columna, no al revés."""
    message = message_of(lambda: close([[1, 2], [3, 4], [5, 6]], [[1, 2], [3, 0], [5, 6]], "A"))
    assert message == "A: difieren 1 de 6 valores; el primero, en la posición (1, 1), donde llegó 4."
    message = message_of(lambda: close(np.ones((3, 2)), [[1, 1], [1, 1], [0, 1]], "A"))
    assert message == "A: difieren 1 de 6 valores; el primero, en la posición (2, 0), donde llegó 1."


def test_close_accepts_what_is_equal():
    """Valen enteros, decimales, listas y booleanos; un NaN esperado se cumple con un NaN."""
    close(np.float32([0.1, np.nan]), [0.1, np.nan], "y")
    close([True, False], [1, 0], "y")


@pytest.mark.parametrize("tolerance", [{"rtol": 0.1}, {"atol": 0.5}])
def test_tolerances_are_used(tolerance):
    """Un error de 0.4 sobre 10 pasa con tolerancia relativa de 0.1 o absoluta de 0.5, y no sin ellas."""
    close(10.4, 10, "y", **tolerance)
    assert message_of(lambda: close(10.4, 10, "y")) == "y: 10.4 no es el valor correcto."


@given(st.lists(st.integers(100, 999), min_size=1, max_size=5), st.lists(st.integers(-99, 99), max_size=6))
def test_the_answer_is_never_told(expected, got):
    """Ningún mensaje contiene un valor esperado, de tres cifras, sean cuales sean los que llegaron, de una o dos."""
    message = message_of(lambda: close(got, expected, "y"))
    assert not any(str(value) in message for value in expected)
    message = message_of(lambda: close(len(got), expected[0], "y"))
    assert str(expected[0]) not in message


def test_holds():
    """Una condición cierta no dice nada."""
    holds(True, "no se ve")
