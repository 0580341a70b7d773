"""Los ejercicios tal como se entregan: cada hueco sin tocar falla su comprobación y dice en español qué se espera."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client import KernelManager
from nbclient import NotebookClient

import exercises
import sources

pytestmark = pytest.mark.slow
HANDOUTS = sorted((sources.ROOT / "exercises").glob("*.ipynb"))


@pytest.fixture(scope="module")
def kernel():
    """Un solo intérprete para todos los cuadernos: lo que más tarda es importar Keras."""
    manager = KernelManager()
    manager.start_kernel(cwd=sources.ROOT / "exercises")
    yield manager
    manager.shutdown_kernel(now=True)


def run(path, kernel):
    """El cuaderno ejecutado de arriba abajo, errores incluidos, sin nada de los anteriores."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    NotebookClient(notebook, km=kernel, timeout=300, allow_errors=True).execute()
    return notebook


def error(cell):
    return next((output for output in cell.outputs if output.output_type == "error"), None)


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda path: path.stem)
def test_untouched_stubs_fail_their_check_in_spanish(path, kernel):
    for cell in sources.code_cells(run(path, kernel)):
        role = cell.metadata.get("nbgrader", {})
        failure = error(cell)
        if role.get("grade"):
            assert failure is not None, f"pasa sin resolverse:\n{cell.source}"
            assert failure.ename == "CheckFailed", f"{failure.ename}: {failure.evalue}\n{cell.source}"
            assert failure.evalue.startswith("Ejercicio ") and "Se espera que " in failure.evalue
        elif role.get("solution"):
            assert failure is None or failure.ename in {"NotImplementedError", "NameError"}, cell.source
        else:
            assert failure is None, f"falla una celda que el alumno no escribe:\n{cell.source}\n{failure.evalue}"


def test_nbgrader_takes_solutions_as_its_source(tmp_path):
    """Un profesor copia las soluciones en su curso y nbgrader produce los mismos ejercicios que reparte el libro."""
    assignment = tmp_path / "source" / "recurrentes"
    assignment.mkdir(parents=True)
    for path in HANDOUTS:
        shutil.copy(sources.ROOT / "solutions" / path.name, assignment)
    shutil.copy(sources.ROOT / "nbgrader_config.py", tmp_path)
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [programs / "nbgrader", "generate_assignment", "recurrentes"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},  # nbgrader llama a alembic
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for path in HANDOUTS:
        released = nbformat.read(tmp_path / "release" / "recurrentes" / path.name, as_version=4)
        handed = nbformat.read(path, as_version=4)
        assert [cell.source for cell in released.cells[1:]] == [cell.source for cell in handed.cells[1:]]


def test_metadata_are_completed_for_nbgrader():
    assert exercises.complete({"grade": True, "grade_id": "a", "points": 2}) == {
        "grade": True,
        "grade_id": "a",
        "points": 2,
        "locked": True,
        "solution": False,
        "task": False,
        "schema_version": 3,
    }
    assert exercises.complete({"solution": True, "grade_id": "b"})["locked"] is False
