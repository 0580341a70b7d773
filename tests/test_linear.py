"""Recurrencias lineales: a mano, en fila contra a la vez, y con errores puestos."""

import re

import numpy as np
import pytest

from recurrentes import linear

B, T, F, H = 2, 5, 3, 4


def example(name):
    """Entrada y pesos al azar, todos distintos."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(B, T, F)), linear.random_weights(name, F, H, rng)


def test_loop_by_hand():
    """Dos unidades con distinto ritmo: 1, 1/2 + 1 y la mitad de eso; y una que no conserva nada."""
    a = np.array([[[0.5, 0.0], [0.5, 0.0], [0.5, 0.0]]])
    b = np.array([[[1.0, 1.0], [1.0, 2.0], [0.0, 3.0]]])
    assert linear.loop(a, b).tolist() == [[[1.0, 1.0], [1.5, 2.0], [0.75, 3.0]]]


@pytest.mark.parametrize("name", linear.CELLS)
def test_coefficients_keep_between_zero_and_one(name):
    """Lo que se conserva es una fracción, y las formas son las de la salida."""
    a, b = linear.coefficients(name, *example(name))
    assert a.shape == b.shape == (B, T, H)
    assert (a > 0).all() and (a < 1).all()


def test_min_gru_by_hand():
    """Con la puerta en un cuarto y el candidato en 8, se conserva 3/4 y se añaden 2."""
    weights = {"W_z": np.zeros((1, 1)), "b_z": -np.log([3.0]), "W_h": np.full((1, 1), 4.0), "b_h": np.zeros(1)}
    a, b = linear.coefficients("minGRU", np.full((1, 1, 1), 2.0), weights)
    assert np.allclose([a.item(), b.item()], [0.75, 2.0])


def test_min_lstm_shares_out_what_it_keeps_and_adds():
    """Con olvido 3/4 y entrada 1/4, conserva 3/4; con las dos iguales, la mitad."""
    weights = {f"W_{g}": np.zeros((1, 1)) for g in "fih"} | {
        "b_f": np.log([3.0]),
        "b_i": -np.log([3.0]),
        "b_h": np.ones(1),
    }
    a, b = linear.coefficients("minLSTM", np.zeros((1, 1, 1)), weights)
    assert np.allclose([a.item(), b.item()], [0.75, 0.25])
    a, _ = linear.coefficients("minLSTM", np.zeros((1, 1, 1)), weights | {"b_i": np.log([3.0])})
    assert np.isclose(a.item(), 0.5)


def test_qrnn_and_sru_differ_in_the_tangent():
    """Con los mismos pesos, lo que añaden se distingue en la tangente y en nada más."""
    x, weights = example("SRU")
    a, b = linear.coefficients("SRU", x, weights)
    renamed = {key.replace("h", "z"): value for key, value in weights.items()}
    a_q, b_q = linear.coefficients("QRNN", x, renamed)
    assert np.allclose(a, a_q)
    assert np.allclose(np.tanh(b / (1 - a)), b_q / (1 - a_q))


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2, 3, 8, 100])
def test_scan_is_the_loop(steps):
    """También con longitudes que no son potencias de dos."""
    rng = np.random.default_rng(steps)
    a, b = rng.uniform(-1, 1, (B, steps, H)).astype("float32"), rng.normal(size=(B, steps, H)).astype("float32")
    assert np.abs(np.asarray(linear.scan(a, b)) - linear.loop(a, b)).max() < 1e-5


def test_messages():
    """Dicen qué se requería y qué llegó."""
    with pytest.raises(ValueError, match=re.escape("name='GRU': se requiere una de minGRU, minLSTM, QRNN, SRU.")):
        linear.random_weights("GRU", F, H, np.random.default_rng(0))
    x, weights = example("minGRU")
    weights.pop("b_z")
    expected = "weights: minGRU requiere ['W_z', 'b_z', 'W_h', 'b_h'] y se recibió ['W_z', 'W_h', 'b_h']."
    with pytest.raises(ValueError, match=re.escape(expected)):
        linear.coefficients("minGRU", x, weights)
