"""Estudios: se hace solo lo que falta, un corte no pierde nada y el número de procesos no cambia los registros."""

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recurrentes import records
from studies import __main__ as command
from studies import runner

ROOT = Path(__file__).parents[1]


def grid(seeds):
    """Una rejilla de juguete: seis medidas por semilla."""
    for seed in seeds:
        for T in (10, 20, 30):
            for cell in ("GRU", "LSTM"):
                yield {"cell": cell, "T": T, "seed": seed}


def measure(cell, T, seed):
    """Un número que depende de cada parámetro."""
    return {"value": T / 10 + seed / 7 + len(cell)}


def slow(cell, T, seed):
    """Lo mismo, en un cuarto de segundo."""
    time.sleep(0.25)
    return measure(cell, T, seed)


def broken(cell, T, seed):
    """Falla en una de las longitudes."""
    if T == 20:
        raise ArithmeticError("no converge")
    return measure(cell, T, seed)


def measured(path):
    """Lo que no cambia de una ejecución a otra: parámetros y resultados, ordenados."""
    return sorted(json.dumps([record["params"], record["metrics"]]) for record in records.parse(path))


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """Los registros de la rejilla entera, de una vez."""
    path = tmp_path_factory.mktemp("records") / "toy.jsonl"
    assert runner.run(grid(range(2)), measure, path) == 0
    return path


def test_one_record_a_cell(complete):
    """Cada medida es una línea, en el orden de la rejilla, con qué se midió."""
    lines = records.parse(complete)
    assert [line["params"] for line in lines] == list(grid(range(2)))
    assert lines[0]["metrics"] == {"value": 4.0}
    assert {"seconds", "backend", "device", "machine", "versions", "date"} <= lines[0].keys()


def test_only_what_is_missing_is_measured(complete, tmp_path, capsys):
    """Con dos semillas hechas, pedir tres mide una, y lo hecho no se toca."""
    path = tmp_path / "toy.jsonl"
    before = complete.read_bytes()
    path.write_bytes(before)
    runner.run(grid(range(3)), measure, path)
    assert capsys.readouterr().out.startswith("Ya hay 12 de 18 medidas.\n1/6 en ")
    assert path.read_bytes().startswith(before)
    assert [line["params"]["seed"] for line in records.parse(path)[12:]] == [2] * 6


def test_a_truncated_line_is_measured_again(complete, tmp_path):
    """De una línea a medias no queda nada: su medida se repite y el archivo vuelve a estar entero."""
    path = tmp_path / "toy.jsonl"
    path.write_bytes(complete.read_bytes()[:-40])
    assert len(records.parse(path)) == 11
    runner.run(grid(range(2)), measure, path)
    assert measured(path) == measured(complete) and path.read_bytes().endswith(b"}\n")


def test_two_workers_give_the_same_records(complete, tmp_path):
    """Repartir el trabajo entre dos procesos no cambia ningún resultado."""
    path = tmp_path / "toy.jsonl"
    runner.run(grid(range(2)), measure, path, workers=2)
    assert measured(path) == measured(complete)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_loses_no_finished_cell(complete, tmp_path, workers):
    """Se mata el proceso a media rejilla: lo escrito sigue ahí, y la siguiente ejecución solo lo completa."""
    path = tmp_path / "toy.jsonl"
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import pathlib, test_studies as t\n"
        "if __name__ == '__main__':\n"
        f"    t.runner.run(t.grid(range(2)), t.slow, pathlib.Path({str(path)!r}), workers={workers})\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code, "utf8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.DEVNULL) as process:
        while not (path.exists() and path.read_bytes().count(b"\n") >= 3):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    saved = path.read_bytes()
    assert 3 <= saved.count(b"\n") < 12
    runner.run(grid(range(2)), measure, path)
    assert path.read_bytes().startswith(saved[: saved.rfind(b"\n") + 1])
    assert measured(path) == measured(complete)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_cell_stops_no_other(complete, tmp_path, capsys, workers):
    """El fallo se cuenta y se dice, no deja registro y se puede volver a intentar."""
    path = tmp_path / "toy.jsonl"
    assert runner.run(grid(range(2)), broken, path, workers=workers) == 4
    assert "Falla GRU 20 0: ArithmeticError: no converge" in capsys.readouterr().err
    assert len(records.parse(path)) == 8
    assert runner.run(grid(range(2)), measure, path) == 0
    assert measured(path) == measured(complete)


def test_only_selects_by_parameter():
    """``--only`` deja las medidas que cumplen todo lo que se pide."""
    assert command.select(grid(range(2)), ["cell=GRU", "T=20"]) == [
        {"cell": "GRU", "T": 20, "seed": 0},
        {"cell": "GRU", "T": 20, "seed": 1},
    ]


