"""``TextVectorization`` sin TensorFlow: sus resultados se leen de los que guardó una máquina que sí lo tiene.

Es la única capa del curso que exige TensorFlow, que en una máquina con GPU puede no estar. ``make text-cache`` ejecuta,
donde está, los cuadernos que la usan y guarda lo que da cada llamada.
"""

import hashlib
import importlib.util
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from recurrentes import data

__all__ = ["TextVectorization", "folder", "use"]


def use() -> None:
    """Hace que ``keras.layers.TextVectorization`` funcione sin TensorFlow; con él no hace nada.

    Con la variable de entorno ``RECURRENTES_TEXT_CACHE=save`` y TensorFlow, guarda además lo que da cada llamada.
    """
    import keras

    saving = os.environ.get("RECURRENTES_TEXT_CACHE") == "save"
    if _tensorflow() and not saving:
        return
    if not _tensorflow():
        print(f"Sin TensorFlow no hay TextVectorization: los textos se leen ya vectorizados de {folder()}.")
    keras.layers.TextVectorization = TextVectorization


def folder() -> Path:
    """Carpeta de los textos ya vectorizados, en la caché del usuario."""
    return data.cache_folder() / "text"


class TextVectorization:
    """Lo que da la capa de Keras con los mismos argumentos y los mismos textos, como matrices de NumPy.

    Con TensorFlow lo calcula la capa de Keras y se guarda; sin él, se lee. Cada resultado es un archivo cuyo nombre es
    la huella de los argumentos, de los textos con los que se adaptó y de los textos que se piden.

    Raises
    ------
    FileNotFoundError : al llamarla, si no hay TensorFlow ni está guardado ese resultado; dice cómo seguir.
    """

    def __init__(self, *arguments, **options):
        self._layer = None
        if _tensorflow():
            from keras.src.layers import TextVectorization as Layer

            self._layer = Layer(*arguments, **options)
        self._key = _digest(json.dumps([arguments, options], sort_keys=True))

    def adapt(self, texts: Iterable[str]) -> None:
        """Aprende el vocabulario de los textos."""
        if self._layer is not None:
            self._layer.adapt(texts)
        self._key = _digest(self._key, "adapt", *texts)

    def get_vocabulary(self) -> list[str]:
        """Las palabras, por índice."""
        return self._result("vocabulary", [], lambda: np.array(self._layer.get_vocabulary(), dtype=np.str_)).tolist()

    def __call__(self, texts: Iterable[str]) -> np.ndarray:
        """Los índices de cada texto, (N, T)."""
        return self._result("indices", texts, lambda: np.asarray(self._layer(texts)))

    def _result(self, what: str, texts: Iterable[str], compute: Callable[[], np.ndarray]) -> np.ndarray:
        path = folder() / f"{_digest(self._key, what, *texts)}.npz"
        if self._layer is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            found = compute()
            partial = path.with_suffix(f".{os.getpid()}")
            with partial.open("wb") as file:
                np.savez_compressed(file, found)
            partial.replace(path)  # entero o nada
            return found
        if not path.exists():
            raise FileNotFoundError(
                f"TextVectorization necesita TensorFlow, que aquí no está, y en {folder()} no está guardado lo que da "
                "con estos textos. Instala TensorFlow, o ejecuta «make text-cache» en una máquina que lo tenga y copia "
                "aquí esa carpeta."
            )
        with np.load(path) as archive:
            return archive["arr_0"]


def _tensorflow() -> bool:
    return importlib.util.find_spec("tensorflow") is not None


def _digest(*parts: str) -> str:
    """Huella de una lista de textos, que tiene en cuenta dónde acaba cada uno."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(b"%d:" % len(encoded) + encoded)
    return digest.hexdigest()[:32]
