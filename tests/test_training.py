"""Una red se compila según el backend, y reiniciarla la deja como recién creada, y solo eso."""

import re

import numpy as np
import pytest

from recurrentes import training


def network(**adam):
    """Una GRU pequeña compilada, con una capa que sortea."""
    import keras

    layers = [keras.Input((4, 2)), keras.layers.GRU(3), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(**adam), "mse")
    return model


def fitted(model):
    """Los pesos tras un lote de datos fijos."""
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 4, 2)), rng.normal(size=(8, 1)), shuffle=False, verbose=0)
    return model.get_weights()


def test_restarted_is_as_new():
    """Pesos y aprendizaje son los de una red recién creada con esa semilla, también tras haber entrenado."""
    import keras

    keras.utils.set_random_seed(1)
    fresh = network()
    used = network()
    fitted(used)
    training.restart(used, 1)
    assert all((a == b).all() for a, b in zip(fresh.get_weights(), used.get_weights(), strict=True))
    for a, b in zip(fitted(fresh), fitted(used), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_each_seed_is_another_network():
    """Otra semilla, otros pesos; la misma, los mismos."""
    model, kernels = network(), []
    for seed in (0, 1, 0):
        training.restart(model, seed)
        kernels.append(model.get_weights()[0])
    assert (kernels[0] == kernels[2]).all() and (kernels[0] != kernels[1]).all()


def test_the_learning_rate_stays():
    """La tasa de aprendizaje que se eligió sigue siendo esa."""
    model = network(learning_rate=0.25)
    fitted(model)
    training.restart(model, 0)
    assert float(model.optimizer.learning_rate) == 0.25


def test_uncompiled_network_is_refused():
    import keras

    with pytest.raises(ValueError, match=re.escape("network no está compilada: llama antes a network.compile(...).")):
        training.restart(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), 0)


@pytest.mark.parametrize(
    ("backend", "device", "xla", "expected"),
    [
        ("tensorflow", "cpu:0", True, {"jit_compile": True, "steps_per_execution": 20}),
        ("tensorflow", "cpu:0", False, {"jit_compile": False, "steps_per_execution": 20}),
        ("tensorflow", "gpu:0", True, {"jit_compile": "auto", "steps_per_execution": 20}),
        ("jax", "cpu:0", False, {"jit_compile": "auto", "steps_per_execution": 20}),
        ("torch", None, True, {"jit_compile": False}),
    ],
)
def test_each_backend_is_compiled_its_way(monkeypatch, backend, device, xla, expected):
    """JAX sin XLA iría operación por operación, y PyTorch no admite ni XLA ni varios pasos por llamada."""
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: backend)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: [device])
    assert training.compile_options(20, xla=xla) == expected
