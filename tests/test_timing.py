"""Medir por turnos: cada trabajo calienta, le toca una vez por ronda y se compara por su mejor tiempo."""

import re

import numpy as np
import pytest

from recurrentes import timing


@pytest.fixture
def clock(monkeypatch):
    """Un reloj que solo avanza cuando un trabajo lo dice."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])
    return now


def test_each_round_runs_each_work_once(clock):
    """Primero se calienta cada uno; después, cada ronda los hace todos, y el orden no es siempre el mismo."""
    calls = []
    works = {name: lambda name=name: calls.append(name) for name in "abc"}
    seconds = timing.interleaved(works, repeats=20, warm=2, rng=np.random.default_rng(0))
    assert calls[:6] == list("aabbcc")
    rounds = ["".join(calls[start : start + 3]) for start in range(6, len(calls), 3)]
    assert len(rounds) == 20 and all(sorted(order) == list("abc") for order in rounds)
    assert len(set(rounds)) > 1
    assert list(seconds) == list("abc") and seconds["a"].shape == (20,)


def test_warming_up_is_not_counted(clock):
    """La primera llamada, que traza y compila, no entra en los tiempos."""
    cost = iter([100.0, 3.0, 2.0, 5.0])

    def work():
        clock[0] += next(cost)

    seconds = timing.interleaved({("LSTM", 64): work}, repeats=3, warm=1, rng=np.random.default_rng(0))
    assert seconds["LSTM", 64].tolist() == [3, 2, 5]


def test_another_clock():
    """Los segundos salen del reloj que se le da."""
    ticks = iter(range(100))
    seconds = timing.interleaved({"a": int}, repeats=2, rng=np.random.default_rng(0), clock=lambda: next(ticks) * 10)
    assert seconds["a"].tolist() == [10, 10]


def test_the_ratio_is_of_the_best():
    """Un atasco no cambia el cociente; el orden de los nombres, sí."""
    seconds = {"slow": np.array([4.0, 90.0]), "fast": np.array([70.0, 2.0])}
    assert timing.ratio(seconds, "slow", "fast") == 2
    assert timing.ratio(seconds, "fast", "slow") == 0.5


def test_it_needs_a_round():
    """Sin rondas que cuenten no hay mejor tiempo."""
    expected = "repeats=0: se requiere al menos una ronda que cuente."
    with pytest.raises(ValueError, match=re.escape(expected)):
        timing.interleaved({}, repeats=0, rng=np.random.default_rng(0))
