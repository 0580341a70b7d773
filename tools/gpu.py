"""Dice qué backends de Keras ven una GPU en esta máquina, uno por línea; sin ninguno, explica qué falta y falla."""

import importlib.util
import os
import subprocess
import sys

BACKENDS = ("tensorflow", "jax", "torch")
PROBE = "import keras; from recurrentes import claims; print(claims.environment()['device'])"


def installed() -> list[str]:
    """Los backends que hay, vean o no una GPU."""
    return [name for name in BACKENDS if importlib.util.find_spec(name)]


def sees_gpu(backend: str) -> bool:
    """Si Keras, con ese backend y en un proceso aparte, calcula en una GPU."""
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True)
    if done.returncode:
        print(f"Con {backend} no se pudo preguntar: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    return done.stdout.split()[-1:] == ["gpu"]


def main() -> int:
    names = installed()
    found = [name for name in names if sees_gpu(name)]
    if found:
        print(*found, sep="\n")
        return 0
    print(
        f"No hay GPU: ningún backend instalado ({', '.join(names) or 'no hay ninguno'}) ve una. Comprueba con "
        "nvidia-smi que la máquina la tiene, e instala uno que la use: .venv/bin/pip install 'jax[cuda12]', "
        "'tensorflow[and-cuda]' o torch. Basta uno; TensorFlow no hace falta.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
