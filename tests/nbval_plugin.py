"""Ajustes de nbval para este curso: qué salidas se comparan y cuánto puede tardar cada cuaderno."""

from collections import defaultdict
from pathlib import Path

import pytest
from nbval import kernel, plugin

import sources

# Lo que cambia de una ejecución a otra sin que el curso diga otra cosa. El HTML siempre va con su text/plain, que sí
# se compara; de una afirmación se compara su línea estable, no el registro con la medida y la fecha.
SKIP = ("stderr", "text/html", "image/svg+xml", "application/vnd.recurrentes.claim+json")


def execute_cell_input(self, cell_input, allow_stdin=None):
    """Como en una sesión normal: con store_history=False, IPython 9 no respeta el «;» final."""
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def compare_outputs(self, test, ref, skip_compare=None):
    return original_compare(self, test, ref, (skip_compare or self.parent.skip_compare) + SKIP)


kernel.RunningKernel.execute_cell_input = execute_cell_input
original_compare = plugin.IPyNbCell.compare_outputs
plugin.IPyNbCell.compare_outputs = compare_outputs


class Budgets:
    """Suma lo que tarda cada cuaderno y falla si alguno se pasa."""

    def __init__(self):
        self.seconds = defaultdict(float)

    def pytest_runtest_logreport(self, report):
        if "::" in report.nodeid:
            self.seconds[report.nodeid.split("::")[0]] += report.duration

    def over(self):
        for name, seconds in sorted(self.seconds.items()):
            allowed = sources.budget(str(Path(name).with_suffix("")))
            if seconds > allowed:
                yield f"{name}: {seconds:.0f} s, y su presupuesto es de {allowed} s"

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


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # con xdist, solo el proceso que reúne los informes
        config.pluginmanager.register(Budgets())
