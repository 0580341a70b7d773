"""``make test-gpu``: qué backends ven una GPU, y qué se dice si no la ve ninguno."""

import pytest

import gpu


@pytest.mark.parametrize(("names", "listed"), [(["jax", "torch"], "jax, torch"), ([], "no hay ninguno")])
def test_without_a_gpu_it_says_so_and_fails(monkeypatch, capsys, names, listed):
    """Dice qué backends se han mirado, cómo seguir y que TensorFlow no hace falta."""
    monkeypatch.setattr(gpu, "installed", lambda: names)
    monkeypatch.setattr(gpu, "sees_gpu", lambda backend: False)
    assert gpu.main() == 1
    out, err = capsys.readouterr()
    assert out == "" and err == (
        f"No hay GPU: ningún backend instalado ({listed}) ve una. Comprueba con nvidia-smi que la máquina la tiene, e "
        "instala uno que la use: .venv/bin/pip install 'jax[cuda12]', 'tensorflow[and-cuda]' o torch. Basta uno; "
        "TensorFlow no hace falta.\n"
    )


def test_only_the_backends_that_see_it_are_listed(monkeypatch, capsys):
    """Uno por línea, como los lee el Makefile."""
    monkeypatch.setattr(gpu, "installed", lambda: ["tensorflow", "jax", "torch"])
    monkeypatch.setattr(gpu, "sees_gpu", lambda backend: backend != "tensorflow")
    assert gpu.main() == 0
    assert capsys.readouterr().out == "jax\ntorch\n"


@pytest.mark.slow
def test_keras_is_asked_in_another_process(monkeypatch):
    """Con la GPU escondida, TensorFlow contesta que no la ve."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "tensorflow" in gpu.installed() and gpu.sees_gpu("tensorflow") is False


@pytest.mark.slow
def test_a_backend_that_cannot_be_asked_is_said(capsys):
    """Un backend que Keras no puede cargar no cuenta, y se dice por qué."""
    assert gpu.sees_gpu("no-such-backend") is False
    assert capsys.readouterr().err.startswith("Con no-such-backend no se pudo preguntar: ")
