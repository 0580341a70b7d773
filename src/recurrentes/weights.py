"""Redes ya entrenadas que usan los capítulos: sus pesos, comprobados, sin volver a entrenarlas.

Cada red es un archivo ``trained/NOMBRE.npz`` de 1 MB como mucho: un zip con un ``.npy`` por matriz, que se lee con
``numpy.load(..., allow_pickle=False)``, así que abrirlo no ejecuta nada. Los números van en ``float16``, y el
alfabeto, si lo hay, como texto. ``trained/SHA256SUMS`` guarda la huella de cada uno, como la escribe ``sha256sum``; un
archivo con otra huella no se usa. Los escribe ``python tools/export_weights.py``.

La red ``quijote`` predice la letra siguiente: ``embedding`` (V, E), una fila por letra; los pesos de una GRU de Keras
con los nombres de `cells.GRU` (``W_xz``, ``W_hz``, ``b_z``, ``b_hz``…); ``W_y`` (H, V) y ``b_y`` (V,), que dan los
logits; y ``alphabet``, las V - 1 letras en orden (la última fila es la de cualquier otra).
"""

import hashlib
import io
from importlib.resources import files

import numpy as np

__all__ = ["MAX_BYTES", "load", "names", "pack", "unpack"]

#: Lo que pesa como mucho un archivo de pesos.
MAX_BYTES = 2**20


def names() -> list[str]:
    """Las redes que hay.

    Examples
    --------
    >>> "quijote" in names()
    True
    """
    return sorted(_sums())


def load(name: str) -> dict[str, np.ndarray | str]:
    """Los pesos de la red ``name``, por nombre, en ``float32``, y sus textos.

    Raises
    ------
    ValueError : si no hay una red con ese nombre, o si su archivo no tiene la huella que dice ``SHA256SUMS``.
    """
    if name not in names():
        raise ValueError(f"name={name!r}: no hay una red con ese nombre. Las hay: {', '.join(names())}.")
    content = _folder().joinpath(f"{name}.npz").read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != _sums()[name]:
        raise ValueError(
            f"{name}.npz está dañado: se esperaba SHA-256 {_sums()[name]} y tiene {found}. Remedio: reinstala el "
            f"paquete o, en un clon, recupera src/recurrentes/trained con git."
        )
    return unpack(content)


def pack(arrays: dict[str, np.ndarray | str]) -> bytes:
    """El contenido de un archivo de pesos: los mismos datos dan siempre los mismos bytes.

    Raises
    ------
    ValueError : si un dato no es un texto o una matriz de números que quepan en ``float16``, o si no cabe en 1 MB.
    """
    stored = {}
    for name, value in sorted(arrays.items()):
        if isinstance(value, str):
            stored[name] = np.array(value)
            continue
        value = np.asarray(value)
        if value.dtype.kind != "f" or not np.isfinite(value).all() or np.abs(value).max(initial=0) > 65504:
            raise ValueError(f"{name}: se requieren números finitos de hasta 65504 en valor absoluto, o un texto.")
        stored[name] = value.astype(np.float16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **stored)
    if buffer.tell() > MAX_BYTES:
        raise ValueError(f"Los pesos ocupan {buffer.tell()} bytes: como mucho, {MAX_BYTES}. Usa una red menor.")
    return buffer.getvalue()


def unpack(content: bytes) -> dict[str, np.ndarray | str]:
    """Lo contrario de `pack`, con los números en ``float32``.

    Examples
    --------
    >>> unpack(pack({"b_y": np.array([0.5, 2.0]), "alphabet": "ab"}))
    {'alphabet': 'ab', 'b_y': array([0.5, 2. ], dtype=float32)}
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return {name: str(a) if a.dtype.kind == "U" else a.astype(np.float32) for name, a in arrays.items()}


def _folder():
    return files("recurrentes") / "trained"


def _sums() -> dict[str, str]:
    """La huella de cada red, de un archivo con líneas «huella  nombre.npz»."""
    lines = _folder().joinpath("SHA256SUMS").read_text("ascii").splitlines()
    return {file.removesuffix(".npz"): digest for digest, file in map(str.split, lines)}
