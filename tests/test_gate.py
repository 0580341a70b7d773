"""La puerta puede cerrarse: una salida guardada que no es la que sale al ejecutar hace fallar a nbval."""

import copy
import json
import os
import subprocess
import sys

import nbformat
import pytest

import backends
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


def spoil_a_measure(notebook):
    """La celda mide otra cosa que la que dice su afirmación."""
    cell = next(cell for cell in comparable(notebook) if claim(cell))
    cell.source = cell.source.replace("claims.check(", "claims.check(value=1e9, id=").rpartition(",")[0] + ")"


def gate(notebook, tmp_path, **variables):
    """Lo que dice la puerta de un cuaderno, en un proceso de xdist como en «make test-notebooks»."""
    path = tmp_path / "lectures" / "01-series-temporales.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "-p", "nbval_plugin", "--nbval", "--nbval-current-env", "-q", str(path)]
    paths = os.pathsep.join(str(sources.ROOT / folder) for folder in ("tools", "tests"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*command, "-n", "1", "-c", os.devnull, "--rootdir", str(tmp_path)],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": paths, **variables},
        capture_output=True,
        text=True,
    )
    return done


@pytest.mark.parametrize(
    ("spoil", "passes"),
    [(spoil_a_record, True), (spoil_a_number, False), (spoil_a_claim, False)],
    ids=["record", "number", "claim"],
)
def test_an_altered_output_is_noticed(beginning, tmp_path, spoil, passes):
    notebook = copy.deepcopy(beginning)
    spoil(notebook)
    done = gate(notebook, tmp_path)
    assert (done.returncode == 0) is passes, done.stdout[-3000:]


@pytest.mark.parametrize(("spoil", "passes"), [(spoil_a_number, True), (spoil_a_measure, False)])
def test_elsewhere_the_claims_decide(beginning, tmp_path, spoil, passes):
    """En otro backend los números son otros y no se comparan; una afirmación que no se cumple, sí cierra la puerta."""
    notebook = copy.deepcopy(beginning)
    spoil(notebook)
    path = tmp_path / "backends.jsonl"
    older = {"backend": "jax", "device": "cpu", "notebook": "lectures/02-otro"}
    path.write_text(json.dumps(older) + "\n", "utf8")
    done = gate(notebook, tmp_path, GATE_RECORDS=str(path))
    assert (done.returncode == 0) is passes, done.stdout[-3000:]
    kept, run = backends.load(path)
    id = next(claim(cell).data[MIME]["id"] for cell in comparable(notebook) if claim(cell))
    assert kept == older and run["notebook"] == "lectures/01-series-temporales" and run["seconds"] > 0
    assert (id in run["claims"]) is passes
    assert [failure["error"].split(": ")[1] for failure in run["failures"]] == ([] if passes else [id])


def test_a_slow_notebook_is_noticed():
    from types import SimpleNamespace

    import nbval_plugin

    budgets = nbval_plugin.Budgets()
    budgets.pytest_runtest_logreport(SimpleNamespace(nodeid="solutions/01-a.ipynb::Cell 0", duration=100))
    assert list(budgets.over()) == []
    budgets.pytest_runtest_logreport(SimpleNamespace(nodeid="solutions/01-a.ipynb::Cell 1", duration=40))
    assert list(budgets.over()) == ["solutions/01-a.ipynb: 140 s, más de 1.5 veces su presupuesto, 90 s"]
