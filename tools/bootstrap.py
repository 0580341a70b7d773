"""Crea el entorno .venv e instala en él archivos de requisitos: python3 tools/bootstrap.py book|all|backends.

Solo usa la biblioteca estándar y se deja leer por cualquier Python 3, para poder decir con claridad qué falta.
No repite la instalación mientras los requisitos no cambien.
"""

import hashlib
import os
import subprocess
import sys

MINIMUM = (3, 11)
GROUPS = {
    "book": ["requirements-book.txt"],
    "all": ["requirements.txt", "requirements-book.txt", "requirements-test.txt"],
    "backends": ["requirements-backends.txt"],  # sobre lo que instala «all»
}
VENV = ".venv"


def problem(version, has_venv):
    """Qué impide crear el entorno con este Python, o None."""
    found = ".".join(str(part) for part in version[:3])
    if tuple(version[:2]) < MINIMUM:
        return (
            "Hace falta Python 3.11 o posterior y este es el %s. Instala uno más reciente y, si no se llama "
            "python3, indica cuál usar: make PYTHON=python3.12 book" % found
        )
    if not has_venv:
        return (
            "A este Python (%s) le falta el módulo venv o ensurepip. En Debian y Ubuntu se instala con: "
            "sudo apt install python3-venv" % found
        )
    return None


def has_venv():
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def fingerprint(files):
    digest = hashlib.sha256(sys.version.encode())
    for name in [*files, "pyproject.toml"]:
        with open(name, "rb") as handle:
            digest.update(handle.read())
    return digest.hexdigest()


def install(group):
    files = GROUPS[group]
    python = os.path.join(VENV, "bin", "python")
    stamp = os.path.join(VENV, "installed-" + group)
    wanted = fingerprint(files)
    if os.path.exists(python) and os.path.exists(stamp):
        with open(stamp) as handle:
            if handle.read() == wanted:
                return
    if not os.path.exists(python):
        print("Creando el entorno %s ..." % VENV, flush=True)
        subprocess.check_call([sys.executable, "-m", "venv", VENV])
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    print("Instalando %s (la primera vez tarda unos minutos) ..." % ", ".join(files), flush=True)
    requirements = [argument for name in files for argument in ("-r", name)]
    if group == "backends":
        install_without_cuda(python, pip, requirements)
    else:
        subprocess.check_call(pip + requirements)
    subprocess.check_call(pip + ["--no-deps", "--editable", "."])
    with open(stamp, "w") as handle:
        handle.write(wanted)


def install_without_cuda(python, pip, requirements):
    """uv sabe de dónde bajar PyTorch sin varios GB de CUDA; si no llega hasta allí, lo que pip encuentre."""
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--torch-backend", "cpu"]
    if subprocess.call(uv + requirements) != 0:
        print("Sin acceso a las versiones de PyTorch para CPU; se instala la que encuentre pip.", flush=True)
        subprocess.check_call(pip + requirements)


if __name__ == "__main__":
    reason = problem(sys.version_info, has_venv())
    if reason:
        sys.exit(reason)
    try:
        install(sys.argv[1])
    except subprocess.CalledProcessError as error:
        sys.exit("La instalación falló (%s). Revisa el mensaje anterior y repite la orden." % error)
