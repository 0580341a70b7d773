"""Pronósticos ingenuos, con series que se leen de un vistazo."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recurrentes.baselines import mean_absolute_error, naive, seasonal_naive

nan = np.nan


def test_naive_by_hand():
    """Con dos pasos de antelación, el pronóstico de hoy es el valor de anteayer."""
    assert np.array_equal(naive([3, 5, 4, 8], horizon=2), [nan, nan, 3, 5], equal_nan=True)


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [(1, [nan, nan, nan, 0, 1, 2, 3]), (3, [nan, nan, nan, 0, 1, 2, 3]), (4, [nan] * 6 + [0])],
    ids=["un paso", "una temporada", "más de una"],
)
def test_seasonal_naive_by_hand(horizon, expected):
    """Se retrocede a la última temporada ya conocida: una, o dos si el horizonte supera la primera."""
    assert np.array_equal(seasonal_naive(np.arange(7.0), season=3, horizon=horizon), expected, equal_nan=True)


def test_several_variables():
    """Con (T, F) cada columna se retrasa por su cuenta."""
    series = np.array([[1.0, 10.0], [2.0, 20.0]])
    assert np.array_equal(naive(series), [[nan, nan], [1, 10]], equal_nan=True)


def test_a_periodic_series_is_forecast_without_error():
    """Una temporada que se repite se pronostica exacta; con la temporada equivocada por un paso, no."""
    series = np.tile([4.0, 1.0, 7.0], 5)
    assert mean_absolute_error(series, seasonal_naive(series, season=3)) == 0
    assert mean_absolute_error(series, seasonal_naive(series, season=2)) > 0


@given(st.integers(2, 40), st.integers(1, 8), st.integers(1, 12))
def test_forecasts_only_use_the_past_they_know(steps, season, horizon):
    """El pronóstico de t es de la misma fase y de t - horizon o antes, lo más cerca posible."""
    assume(steps > season * -(-horizon // season))
    series = np.arange(float(steps))
    forecast = seasonal_naive(series, season=season, horizon=horizon)
    lag = (series - forecast)[~np.isnan(forecast)]
    assert (lag % season == 0).all() and (lag >= horizon).all() and (lag - season < horizon).all()
    assert np.isnan(forecast).sum() == lag[0]


def test_mean_absolute_error_by_hand():
    """(|1 - 2| + |5 - 2|) / 2; la posición sin pronóstico no cuenta."""
    assert mean_absolute_error([9, 1, 5], [nan, 2, 2]) == 2


def test_a_hole_in_the_series_is_not_hidden():
    """Un NaN en la serie no se salta en silencio: el error también es NaN."""
    assert np.isnan(mean_absolute_error([1, nan], [1, 1]))


def test_the_series_is_left_alone():
    """El pronóstico es un arreglo nuevo."""
    series = np.array([1.0, 2.0])
    naive(series)[:] = 7
    assert series.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: naive([1, 2], horizon=0), "horizon=0: debe ser al menos 1."),
        (
            lambda: naive([1, 2], horizon=2),
            "El pronóstico retrocede 2 pasos y la serie tiene 2: hace falta más pasado.",
        ),
        (lambda: seasonal_naive([1, 2], season=0), "season=0 y horizon=1: ambos deben ser al menos 1."),
        (lambda: seasonal_naive([1, 2], season=1, horizon=0), "season=1 y horizon=0: ambos deben ser al menos 1."),
        (
            lambda: seasonal_naive([1, 2, 3, 4], season=2, horizon=3),
            "El pronóstico retrocede 4 pasos y la serie tiene 4: hace falta más pasado.",
        ),
        (
            lambda: mean_absolute_error([1, 2], [[1, 2]]),
            "y tiene forma (2,) y forecast (1, 2): deben coincidir.",
        ),
        (
            lambda: mean_absolute_error([1.0], [nan]),
            "forecast no tiene ningún valor: todas sus posiciones son NaN.",
        ),
    ],
)
def test_errors_say_why(call, message):
    """Cada error dice qué llegó y qué se requiere."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
