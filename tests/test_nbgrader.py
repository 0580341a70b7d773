"""La parte de quien califica: reparte un capítulo con nbgrader, recoge cuadernos y los puntos son los que deben ser."""

import copy
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from test_teaching import blocks, console

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


#: Hace de docker: ejecuta la orden aquí, en una carpeta vacía, y apunta con qué opciones se pidió.
DOCKER = f"""#!{sys.executable}
import json, os, subprocess, sys, tempfile
if sys.argv[1] != "run":
    sys.exit()
options, (inner,) = sys.argv[2 : sys.argv.index("recurrentes-notas")], sys.argv[-1:]
mounts = [dict(pair.split("=") for pair in value.split(",")[1:3]) for value in options if value.startswith("type=bind")]
with open(os.environ["DOCKER_LOG"], "a") as log:
    print(json.dumps({{mount["dst"]: sorted(os.listdir(mount["src"])) for mount in mounts}}), file=log)
source = next(mount["src"] for mount in mounts if mount["dst"] == "/entrega")
with tempfile.TemporaryDirectory() as folder:
    environment = os.environ | {{"HOME": folder, "RECURRENTES_DATA": mounts[1]["src"]}}
    sys.exit(subprocess.run(["sh", "-c", inner.replace("/entrega", source)], cwd=folder, env=environment).returncode)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Un curso como lo monta la página «Para docentes», con cuatro entregas corregidas por su ``corregir.sh``."""
    base = tmp_path_factory.mktemp("docente")
    root, programs, home = base / "mi-curso", base / "programas", base / "home"
    programs.mkdir()
    home.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    (base / "recurrentes").symlink_to(sources.ROOT)
    environment = os.environ | {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": os.pathsep.join([str(programs), str(PROGRAMS), os.environ["PATH"]]),
        "DOCKER_LOG": str(base / "docker.log"),
        "RECURRENTES_DATA": str(data.fetch("ridership").parent),
    }

    def shell(command, cwd):
        command = ["bash", "-c", command]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def submit(student, text):
        folder = root / "submitted" / student / CHAPTER
        folder.mkdir(parents=True)
        (folder / f"{CHAPTER}.ipynb").write_text(text, "utf8")

    shell(" && ".join(console("mkdir")), base)
    (root / "corregir.sh").write_text(blocks("bash")[0], "utf8")
    solved = nbformat.read(root / "source" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    handout = nbformat.read(root / "release" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    answers = {role(cell)["grade_id"]: cell.source for cell in solved.cells if role(cell).get("solution")}
    submit("ana", nbformat.writes(filled(handout, answers)))
    submit("blanca", nbformat.writes(handout))
    submit("luis", nbformat.writes(filled(handout, answers | WRONG)))
    submit("rota", "No es un cuaderno")
    said = shell(" && ".join(console("bash corregir.sh")), root)
    assert said.startswith("rota: no se pudo ejecutar y queda sin nota; ") and len(said.splitlines()) == 1
    return root


def grades(course, student):
    """De cada celda que puntúa, los puntos de un alumno y si esperan a una persona."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(CHAPTER, CHAPTER, student)
        return {grade.name: (grade.score, grade.needs_manual_grade) for grade in notebook.grades}


def test_a_course_is_graded(course):
    """Una sola prueba: montar y corregir el curso tarda, y dos procesos lo harían dos veces."""
    points_are_right(course)
    nothing_of_others_is_within_reach(course)
    exported_grades_add_up(course)


def points_are_right(course):
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


def nothing_of_others_is_within_reach(course):
    """En el contenedor de cada cual solo están su entrega, los datos y un libro de notas sin estudiantes."""
    lines = (course.parent / "docker.log").read_text().splitlines()
    assert len(lines) == 4
    for line in lines:
        assert json.loads(line)["/entrega"] == ["gradebook.db", "nbgrader_config.py", "submitted"]
    books = list((course.parent / "home").rglob("gradebook.db"))
    assert len(books) == 5
    from nbgrader.api import Gradebook

    for book in books:
        with Gradebook(f"sqlite:///{book}") as empty:
            assert empty.students == [] and len(empty.assignments) == 1


def exported_grades_add_up(course):
    """La hoja de notas de toda la clase, con la suma de cada cual."""
    worth = points(nbformat.read(sources.ROOT / "solutions" / f"{CHAPTER}.ipynb", as_version=4))
    total = sum(worth.values())
    with open(course / "grades.csv", encoding="utf8", newline="") as file:
        rows = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    most = total + exercises.OPEN_POINTS
    less = worth["acf-check"] + worth["find-cycle-check"]
    assert rows == {"ana": (total, most), "blanca": (0, most), "luis": (total - less, most)}
