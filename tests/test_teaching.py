"""La página «Para docentes»: lo que dice que se escriba en la consola hace lo que dice."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from recurrentes import data, homework

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent


def blocks(language):
    """Los bloques de código de la página en un lenguaje, en orden."""
    page = (ROOT / "book" / "para-docentes.md").read_text("utf8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def console(part):
    """Las órdenes del bloque de consola que contiene ``part``."""
    found = [block for block in blocks("console") if part in block]
    assert len(found) == 1
    return re.findall(r"^\$ (.*)$", found[0], re.MULTILINE)


CURVES = {name: [0.5, 0.4, 0.3, 0.2, 0.1] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}


def hand_in(folder, truth, *, seed, wrong, copy_of=None):
    """Una entrega con ese número de fallos en las predicciones del modelo recurrente."""
    scores = {}
    for name, mistakes in (("probability", wrong), ("baseline", 5000)):
        rng = np.random.default_rng([copy_of or seed, mistakes])
        sure, right = rng.uniform(0.51, 0.99, len(truth)), np.ones(len(truth), bool)
        right[rng.choice(len(truth), mistakes, replace=False)] = False
        scores[name] = np.where((truth == 1) == right, sure, 1 - sure)
    homework.write(
        folder,
        author="=1+1",
        seed=seed,
        ids=truth.index,
        histories={"recurrent": CURVES, "baseline": CURVES},
        models={"recurrent": "LSTM(64); Dense(1)", "baseline": "Dense(1)"},
        accuracy=1 - wrong / len(truth),
        baseline_accuracy=1 - 5000 / len(truth),
        comparison="mejor",
        **scores,
    )


@pytest.fixture
def truth():
    try:
        return data.load_imdb("test")["label"]
    except data.DataError as error:
        pytest.fail(f"Esta prueba necesita los datos reales. {error}")


@pytest.mark.data
def test_a_class_of_homework(tmp_path, truth):
    """Del montón de zips a la hoja de notas: quien cumple, quien no llega, quien copia y quien entrega otra cosa."""
    zips = tmp_path / "zips"
    zips.mkdir()
    for name, arguments in {
        "ana": {"seed": 1, "wrong": 3000},
        "copia": {"seed": 2, "wrong": 3000, "copy_of": 1},
        "luis": {"seed": 3, "wrong": 4000},
    }.items():
        hand_in(tmp_path / name / "entrega", truth, **arguments)
        with ZipFile(zips / f"{name}.zip", "w") as archive:
            for path in (tmp_path / name / "entrega").iterdir():
                archive.write(path, f"entrega/{path.name}")
    (zips / "otra.zip").write_text("No es un zip")
    with ZipFile(zips / "rota.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr("entrega/manifest.json", json.dumps(list(range(999))))
    content = bytearray((zips / "rota.zip").read_bytes())
    content[100:200] = bytes(100)
    (zips / "rota.zip").write_bytes(content)
    with ZipFile(zips / "pilla.zip", "w") as archive:
        archive.writestr("../../../fuera.txt", "se escapa")
        archive.writestr("../../manifest.json", "{}")
        archive.writestr("entrega/predictions.csv", bytes(20_000_000))
    for name, block in zip(("desempaquetar.py", "tabla.py"), blocks("python"), strict=True):
        (tmp_path / name).write_text(block, "utf8")
    before = set(tmp_path.rglob("*"))
    environment = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    results = [
        subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
        for command in console("informes.jsonl")
    ]
    assert [result.returncode for result in results] == [0, 2, 0], [result.stderr for result in results]
    said = "zips/otra.zip: no se puede abrir (BadZipFile)\nzips/rota.zip: no se puede abrir (error)\n"
    assert results[0].stdout == said
    written = {path.relative_to(tmp_path).parts[0] for path in set(tmp_path.rglob("*")) - before}
    assert written == {"entregas", "informes.jsonl", "notas.csv"}  # nada fuera de ahí, y nada de más
    assert sum(path.stat().st_size for path in (tmp_path / "entregas/pilla").iterdir()) < 17_000_000
    with open(tmp_path / "notas.csv", encoding="utf8", newline="") as file:
        rows = {Path(row.pop("folder")).name: row for row in csv.DictReader(file)}
    assert rows["ana"] == {
        "status": "cumple",
        "seed": "1",
        "accuracy": "0.88",
        "baseline_accuracy": "0.8",
        "comparison": "mejor",
        "repeated": "True",
        "fails": "",
    }
    assert rows["copia"] == rows["ana"] | {"seed": "2"}
    assert rows["luis"] == rows["ana"] | {
        "status": "no cumple",
        "seed": "3",
        "accuracy": "0.84",
        "repeated": "False",
        "fails": "exactitud mínima",
    }
    for name in ("otra", "pilla", "rota"):
        assert rows[name]["status"] == "no se puede leer" and rows[name]["accuracy"] == ""
    assert "=" not in (tmp_path / "notas.csv").read_text("utf8")
    counts = [line.rsplit(maxsplit=1) for line in results[2].stdout.splitlines()[1:]]
    assert sorted(counts) == [["cumple", "2"], ["no cumple", "1"], ["no se puede leer", "3"]]


def test_the_container_is_closed():
    """La orden que ejecuta código ajeno no tiene red, ni privilegios, ni dónde escribir fuera, ni recursos sin tope."""
    (script,) = blocks("bash")
    command = script.split("docker run ")[1].split("recurrentes-notas")[0].replace("\\\n", " ")
    options = shlex.split(command)
    for option in ("--network none", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges"):
        assert option in command
    for option in ("--user", "--memory", "--memory-swap", "--cpus", "--pids-limit"):
        assert option in options
    mounts = [value for option, value in zip(options, options[1:], strict=False) if option == "--mount"]
    assert len(mounts) == 2 and all(mount.endswith(",readonly") for mount in mounts)
    assert all("size=" in value for option, value in zip(options, options[1:], strict=False) if option == "--tmpfs")
    assert not {"-v", "--volume", "--privileged"} & set(options)
