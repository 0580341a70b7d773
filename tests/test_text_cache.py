"""Los textos ya vectorizados: lo guardado es lo que da Keras, y basta donde TensorFlow falta."""

import os
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from recurrentes import text_cache

TEXTS = ["A GREAT film: great, great!", "Not a great film.", "Not bad, not great... just a café"]


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Una caché vacía."""
    monkeypatch.setattr(text_cache, "folder", lambda: tmp_path / "text")
    return tmp_path / "text"


@pytest.fixture
def without_tensorflow(monkeypatch):
    """Una función que esconde TensorFlow desde que se la llama."""
    return lambda: monkeypatch.setattr(text_cache, "_tensorflow", lambda: False)


def everything(layer):
    """Lo que el curso pide a la capa."""
    layer.adapt(np.array(TEXTS, dtype=object))
    return [layer.get_vocabulary(), np.asarray(layer(TEXTS)).tolist(), np.asarray(layer(TEXTS[:1])).tolist()]


def test_what_is_saved_is_what_keras_gives(folder, without_tensorflow):
    """Con TensorFlow se calcula y se guarda; sin él se lee lo mismo."""
    import keras

    options = {"max_tokens": 6, "output_sequence_length": 5}
    expected = everything(keras.layers.TextVectorization(**options))
    assert expected[0] == ["", "[UNK]", "great", "not", "a", "film"]
    assert everything(text_cache.TextVectorization(**options)) == expected
    assert len(list(folder.iterdir())) == 3
    without_tensorflow()
    assert everything(text_cache.TextVectorization(**options)) == expected


@pytest.mark.parametrize("change", ["opciones", "vocabulario", "textos"])
def test_only_the_same_question_is_answered(folder, without_tensorflow, change):
    """Con otras opciones, otros textos de adaptación u otros textos, lo guardado no vale, y se dice qué hacer."""
    everything(text_cache.TextVectorization(6))
    without_tensorflow()
    layer = text_cache.TextVectorization(7 if change == "opciones" else 6)
    layer.adapt(TEXTS[:2] if change == "vocabulario" else TEXTS)
    message = (
        f"TextVectorization necesita TensorFlow, que aquí no está, y en {folder} no está guardado lo que da con estos "
        "textos. Instala TensorFlow, o ejecuta «make text-cache» en una máquina que lo tenga y copia aquí esa carpeta."
    )
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
        layer(TEXTS[1:] if change == "textos" else TEXTS)


def test_texts_are_told_apart():
    """Dos listas de textos que juntas dicen lo mismo no son la misma."""
    assert text_cache._digest("ab", "c") != text_cache._digest("a", "bc") != text_cache._digest("abc")


def test_with_tensorflow_nothing_changes(monkeypatch, capsys):
    """La capa sigue siendo la de Keras, salvo que se pida guardar."""
    import keras

    original = keras.layers.TextVectorization
    monkeypatch.setattr(keras.layers, "TextVectorization", original)  # para restaurarla
    text_cache.use()
    assert keras.layers.TextVectorization is original and capsys.readouterr().out == ""
    monkeypatch.setenv("RECURRENTES_TEXT_CACHE", "save")
    text_cache.use()
    assert keras.layers.TextVectorization is text_cache.TextVectorization


CELLS = [
    "import importlib.util, keras, numpy as np\nfrom keras import layers\nfrom recurrentes import text_cache",
    "text_cache.use()",
    f"layer = layers.TextVectorization(6)\nlayer.adapt({TEXTS})\nX = np.asarray(layer({TEXTS}))",
    "net = keras.Sequential([layers.Embedding(6, 2), layers.LSTM(2), layers.Dense(1)])",
    "net.compile('sgd', 'mse')\nnet.fit(X, np.zeros((3, 1)), verbose=0)",
    "assert importlib.util.find_spec('tensorflow') is None",
    "print(layer.get_vocabulary())",
]


@pytest.mark.slow
def test_a_notebook_with_text_runs_without_tensorflow(tmp_path, monkeypatch):
    """Un cuaderno pequeño, con TensorFlow para guardar y después sin él, entrena con los mismos índices."""
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "sitecustomize.py").write_text('import sys\nsys.modules["tensorflow"] = None\n', "utf8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pytest.importorskip("jax", reason="sin TensorFlow hace falta otro backend: make test-backends lo instala")

    def run(**environment):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=os.environ | environment)
        return notebook.cells[1].outputs, notebook.cells[-1].outputs[0].text

    paths = os.pathsep.join([str(tmp_path / "blocked"), *filter(None, sys.path)])
    saving = "from recurrentes import text_cache; text_cache.use()\n" + "\n".join(CELLS[i] for i in (0, 2, 6))
    saved = subprocess.run(
        [sys.executable, "-c", saving],
        env=os.environ | {"RECURRENTES_TEXT_CACHE": "save"},
        capture_output=True,
        text=True,
        check=True,
    )
    said, vocabulary = run(KERAS_BACKEND="jax", PYTHONPATH=paths)
    assert "Sin TensorFlow no hay TextVectorization: los textos se leen ya vectorizados de" in said[0].text
    assert vocabulary == saved.stdout == "['', '[UNK]', 'great', 'not', 'a', 'film']\n"
