"""Ajustes de nbval para este curso: qué salidas se comparan y cuánto puede tardar cada cuaderno.

Con GATE_RECORDS=archivo se pasa la puerta en otro backend o aparato: los números de las salidas son otros y no se
comparan, ni hay presupuesto; lo que se exige es que ninguna celda falle, tampoco ``claims.check``. Lo que midió cada
afirmación y lo que tardó cada cuaderno se añade al archivo, una línea por cuaderno en lugar de la que tuviera.
"""

import json
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest
from nbval import kernel, plugin

import backends
import sources

# Lo que cambia de una ejecución a otra sin que el curso diga otra cosa. El HTML siempre va con su text/plain, que sí
# se compara; de una afirmación se compara su línea estable, no el registro con la medida y la fecha.
SKIP = ("stderr", "text/html", "image/svg+xml", backends.MIME)
RECORDS = os.environ.get("GATE_RECORDS")
#: Cuántas veces su presupuesto puede tardar aquí un cuaderno. El presupuesto se exige a lo que tardó al ejecutarse
#: (test_notebooks.py); la puerta los pasa de dos en dos, y en una máquina compartida el mismo ha tardado de un rato a
#: otro la mitad más.
LEEWAY = 1.5


def execute_cell_input(self, cell_input, allow_stdin=None):
    """Como en una sesión normal: con store_history=False, IPython 9 no respeta el «;» final."""
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def compare_outputs(self, test, ref, skip_compare=None):
    return bool(RECORDS) or original_compare(self, test, ref, (skip_compare or self.parent.skip_compare) + SKIP)


def runtest(self):
    """Ejecuta la celda y deja en el informe lo que midió su afirmación, como texto: ha de cruzar entre procesos."""
    original_runtest(self)
    for output in self.test_outputs:
        if record := output.get("data", {}).get(backends.MIME):
            self.user_properties.append(("claim", json.dumps(backends.brief(record) | {"id": record["id"]})))


kernel.RunningKernel.execute_cell_input = execute_cell_input
original_compare = plugin.IPyNbCell.compare_outputs
plugin.IPyNbCell.compare_outputs = compare_outputs
original_runtest = plugin.IPyNbCell.runtest
plugin.IPyNbCell.runtest = runtest


class Budgets:
    """Suma lo que tarda cada cuaderno y falla si alguno se pasa de largo."""

    def __init__(self):
        self.seconds = defaultdict(float)

    def pytest_runtest_logreport(self, report):
        if "::" in report.nodeid:
            self.seconds[report.nodeid.split("::")[0]] += report.duration

    def over(self):
        if RECORDS:
            return
        for name, seconds in sorted(self.seconds.items()):
            allowed = sources.budget(str(Path(name).with_suffix("")))
            if seconds > LEEWAY * allowed:
                yield f"{name}: {seconds:.0f} s, más de {LEEWAY} veces su presupuesto, {allowed} s"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if any(self.over()) and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.section("segundos por cuaderno")
        for name, seconds in sorted(self.seconds.items()):
            terminalreporter.write_line(f"{seconds:7.1f}  {name}")
        for line in self.over():
            terminalreporter.write_line(f"PRESUPUESTO SUPERADO  {line}", red=True)


class Records:
    """Reúne lo que midió cada cuaderno y lo guarda en cuanto termina la sesión, también si algo falló."""

    def __init__(self, path):
        self.path, self.runs = Path(path), {}

    def pytest_runtest_logreport(self, report):
        if "::" not in report.nodeid:
            return
        notebook = str(Path(report.nodeid.split("::")[0]).with_suffix(""))
        run = self.runs.setdefault(notebook, {"seconds": 0.0, "claims": {}, "failures": []})
        run["seconds"] += report.duration
        if report.when == "call":
            measured = [json.loads(text) for _, text in report.user_properties]
            run["claims"] |= {record.pop("id"): record for record in measured}
        if report.failed:
            text = re.sub(r"\x1b\[[0-9;]*m", "", report.longreprtext).strip()
            lines = re.findall(r"^\w*(?:Error|Failed|Exception)\b.*", text, re.M) or text.splitlines()
            run["failures"].append({"cell": report.nodeid.split("::")[1], "error": lines[-1][:300]})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        backends.save(self.path, self.runs)


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # con xdist, solo el proceso que reúne los informes
        config.pluginmanager.register(Budgets())
        if RECORDS:
            config.pluginmanager.register(Records(RECORDS))
