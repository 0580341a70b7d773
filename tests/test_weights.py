"""Pesos exportados: sin pickle, ligeros, con huella, y los mismos números con los nombres del curso."""

import hashlib
import re
import subprocess
import sys

import numpy as np
import pytest

import export_weights
from recurrentes import cells, weights

LETTERS = "abc"


def keras_arrays(V=4, E=3, H=5, seed=0):
    """Pesos al azar con las formas de Embedding, GRU y Dense."""
    rng = np.random.default_rng(seed)
    shapes = [(V, E), (E, 3 * H), (H, 3 * H), (2, 3 * H), (H, V), (V,)]
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Una carpeta de redes con «quijote», que es la que lee el paquete."""
    monkeypatch.setattr(weights, "_folder", lambda: tmp_path)
    export_weights.write("quijote", export_weights.named(keras_arrays(), LETTERS), tmp_path)
    return tmp_path


def test_the_names_are_those_of_the_equations(folder):
    """La celda con esos nombres devuelve a Keras sus matrices, cada puerta en su sitio."""
    loaded = weights.load("quijote")
    arrays = keras_arrays()
    gru = cells.GRU(
        {
            name: value
            for name, value in loaded.items()
            if name[:3] in ("W_x", "W_h") or name[:2] == "b_" and name != "b_y"
        }
    )
    for back, array in zip(gru.to_keras(), arrays[1:4], strict=True):
        np.testing.assert_allclose(back, array, rtol=1e-3)
    for name, array in (("embedding", arrays[0]), ("W_y", arrays[4]), ("b_y", arrays[5])):
        np.testing.assert_allclose(loaded[name], array, rtol=1e-3)
        assert loaded[name].dtype == np.float32
    assert loaded["alphabet"] == LETTERS


def test_the_file_holds_no_pickle_and_half_precision(folder):
    with np.load(folder / "quijote.npz", allow_pickle=False) as archive:
        kinds = {name: archive[name].dtype for name in archive.files}
    assert kinds.pop("alphabet").kind == "U" and set(kinds.values()) == {np.dtype("float16")}


def test_the_checksum_is_the_standard_one(folder):
    digest = hashlib.sha256((folder / "quijote.npz").read_bytes()).hexdigest()
    assert (folder / "SHA256SUMS").read_text() == f"{digest}  quijote.npz\n"


def test_the_same_weights_give_the_same_bytes(folder):
    before = (folder / "quijote.npz").read_bytes()
    export_weights.write("other", export_weights.named(keras_arrays(seed=1), LETTERS), folder)
    export_weights.write("quijote", export_weights.named(keras_arrays(), LETTERS), folder)
    assert (folder / "quijote.npz").read_bytes() == before
    assert weights.names() == ["other", "quijote"]
    assert not np.array_equal(weights.load("other")["embedding"], weights.load("quijote")["embedding"])


def test_a_damaged_file_is_refused(folder):
    path = folder / "quijote.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ValueError, match=r"^quijote\.npz está dañado: se esperaba SHA-256 \w{64} y tiene \w{64}\."):
        weights.load("quijote")


def test_an_unknown_network_is_refused(folder):
    with pytest.raises(ValueError, match=re.escape("name='sancho': no hay una red con ese nombre. Las hay: quijote.")):
        weights.load("sancho")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((600, 1000)) + np.random.default_rng(0).normal(size=(600, 1000)), "como mucho, 1048576"),
        (np.array([1e5]), "w: se requieren números finitos"),
        (np.array([np.nan]), "w: se requieren números finitos"),
        (np.array([{}]), "w: se requieren números finitos"),
    ],
    ids=["grande", "fuera de float16", "NaN", "objeto"],
)
def test_what_cannot_be_stored_is_refused(value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        weights.pack({"w": value})


def test_other_layers_are_refused():
    arrays = keras_arrays()
    for wrong, message in ((arrays[:-1], "Llegaron 5 matrices"), (arrays[::-1], "Las formas son")):
        with pytest.raises(ValueError, match=message):
            export_weights.named(wrong, LETTERS)


def test_the_command_exports_what_the_study_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(export_weights, "ROOT", tmp_path)
    monkeypatch.setattr(export_weights.write, "__defaults__", (tmp_path / "trained",))
    source = tmp_path / "study.npz"
    np.savez(source, *keras_arrays(), alphabet=LETTERS)
    assert export_weights.main([str(source)]) == 0
    assert re.fullmatch(r"trained/quijote\.npz: \d+ bytes\.\n", capsys.readouterr().out)
    monkeypatch.setattr(weights, "_folder", lambda: tmp_path / "trained")
    assert weights.load("quijote")["alphabet"] == LETTERS


def test_the_network_of_opinions_goes_to_the_site(tmp_path, monkeypatch):
    """Con vocabulario en lugar de alfabeto y una sola salida."""
    monkeypatch.setattr(export_weights, "ROOT", tmp_path)
    monkeypatch.setattr(export_weights, "EXPLORER", tmp_path / "site")
    source, words = tmp_path / "study.npz", "\n".join(["", "[UNK]", "a", "film"])
    embedding, *gru, W_y, b_y = keras_arrays()
    np.savez(source, embedding[:4], *gru, W_y[:, :1], b_y[:1], vocabulary=words)
    assert export_weights.main([str(source)]) == 0
    loaded = weights.unpack((tmp_path / "site" / "opinion.npz").read_bytes())
    assert loaded["vocabulary"] == words and loaded["W_y"].shape == (gru[1].shape[0], 1)
    assert (tmp_path / "site" / "SHA256SUMS").read_text().endswith("  opinion.npz\n")


def test_without_the_study_the_command_says_what_to_run(tmp_path):
    done = subprocess.run(
        [sys.executable, export_weights.__file__, str(tmp_path / "nada.npz")], capture_output=True, text=True
    )
    assert done.returncode == 1 and "python -m studies run quijote" in done.stderr


def test_the_networks_of_the_course_are_intact():
    """Cada red publicada tiene su huella, pesa 1 MB como mucho y se abre."""
    for name in weights.names():
        assert len(weights._folder().joinpath(f"{name}.npz").read_bytes()) <= weights.MAX_BYTES
        loaded = weights.load(name)
        assert loaded["W_y"].shape[1] == len(loaded["alphabet"]) + 1
