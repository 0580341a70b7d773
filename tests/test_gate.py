"""La puerta puede cerrarse: una salida guardada que no es la que sale al ejecutar hace fallar a nbval."""

import copy
import os
import subprocess
import sys

import nbformat
import pytest

import sources
from recurrentes.claims import MIME

pytestmark = pytest.mark.slow


def printed(cell):
    return next((out for out in cell.outputs if out.output_type == "stream" and any(map(str.isdigit, out.text))), None)


def claim(cell):
    return next((out for out in cell.outputs if MIME in out.get("data", {})), None)


@pytest.fixture(scope="module")
def beginning():
    """El primer capítulo hasta tener un resultado impreso y una afirmación."""
    notebook = nbformat.read(sources.ROOT / f"{sources.docnames()[0]}.ipynb", as_version=4)
    first = min(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and claim(cell))
    notebook.cells = notebook.cells[: first + 1]
    assert any(printed(cell) for cell in comparable(notebook))
    return notebook


def comparable(notebook):
    return [cell for cell in sources.code_cells(notebook) if "nbval-ignore-output" not in sources.tags(cell)]


def spoil_a_number(notebook):
    stream = next(out for cell in comparable(notebook) if (out := printed(cell)))
    digit = next(char for char in stream.text if char.isdigit())
    stream.text = stream.text.replace(digit, str((int(digit) + 1) % 10), 1)


def spoil_a_claim(notebook):
    data = next(out for cell in comparable(notebook) if (out := claim(cell))).data
    verdict = data[MIME]["id"] + "] "
    data["text/plain"] = data["text/plain"].replace(verdict, verdict + "no ")


def spoil_a_record(notebook):
    """Solo cambia lo que no se compara: la medida y la fecha del registro."""
    record = next(out for cell in comparable(notebook) if (out := claim(cell))).data[MIME]
    record.update(mean=0.0, date="2000-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("spoil", "passes"),
    [(spoil_a_record, True), (spoil_a_number, False), (spoil_a_claim, False)],
    ids=["record", "number", "claim"],
)
def test_an_altered_output_is_noticed(beginning, tmp_path, spoil, passes):
    notebook = copy.deepcopy(beginning)
    spoil(notebook)
    path = tmp_path / "lectures" / "01-copia.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "-p", "nbval_plugin", "--nbval", "--nbval-current-env", "-q", str(path)]
    paths = os.pathsep.join(str(sources.ROOT / folder) for folder in ("tools", "tests"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(tmp_path)],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) is passes, done.stdout[-3000:]


def test_a_slow_notebook_is_noticed():
    from types import SimpleNamespace

    import nbval_plugin

    budgets = nbval_plugin.Budgets()
    budgets.pytest_runtest_logreport(SimpleNamespace(nodeid="solutions/01-a.ipynb::Cell 0", duration=60))
    assert list(budgets.over()) == []
    budgets.pytest_runtest_logreport(SimpleNamespace(nodeid="solutions/01-a.ipynb::Cell 1", duration=40))
    assert list(budgets.over()) == ["solutions/01-a.ipynb: 100 s, y su presupuesto es de 90 s"]
