"""Estudios: se hace solo lo que falta, un corte no pierde nada y el número de procesos no cambia los registros."""

import importlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import dask
import numpy as np
import psutil
import pytest
from toy_study import backend, broken, deadly, grid, learn, measure, slow

from recurrentes import records
from studies import __main__ as command
from studies import runner, slurm

ROOT = Path(__file__).parents[1]


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
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in lines] == [f"{n}/18" for n in range(12, 19)]
    assert ", faltan " in lines[1] and lines[1].endswith(", GRU 10 2")
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
    """Repartir el trabajo entre dos procesos no cambia ningún resultado, ni el entorno de quien lo reparte."""
    path, before = tmp_path / "toy.jsonl", dict(os.environ)
    runner.run(grid(range(2)), measure, path, workers=2)
    assert measured(path) == measured(complete)
    assert dict(os.environ) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_loses_no_finished_cell(complete, tmp_path, workers):
    """Se mata el proceso a media rejilla: lo escrito sigue ahí, y la siguiente ejecución solo lo completa."""
    path = tmp_path / "toy.jsonl"
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import pathlib, toy_study\n"
        "if __name__ == '__main__':\n"
        "    from studies import runner\n"
        f"    runner.run(toy_study.grid(range(2)), toy_study.slow, pathlib.Path({str(path)!r}), workers={workers})\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code, "utf8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.DEVNULL) as process:
        while not (path.exists() and path.read_bytes().count(b"\n") >= 3):
            assert process.poll() is None
            time.sleep(0.05)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert not psutil.wait_procs(children, timeout=20)[1]  # tampoco quedan procesos midiendo para nadie
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


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(complete, tmp_path, monkeypatch):
    """Si muere un proceso mientras mide, otro repite su medida y cada registro está una vez."""
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    path = tmp_path / "toy.jsonl"
    assert runner.run(grid(range(2)), deadly, path, workers=2) == 0
    assert (tmp_path / "mark").exists()
    assert measured(path) == measured(complete)


@pytest.mark.slow
def test_a_cell_that_kills_every_worker_fails(complete, tmp_path, capsys):
    """No se repite sin fin ni arrastra a las demás: se dice, y la siguiente ejecución hace solo esa."""
    path = tmp_path / "toy.jsonl"
    assert runner.run(grid(range(2)), deadly, path, workers=2) == 1
    assert "Falla GRU 20 0: 4 veces ha muerto el proceso que la medía" in capsys.readouterr().err
    assert len(records.parse(path)) == 11
    assert runner.run(grid(range(2)), measure, path) == 0
    assert measured(path) == measured(complete)


@pytest.mark.slow
def test_a_network_learns_the_same_in_any_process(tmp_path):
    """Una red de Keras, en este proceso y en otros dos: los mismos resultados, bit a bit, y el mismo backend."""
    cells = [params for params in grid(range(2)) if params["T"] == 10]
    paths = [tmp_path / f"{workers}.jsonl" for workers in (1, 2)]
    for workers, path in enumerate(paths, start=1):
        assert runner.run(cells, learn, path, workers=workers) == 0
    assert measured(paths[0]) == measured(paths[1])
    assert len({str(record["metrics"]) for record in records.parse(paths[0])}) == 4
    one, two = ({(record["backend"], str(record["versions"])) for record in records.parse(path)} for path in paths)
    assert one == two


@pytest.fixture
def scheduler(tmp_path):
    """Un planificador de Dask en su propio proceso; ``start`` le añade otros que miden."""
    file, started = tmp_path / "scheduler.json", []

    def start(*options, **variables):
        command = [sys.executable, "-m", "dask", *options, "--scheduler-file", file, "--no-dashboard"]
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables
        with (tmp_path / f"{len(started)}.log").open("w") as log:
            started.append(subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=log))
        return started[-1]

    start("scheduler", "--host", "127.0.0.1", "--port", "0")
    while not (file.exists() and file.read_text()):
        assert started[0].poll() is None
        time.sleep(0.05)
    yield json.loads(file.read_text())["address"], start
    for process in reversed(started):
        process.terminate()
        process.wait(20)


WORKER = ("worker", "--nthreads", "1", "--no-nanny")


@pytest.mark.slow
def test_a_running_scheduler(complete, tmp_path, monkeypatch, scheduler):
    """Dos máquinas de otro planificador, de las que una muere mientras mide: lo mismo, y con el backend de aquí."""
    address, start = scheduler
    monkeypatch.setenv("KERAS_BACKEND", "el de aquí")
    machines = [start(*WORKER, KERAS_BACKEND="otro", JAX_ENABLE_X64="1") for _ in range(2)]
    path = tmp_path / "backend.jsonl"
    assert runner.run([next(grid([0]))], backend, path, scheduler=address) == 0
    assert {str(record["metrics"]) for record in records.parse(path)} == {"{'backend': 'el de aquí', 'x64': None}"}
    path, finish = tmp_path / "toy.jsonl", []
    measuring = threading.Thread(
        target=lambda: finish.append(runner.run(grid(range(2)), slow, path, scheduler=address))
    )
    measuring.start()
    while not (path.exists() and path.read_bytes().count(b"\n") >= 3):
        assert measuring.is_alive()
        time.sleep(0.05)
    children = psutil.Process(machines[0].pid).children(recursive=True)
    assert children
    machines[0].kill()
    measuring.join(60)
    assert finish == [0]
    assert measured(path) == measured(complete)
    assert not psutil.wait_procs(children, timeout=20)[1]  # el proceso en que medía la que murió tampoco queda


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "path", "why"),
    [(WORKER, str(Path(dask.__file__).parents[1]), "No module named"), (WORKER[:-1], None, "nanny")],
)
def test_a_machine_that_cannot_measure(tmp_path, scheduler, options, path, why):
    """Sin el código, o con el proceso de Dask que no admite otros, se dice con la orden que lo arregla."""
    address, start = scheduler
    start(*options, **({"PYTHONPATH": path} if path else {}))
    with pytest.raises(runner.Unreachable, match=rf"no pueden medir \(.*{why}.*--no-nanny$"):
        runner.run(grid(range(2)), measure, tmp_path / "toy.jsonl", scheduler=address)


