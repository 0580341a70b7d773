"""Exporta los pesos que dejó un estudio: la red del Quijote, al paquete; la que opina, al explorador del sitio.

    python -m studies run quijote --seeds 1                   # entrena y deja los pesos en _build/quijote-256.npz
    python tools/export_weights.py _build/quijote-256.npz     # a float16, sin pickle y con su huella
    python -m studies run opinion --seeds 1
    python tools/export_weights.py _build/opinion.npz

El formato lo cuenta ``recurrentes.weights``; la red que opina lleva, en lugar de ``alphabet``, ``vocabulary``, una
palabra por línea, y una sola salida. Con los mismos pesos escribe siempre los mismos bytes.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from recurrentes import cells, weights

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "recurrentes" / "trained"
EXPLORER = ROOT / "book" / "_static" / "explorador"


def named(arrays: list[np.ndarray], alphabet: str) -> dict:
    """Los pesos de Keras de Embedding, GRU y Dense, en ese orden, con los nombres de las ecuaciones del curso.

    Raises
    ------
    ValueError : si las formas no son las de esas tres capas y ese alfabeto.
    """
    V = len(alphabet) + 1
    return {"alphabet": alphabet} | _equations(arrays, V, outputs=V)


def opinion(arrays: list[np.ndarray], vocabulary: str) -> dict:
    """Lo mismo, de una red que lee palabras y da un solo logit."""
    return {"vocabulary": vocabulary} | _equations(arrays, len(vocabulary.split("\n")), outputs=1)


def _equations(arrays: list[np.ndarray], V: int, outputs: int) -> dict:
    if len(arrays) != 6:
        raise ValueError(f"Llegaron {len(arrays)} matrices: se requieren las 6 de Embedding, GRU y Dense.")
    embedding, kernel, recurrent, bias, W_y, b_y = arrays
    H = len(recurrent)
    expected = [(V, len(kernel)), (len(kernel), 3 * H), (H, 3 * H), (2, 3 * H), (H, outputs), (outputs,)]
    if [array.shape for array in arrays] != expected:
        raise ValueError(f"Las formas son {[array.shape for array in arrays]}: se requieren {expected}.")
    gates = {}
    for gate, *parts in zip(
        cells.GRU.gates, *(np.split(a, 3, axis=-1) for a in (kernel, recurrent, bias)), strict=True
    ):
        gates |= {f"W_x{gate}": parts[0], f"W_h{gate}": parts[1], f"b_{gate}": parts[2][0], f"b_h{gate}": parts[2][1]}
    return {"embedding": embedding, "W_y": W_y, "b_y": b_y} | gates


def write(name: str, arrays: dict, folder: Path = FOLDER) -> Path:
    """Escribe ``folder/name.npz`` y apunta su huella en ``folder/SHA256SUMS``."""
    content = weights.pack(arrays)
    folder.mkdir(parents=True, exist_ok=True)
    path, sums = folder / f"{name}.npz", folder / "SHA256SUMS"
    path.write_bytes(content)
    lines = sums.read_text("ascii").splitlines() if sums.exists() else []
    lines = [line for line in lines if line.split()[1] != path.name]
    lines.append(f"{hashlib.sha256(content).hexdigest()}  {path.name}")
    sums.write_text("".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.split()[1])), "ascii")
    return path


def main(arguments: list[str]) -> str | int:
    parser = argparse.ArgumentParser(description="Exporta los pesos de la red del Quijote o de la que opina.")
    parser.add_argument("source", type=Path, help="lo que dejó el estudio, como _build/quijote-256.npz")
    source = parser.parse_args(arguments).source
    if not source.exists():
        return f"{source} no existe: lo deja «python -m studies run quijote» (o «run opinion»)."
    with np.load(source, allow_pickle=False) as archive:
        arrays = [archive[f"arr_{k}"] for k in range(len(archive.files) - 1)]
        if "vocabulary" in archive.files:
            path = write("opinion", opinion(arrays, str(archive["vocabulary"])), EXPLORER)
        else:
            path = write("quijote", named(arrays, str(archive["alphabet"])))
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
