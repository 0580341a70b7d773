"""De letras a números y al revés, y en trozos: lo que hace falta para leer un libro letra a letra."""

from collections import Counter

import numpy as np

__all__ = ["UNKNOWN", "Alphabet", "segments"]

#: El signo que ocupa el lugar de cualquier letra que no está en el alfabeto.
UNKNOWN = "¤"


class Alphabet:
    """Un número por letra, en el orden de ``characters``, y uno más, el último, para todas las demás.

    Examples
    --------
    >>> alphabet = Alphabet("abn")
    >>> alphabet.encode("banana!").tolist(), len(alphabet)
    ([1, 0, 2, 0, 2, 0, 3], 4)
    >>> alphabet.decode([1, 0, 3])
    'ba¤'
    """

    def __init__(self, characters: str):
        if len(set(characters)) != len(characters) or UNKNOWN in characters:
            raise ValueError(f"characters={characters!r}: se requieren letras distintas, sin {UNKNOWN}.")
        self.characters = characters
        self._codes = {letter: code for code, letter in enumerate(characters)}

    @classmethod
    def from_text(cls, text: str, *, min_count: int = 1) -> "Alphabet":
        """Las letras que aparecen en ``text`` al menos ``min_count`` veces, ordenadas."""
        return cls("".join(sorted(letter for letter, n in Counter(text).items() if n >= min_count)))

    def __len__(self) -> int:
        return len(self.characters) + 1

    def encode(self, text: str) -> np.ndarray:
        """(N,) enteros, uno por letra."""
        unknown = len(self.characters)
        return np.fromiter((self._codes.get(letter, unknown) for letter in text), np.int32, len(text))

    def decode(self, codes) -> str:
        """El texto de unos códigos."""
        return "".join((self.characters + UNKNOWN)[code] for code in codes)


def segments(codes: np.ndarray, *, length: int, warmup: int) -> np.ndarray:
    """Trozos seguidos para medir una red con memoria: cada letra se predice una sola vez, con pasado suficiente.

    Parameters
    ----------
    codes : (N,), el texto.
    length : letras que se predicen en cada trozo.
    warmup : letras de pasado que van delante, que la red lee y no se cuentan.

    Returns
    -------
    (B, warmup + length + 1) : en cada fila, las ``length`` últimas son las que se predicen, y entre todas las filas son
    ``codes[warmup + 1 : warmup + 1 + B * length]``; lo que sobra al final, menos de ``length``, se descarta.

    Examples
    --------
    >>> segments(np.arange(8), length=3, warmup=1).tolist()
    [[0, 1, 2, 3, 4], [3, 4, 5, 6, 7]]
    """
    B = (len(codes) - warmup - 1) // length if min(length, warmup + 1) > 0 else 0
    if B < 1:
        raise ValueError(f"{len(codes)} letras no dan para un trozo de length={length} con warmup={warmup}.")
    return np.asarray(codes)[length * np.arange(B)[:, None] + np.arange(warmup + length + 1)]