def test_what_matches_nothing_is_said(complete):
    """Ni un estudio ni un parámetro mal escritos pasan por un estudio terminado."""
    known = ", ".join(command.names())
    assert command.main(["run", "larga-memoria"]) == f"'larga-memoria' no es un estudio. Los que hay: {known}."
    with pytest.raises(ValueError) as error:
        command.select(grid(range(1)), ["celda=GRU"])
    assert str(error.value) == (
        "--only celda=GRU: ninguna medida lo cumple. Los parámetros son como {'cell': 'GRU', 'T': 10, 'seed': 0}."
    )


def test_the_studies_are_listed(capsys):
    """Cada estudio, con la primera línea de lo que cuenta de sí."""
    assert command.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == command.names()
    assert any(line.startswith("long-memory: Memoria larga: ") for line in lines)


@pytest.mark.parametrize("name", records.names())
def test_the_records_are_of_the_grid_of_their_study(name):
    """Cada registro confirmado es de la rejilla de su estudio, y ninguna medida está dos veces."""
    params = [record["params"] for record in records.parse(ROOT / f"studies/records/{name}.jsonl")]
    known = list(study(name).grid(range(20)))
    assert all(found in known for found in params)
    assert len({json.dumps(found, sort_keys=True) for found in params}) == len(params)


SHORT = {
    "chorales": {"units": 8, "batch": 8, "updates": 20},
    "convolutions": {"updates": 50},
    "imdb": {"tokens": 1000, "T": 10, "n_train": 500, "epochs": 2},
    "long-memory": {"task": "adding", "T": 5, "updates": 20, "n_train": 640},
    "practices": {"updates": 50},
    "quijote": {"units": 8, "batch": 8, "T": 8, "updates": 20},
    "rail-forecast": {"T": 7, "updates": 50},
    "readings": {"T": 5, "updates": 20},
    "sales": {"updates": 20, "every": 20},
    "seq2seq": {"n_source": 200, "n_target": 300, "longest": 10, "n_test": 200, "epochs": 1, "units": 8},
    "small-data": {"T": 5, "updates": 50},
    "stacks": {"T": 5, "updates": 50, "n_train": 640},
    "uses": {"T": 8, "updates": 20, "n_train": 200},
    "transformers": {"T": 5, "updates": 50, "n": 640},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_measure_depends_only_on_its_parameters(name):
    """Repetida después de otra, con la red ya compilada, una medida da lo mismo; con otra semilla, no."""
    small = next(study(name).grid([0])) | SHORT[name]
    first, other, again = (study(name).measure(**small | {"seed": seed}) for seed in (0, 1, 0))
    assert first == again != other


def study(name):
    """El módulo del estudio que en la orden se llama ``name``."""
    return importlib.import_module(f"studies.{name.replace('-', '_')}")


def test_the_gpu_study_measures_nothing_without_a_gpu(monkeypatch):
    """Sin GPU, o con otro backend activo, no hay registro posible; lo demás se mide igual en cualquier aparato."""
    gpu = study("gpu")
    cells = list(gpu.grid(range(2)))
    assert len({json.dumps(cell, sort_keys=True) for cell in cells if cell["seed"] == 0}) < len(cells)
    other = next(cell for cell in cells if cell["backend"] != gpu.keras.config.backend())
    with pytest.raises(RuntimeError, match=f"usa KERAS_BACKEND={other['backend']}"):
        gpu.measure(**other)
    monkeypatch.setattr(gpu.keras.distribution, "list_devices", lambda kind=None: [])
    with pytest.raises(RuntimeError, match="no hay GPU"):
        gpu.measure(**other | {"backend": gpu.keras.config.backend()})


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["LSTM, relleno a la derecha", "Conv1D"])
def test_the_gpu_study_runs(monkeypatch, variant):
    """Con la exigencia de GPU apagada y tamaños de juguete, da números positivos y finitos."""
    gpu = study("gpu")
    monkeypatch.setattr(gpu, "require", lambda backend: None)
    monkeypatch.setattr(gpu, "SIDE", 64)
    monkeypatch.setattr(gpu, "REPEATS", 3)
    got = gpu.measure(gpu.keras.config.backend(), variant, 0, T=5, B=4, H=3, precision="float32")
    assert all(value > 0 for value in got.values())


def test_the_gpu_study_counts_operations_as_weights():
    """Dos operaciones por peso que multiplica, por paso y por secuencia."""
    gpu = study("gpu")
    for kind in gpu.BLOCKS:
        layer = getattr(gpu.keras.layers, kind)(5)
        layer.build((None, 3, gpu.FEATURES))
        assert gpu.operations(kind, 3, 2, 5) == 2 * 3 * 2 * sum(w.size for w in layer.get_weights()[:2])
