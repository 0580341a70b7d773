"""Registros de los estudios: se leen como tabla, en un clon y en el paquete instalado."""

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from recurrentes import records

ROOT = Path(__file__).parents[1]
RECORD = {"params": {"task": "recall", "T": 10}, "metrics": {"accuracy": 0.5, "curve": [0.25, 0.5]}, "device": "cpu"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Una carpeta de registros en lugar de la del repositorio."""
    monkeypatch.setattr(records, "_folder", lambda: tmp_path)
    (tmp_path / "empty.jsonl").write_text("", "utf8")
    return tmp_path


def test_params_and_metrics_are_columns(folder):
    """Una fila por registro; lo que una medida no tiene, NaN."""
    other = {"params": {"task": "adding", "T": 20}, "metrics": {"mse": 0.1}, "device": "gpu"}
    (folder / "toy.jsonl").write_text(json.dumps(RECORD) + "\n" + json.dumps(other) + "\n", "utf8")
    table = records.load("toy")
    assert table.columns.tolist() == ["task", "T", "accuracy", "curve", "device", "mse"]
    assert table["T"].tolist() == [10, 20] and table["device"].tolist() == ["cpu", "gpu"]
    assert table.loc[0, "curve"] == [0.25, 0.5]
    assert table["accuracy"].tolist()[0] == 0.5 and np.isnan(table["accuracy"][1]) and table["mse"][1] == 0.1


def test_an_unfinished_line_does_not_count(folder):
    """La línea que un corte dejó a medias no es un registro, aunque se pueda leer."""
    (folder / "toy.jsonl").write_text(json.dumps(RECORD) + "\n" + json.dumps(RECORD), "utf8")
    assert len(records.load("toy")) == 1
    assert len(records.load("empty")) == 0


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", "[1, 2]", '{"params": {}}', ""])
def test_a_damaged_line_is_named(folder, line):
    """Una línea estropeada no se calla ni se salta."""
    (folder / "toy.jsonl").write_text(json.dumps(RECORD) + f"\n{line}\n", "utf8")
    message = (
        f"toy.jsonl, línea 2: no es un registro con `params` y `metrics`, sino {line!r}. Borra esa línea y repite el "
        f"estudio: mide solo lo que falta."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        records.load("toy")


def test_an_unknown_name_says_which_there_are(folder):
    """El error enumera los estudios con registros."""
    (folder / "toy.jsonl").write_text("", "utf8")
    with pytest.raises(ValueError, match=r"^name='tay': no hay registros de ese estudio\. Los hay de: empty, toy\.$"):
        records.load("tay")


@pytest.mark.slow
def test_the_installed_package_has_the_records(tmp_path):
    """La distribución y el paquete que sale de ella llevan los registros, y se leen fuera del repositorio."""
    command = [sys.executable, "-m", "uv", "build", "--out-dir", tmp_path, ROOT]
    build = subprocess.run(command, capture_output=True, text=True)
    if "Failed to resolve requirements" in build.stderr:
        pytest.skip("sin red no se puede traer lo que construye el paquete")
    assert build.returncode == 0, build.stderr
    wanted = {path.name for path in (ROOT / "studies" / "records").glob("*.jsonl")}
    (sdist,), (wheel,) = tmp_path.glob("*.tar.gz"), tmp_path.glob("*.whl")
    with tarfile.open(sdist) as archive:
        packed = {Path(item.name).name: archive.extractfile(item).read() for item in archive if item.isfile()}
    assert wanted <= packed.keys()
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = "from recurrentes import records; print(*records.names(), len(records.load('long-memory')))"
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path / "site", text=True)
    assert printed.split() == [*records.names(), str(packed["long-memory.jsonl"].count(b"\n"))]