def test_a_scheduler_that_is_not_there(tmp_path):
    """La dirección equivocada se dice con lo que hay que hacer."""
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(runner.Unreachable, match="^scheduler='tcp://127.0.0.1:9': no responde .* Arranca uno con"),
    ):
        runner.run(grid(range(1)), measure, tmp_path / "toy.jsonl", scheduler="tcp://127.0.0.1:9")


@pytest.mark.slow
def test_slurm(complete, tmp_path, monkeypatch):
    """Con un ``sbatch`` que ejecuta aquí el trabajo que recibe, los trabajos de Slurm miden la rejilla."""
    for name, script in {
        # Como el de verdad, se queda con una copia: quien lo llama borra el trabajo en cuanto está enviado.
        "sbatch": f'job=$(mktemp {tmp_path}/XXXXXX); cp "$1" $job; setsid bash $job >> {tmp_path}/job.log 2>&1 &\n'
        "echo Submitted batch job $!",
        "scancel": "kill -- -$1",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", "utf8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    path = tmp_path / "toy.jsonl"
    with dask.config.set({"jobqueue.slurm.interface": "lo"}), slurm.cluster(2) as jobs:
        script = jobs.job_script()
        assert f"\ncd {ROOT}\n" in script and "--nthreads 1 " in script and "--no-nanny" in script
        assert runner.run(grid(range(2)), measure, path, scheduler=jobs.scheduler_address) == 0
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
    "buckets": {"units": 4, "n_train": 64, "epochs": 3},
    "chorales": {"units": 8, "batch": 8, "updates": 20},
    "convolutions": {"updates": 50},
    "imdb": {"tokens": 1000, "T": 10, "n_train": 500, "epochs": 2},
    "long-memory": {"task": "adding", "T": 5, "updates": 20, "n_train": 640},
    "opinion": {"tokens": 1000, "T": 10, "n_train": 500, "epochs": 2},
    "practices": {"updates": 50},
    "programs": {"units": 4, "updates": 10},
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
    monkeypatch.setattr(gpu.claims, "environment", lambda: {"device": "cpu"})
    with pytest.raises(RuntimeError, match="no hay GPU"):
        gpu.measure(**other | {"backend": gpu.keras.config.backend()})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "against"), [("LSTM, relleno a la derecha", "LSTM"), ("Conv1D", "LSTM"), ("GRU", "two cores")]
)
def test_the_gpu_study_runs(monkeypatch, variant, against):
    """Con la exigencia de GPU apagada y tamaños de juguete, da números positivos y finitos."""
    gpu = study("gpu")
    monkeypatch.setattr(gpu, "require", lambda backend: None)
    monkeypatch.setattr(gpu, "SIDE", 64)
    monkeypatch.setattr(gpu, "REPEATS", 3)
    cores = os.sched_getaffinity(0)
    backend = gpu.keras.config.backend()
    got = gpu.measure(backend, variant, against, seed=0, T=5, B=4, H=3, precision="float32")
    assert all(value > 0 for value in got.values())
    assert got["ratio"] == pytest.approx(got["ms"] / got["base_ms"], rel=0.01)
    assert got["share_of_roofline"] >= got["share_of_peak"]
    assert os.sched_getaffinity(0) == cores


def test_the_gpu_study_counts_operations_and_bytes():
    """Dos operaciones por peso, paso y secuencia, y cada número una vez; la vuelta, el doble que la ida."""
    gpu = study("gpu")
    T, B, H, F = 3, 2, 5, gpu.FEATURES
    for kind, blocks in gpu.BLOCKS.items():
        layer = getattr(gpu.keras.layers, kind)(H)
        layer.build((None, T, F))
        weights = sum(w.size for w in layer.get_weights()[:2])
        operations, traffic = gpu.cost(kind, T, B, H, "float32")
        assert operations == 3 * 2 * T * B * weights
        assert traffic == 3 * 4 * (weights + B * T * F + B * T * H + B * T * blocks * H)
        assert gpu.cost(kind, T, B, H, "mixed_bfloat16") == (operations, traffic // 2)


def test_the_gpu_study_takes_the_lower_of_the_two_roofs(monkeypatch):
    """Lo alcanzable es el ritmo de multiplicar o, si es menor, el de copiar por las operaciones de cada byte."""
    gpu = study("gpu")
    monkeypatch.setattr(gpu, "require", lambda backend: None)
    monkeypatch.setattr(gpu, "update", lambda *args, **size: lambda: None)
    monkeypatch.setattr(gpu.timing, "interleaved", lambda works, **_: {name: np.array([0.5]) for name in works})
    monkeypatch.setattr(gpu, "cost", lambda *args, **size: (100, 50))  # 200 operaciones por segundo, 2 por byte
    for flops, bandwidth, share in ((400, 1000, 0.5), (4000, 200, 0.5), (4000, 100, 1.0)):
        roof = {"operations_per_second": flops, "bytes_per_second": bandwidth}
        monkeypatch.setattr(gpu, "ceiling", lambda precision, rng, roof=roof: roof)
        got = gpu.measure("jax", "LSTM", "LSTM", seed=0, T=1, B=1, H=1, precision="float32")
        assert (got["share_of_roofline"], got["share_of_peak"]) == (share, 200 / flops)
