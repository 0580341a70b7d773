"""La puesta en marcha: mensajes claros con un Python que no sirve, y ninguna instalación repetida."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "tools/bootstrap.py"
GROUPS = {"book": 1, "all": 3}  # archivos de requisitos de cada grupo
bootstrap = runpy.run_path(str(SCRIPT))


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """Un proyecto vacío como carpeta actual; las órdenes no se ejecutan: se anotan aquí."""
    monkeypatch.chdir(tmp_path)
    for name in ["", "-book", "-test", "-backends"]:
        (tmp_path / f"requirements{name}.txt").write_text("versión 1")
    (tmp_path / "pyproject.toml").write_text("versión 1")
    calls = []

    def check_call(command):
        calls.append(command)
        if "venv" in command:
            (tmp_path / ".venv/bin").mkdir(parents=True)
            (tmp_path / ".venv/bin/python").touch()

    monkeypatch.setattr(subprocess, "check_call", check_call)
    return calls


def run(monkeypatch, group):
    """Lo que hace ``python3 tools/bootstrap.py group``."""
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), group])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_an_old_python_can_read_it():
    """Si Python 3.5 no pudiera leer el archivo, daría un error de sintaxis en vez del mensaje."""
    tree = ast.parse(SCRIPT.read_text("utf8"), feature_version=(3, 5))
    assert not any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree))  # f"..." es de 3.6 y ast lo deja pasar


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4, "final", 0), (4, 0, 0)])
def test_a_good_python(version):
    """De 3.11 en adelante, con venv, no hay problema."""
    assert bootstrap["problem"](version, True) is None


@pytest.mark.parametrize("version", [(3, 10, 12, "final", 0), (2, 7, 18, "final", 0)])
def test_an_old_python(version):
    """El mensaje dice qué versión hace falta, cuál es esta y cómo usar otra, tenga o no venv."""
    found = ".".join(map(str, version[:3]))
    message = (
        f"Hace falta Python 3.11 o posterior y este es el {found}. Instala uno más reciente y, si no se llama "
        "python3, indica cuál usar: make PYTHON=python3.12 book"
    )
    assert bootstrap["problem"](version, True) == bootstrap["problem"](version, False) == message


def test_a_python_without_venv():
    """El mensaje dice qué falta y cómo se instala."""
    assert bootstrap["problem"]((3, 11, 2, "final", 0), False) == (
        "A este Python (3.11.2) le falta el módulo venv o ensurepip. En Debian y Ubuntu se instala con: "
        "sudo apt install python3-venv"
    )


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_the_missing_module_is_noticed(monkeypatch, missing):
    """Debian reparte venv y ensurepip aparte: faltar uno basta."""
    assert bootstrap["has_venv"]()
    monkeypatch.setitem(sys.modules, missing, None)
    assert not bootstrap["has_venv"]()


def test_nothing_is_run_with_an_unfit_python(monkeypatch, calls):
    """Con un Python que no sirve se sale con el mensaje, sin crear ni instalar nada."""
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="le falta el módulo venv o ensurepip"):
        run(monkeypatch, "book")
    assert calls == [] and not Path(".venv").exists()


@pytest.mark.parametrize("group", GROUPS)
def test_the_first_time_everything_is_installed(monkeypatch, calls, group, capsys):
    """Se crea el entorno, se instalan los requisitos del grupo juntos y el paquete sin dependencias."""
    run(monkeypatch, group)
    create, requirements, package = calls
    assert create == [sys.executable, "-m", "venv", ".venv"]
    assert requirements[:4] == [".venv/bin/python", "-m", "pip", "install"]
    assert requirements.count("-r") == GROUPS[group] and "requirements-book.txt" in requirements
    assert package[-3:] == ["--no-deps", "--editable", "."]
    assert capsys.readouterr().out.startswith("Creando el entorno .venv ...\nInstalando requirements")


def test_the_book_alone_does_not_install_the_chapters(monkeypatch, calls):
    """Construir el libro no instala TensorFlow."""
    run(monkeypatch, "book")
    assert not any("requirements.txt" in command for command in calls)
    text = (SCRIPT.parents[1] / "requirements-book.txt").read_text("utf8")
    assert "jupyter-book==" in text and "tensorflow" not in text and "keras" not in text


@pytest.mark.parametrize("reached", [True, False])
def test_pytorch_comes_without_cuda_where_it_can_be_had(monkeypatch, calls, reached):
    """Los otros backends se piden a uv en su versión de CPU; si no llega, los instala pip."""
    asked = []
    monkeypatch.setattr(subprocess, "call", lambda command: asked.append(command) or (0 if reached else 2))
    run(monkeypatch, "backends")
    [uv] = asked
    assert uv[1:5] == ["-m", "uv", "pip", "install"] and uv[-4:] == ["--torch-backend", "cpu", *uv[-2:]]
    assert uv[-2:] == ["-r", "requirements-backends.txt"]
    assert any("requirements-backends.txt" in command for command in calls) is not reached


@pytest.mark.parametrize("group", GROUPS)
def test_the_second_time_nothing_is_done(monkeypatch, calls, group, capsys):
    """Si nada cambia, no se ejecuta ninguna orden ni se escribe nada."""
    run(monkeypatch, group)
    calls.clear()
    capsys.readouterr()
    run(monkeypatch, group)
    assert calls == [] and capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["requirements-book.txt", "pyproject.toml"])
def test_a_change_is_installed_in_the_same_environment(monkeypatch, calls, name):
    """Si cambian los requisitos o el paquete, se instala de nuevo, sin volver a crear el entorno."""
    run(monkeypatch, "book")
    calls.clear()
    Path(name).write_text("versión 2")
    run(monkeypatch, "book")
    assert len(calls) == 2 and not any("venv" in command for command in calls)


def test_a_change_elsewhere_does_not_matter(monkeypatch, calls):
    """Los requisitos de las pruebas no obligan a reinstalar el libro."""
    run(monkeypatch, "book")
    calls.clear()
    Path("requirements-test.txt").write_text("versión 2")
    run(monkeypatch, "book")
    assert calls == []


def test_a_failed_installation_is_repeated(monkeypatch, calls):
    """Si pip falla se dice, y la próxima vez se vuelve a intentar."""
    record = subprocess.check_call

    def fail(command):
        record(command)
        if "pip" in command:
            raise subprocess.CalledProcessError(1, ["pip"])

    monkeypatch.setattr(subprocess, "check_call", fail)
    message = r"^La instalación falló \(.*exit status 1\.\)\. Revisa el mensaje anterior y repite la orden\.$"
    with pytest.raises(SystemExit, match=message):
        run(monkeypatch, "book")
    monkeypatch.setattr(subprocess, "check_call", record)
    calls.clear()
    run(monkeypatch, "book")
    assert len(calls) == 2
