"""La parte de quien califica: reparte un capítulo con nbgrader, recoge cuadernos y los puntos son los que deben ser."""

import copy
import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import exercises
import sources
from recurrentes import data

pytestmark = pytest.mark.slow
CHAPTER = "01-series-temporales"  # el más rápido
PROGRAMS = Path(sys.executable).parent
WRONG = {
    "acf": """def acf(x, max_lag):  # olvida dividir entre r_0
    d = np.asarray(x, float) - np.mean(x)
    return np.correlate(d, d, mode="full")[len(d) - 1 : len(d) + max_lag]
""",
    "find-cycle": "def find_cycle(x, longest):\n    return 2",
    "find-cycle-check": 'print("Ejercicio 1.4: correcto.")',  # altera la comprobación: nbgrader la repone
}


def role(cell):
    return cell.metadata.get("nbgrader", {})


def points(notebook):
    """Los puntos de cada comprobación."""
    return {
        role(cell)["grade_id"]: role(cell)["points"]
        for cell in notebook.cells
        if role(cell).get("grade") and cell.cell_type == "code"
    }


def filled(handout, answers):
    """El cuaderno repartido, con otro contenido en las celdas que se digan."""
    notebook = copy.deepcopy(handout)
    for cell in notebook.cells:
        cell.source = answers.get(role(cell).get("grade_id"), cell.source)
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Un curso como lo monta la página «Para docentes», con las entregas de tres estudiantes ya corregidas."""
    root, home = tmp_path_factory.mktemp("curso"), tmp_path_factory.mktemp("home")
    source = root / "source" / CHAPTER
    source.mkdir(parents=True)
    shutil.copy(sources.ROOT / "nbgrader_config.py", root)
    shutil.copy(sources.ROOT / "solutions" / f"{CHAPTER}.ipynb", source)
    environment = os.environ | {
        "HOME": str(home),
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",  # nbgrader llama a alembic
        "RECURRENTES_DATA": str(data.fetch("ridership").parent),
    }

    def nbgrader(*arguments):
        command = [PROGRAMS / "nbgrader", *arguments]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr

    def submit(student, notebook):
        folder = root / "submitted" / student / CHAPTER
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{CHAPTER}.ipynb")

    nbgrader("generate_assignment", CHAPTER)
    solved = nbformat.read(source / f"{CHAPTER}.ipynb", as_version=4)
    handout = nbformat.read(root / "release" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    answers = {role(cell)["grade_id"]: cell.source for cell in solved.cells if role(cell).get("solution")}
    submit("ana", filled(handout, answers))
    submit("blanca", handout)
    submit("luis", filled(handout, answers | WRONG))
    nbgrader("autograde", CHAPTER)
    nbgrader("export")
    return root


def grades(course, student):
    """De cada celda que puntúa, los puntos de un alumno y si esperan a una persona."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(CHAPTER, CHAPTER, student)
        return {grade.name: (grade.score, grade.needs_manual_grade) for grade in notebook.grades}


def test_the_points_are_right(course):
    """Todo bien, todos los puntos; cada error, los suyos menos, aunque se altere la comprobación; en blanco, cero."""
    worth = points(nbformat.read(sources.ROOT / "solutions" / f"{CHAPTER}.ipynb", as_version=4))
    full = {name: (value, False) for name, value in worth.items()}
    nothing = {name: (0, False) for name in worth}
    wrong = {name: (0, False) for name in ("acf-check", "find-cycle-check")}
    for student, expected in {"ana": full, "blanca": nothing, "luis": full | wrong}.items():
        found = grades(course, student)
        assert {name: found.pop(name) for name in worth} == expected, student
        assert list(found.values()) == [
            (0, student != "blanca")
        ]  # la pregunta abierta, que espera si no está en blanco


def test_the_exported_grades_add_up(course):
    """La hoja de notas de toda la clase, con la suma de cada cual."""
    worth = points(nbformat.read(sources.ROOT / "solutions" / f"{CHAPTER}.ipynb", as_version=4))
    total = sum(worth.values())
    with open(course / "grades.csv", encoding="utf8", newline="") as file:
        rows = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    most = total + exercises.OPEN_POINTS
    less = worth["acf-check"] + worth["find-cycle-check"]
    assert rows == {"ana": (total, most), "blanca": (0, most), "luis": (total - less, most)}
