"""Los cuadernos derivados: ejecutados enteros y en orden, limpios, ligeros, y con celdas que se leen de un vistazo."""

import base64
import copy
import re

import nbformat
import pytest

import sources

DOCNAMES = sources.docnames()
HANDOUTS = sorted((sources.ROOT / "exercises").glob("*.ipynb"))
MAX_IMAGE = 80_000  # bytes
MAX_VISIBLE_LINES = 20
MAX_COLUMNS = 88  # más no cabe en la página sin desplazarla
HIDDEN = {"remove-cell", "hide-cell", "hide-input"}
#: Lo que solo entiende el libro: cercas de directiva y papeles de MyST.
RAW_MYST = re.compile(r"^:::|^```\{|\{[a-z:-]+\}`", re.MULTILINE)


def load(path):
    return nbformat.read(path, as_version=4)


def derived(docname):
    return load(sources.ROOT / f"{docname}.ipynb")


def execution_problems(notebook) -> list[str]:
    """Celdas de código no ejecutadas, fuera de orden, o con un error que no se anuncia."""
    problems = []
    for number, cell in enumerate(sources.code_cells(notebook), start=1):
        if cell.execution_count != number:
            problems.append(f"la celda de código {number} tiene el número de ejecución {cell.execution_count}")
        failed = any(output.output_type == "error" for output in cell.outputs)
        if failed and "raises-exception" not in sources.tags(cell):
            problems.append(f"la celda de código {number} guarda un error")
    return problems


@pytest.mark.parametrize("docname", DOCNAMES)
def test_every_notebook_was_executed_within_its_budget(docname):
    assert derived(docname).metadata["recurrentes"]["seconds"] <= sources.budget(docname)


def test_there_is_something_to_test():
    assert DOCNAMES and len(HANDOUTS) == len([name for name in DOCNAMES if name.startswith("solutions/")])


@pytest.mark.parametrize("docname", DOCNAMES)
def test_every_code_cell_was_executed_in_order(docname):
    assert execution_problems(derived(docname)) == []


def test_an_unexecuted_a_disordered_and_a_failed_cell_are_found():
    """La comprobación anterior puede fallar."""
    good = derived(DOCNAMES[0])
    for spoil in (
        lambda cells: cells[1].update(execution_count=None),
        lambda cells: cells[1].update(execution_count=1),
        lambda cells: cells[1].outputs.append(nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])),
    ):
        bad = copy.deepcopy(good)
        spoil(sources.code_cells(bad))
        assert len(execution_problems(bad)) == 1


@pytest.mark.parametrize("docname", DOCNAMES)
def test_nothing_is_written_to_stderr(docname):
    for cell in sources.code_cells(derived(docname)):
        assert not [out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stderr"]


@pytest.mark.parametrize("docname", DOCNAMES)
def test_no_cell_escapes_the_comparison(docname):
    assert not [cell.source for cell in sources.code_cells(derived(docname)) if "nbval-skip" in sources.tags(cell)]


@pytest.mark.parametrize("docname", DOCNAMES)
def test_images_are_light(docname):
    for cell in sources.code_cells(derived(docname)):
        for output in cell.outputs:
            image = output.get("data", {}).get("image/png", "")
            assert len(base64.b64decode(image)) <= MAX_IMAGE, cell.source


@pytest.mark.parametrize("docname", DOCNAMES)
def test_visible_cells_are_short(docname):
    for cell in sources.code_cells(derived(docname)):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if not HIDDEN & set(sources.tags(cell)) and "nbgrader" not in cell.metadata:
            assert len(lines) <= MAX_VISIBLE_LINES, cell.source


@pytest.mark.parametrize("docname", DOCNAMES)
def test_code_fits_the_page(docname):
    for cell in sources.code_cells(derived(docname)):
        wide = [line for line in cell.source.splitlines() if len(line) > MAX_COLUMNS]
        assert not wide or "install" in sources.tags(cell), wide


@pytest.mark.parametrize("docname", DOCNAMES)
def test_each_stream_is_in_one_piece(docname):
    """Si no, la página enseñaría una caja por trozo, y los trozos cambian de una ejecución a otra."""
    for cell in sources.code_cells(derived(docname)):
        kinds = [output.get("name", output.output_type) for output in cell.outputs]
        assert all(a != b or a != "stdout" for a, b in zip(kinds, kinds[1:], strict=False)), cell.source


@pytest.mark.parametrize("docname", DOCNAMES)
def test_the_recorded_run_fits_its_budget(docname):
    assert derived(docname).metadata["recurrentes"]["seconds"] <= sources.budget(docname)


@pytest.mark.parametrize("docname", DOCNAMES)
def test_the_first_code_cell_installs_the_package(docname):
    first = sources.code_cells(derived(docname))[0]
    assert {"install", "remove-cell"} <= set(sources.tags(first))
    others = [sources.code_cells(derived(name))[0].source for name in DOCNAMES]
    assert set(others) == {first.source}


@pytest.mark.parametrize("path", [*(sources.ROOT / f"{name}.ipynb" for name in DOCNAMES), *HANDOUTS], ids=str)
def test_prose_is_plain_markdown(path):
    for cell in load(path).cells:
        if cell.cell_type == "markdown":
            assert not RAW_MYST.search(cell.source), cell.source


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda path: path.stem)
def test_handouts_have_no_solutions_and_no_outputs(path):
    notebook = load(path)
    assert not any("SOLUTION" in cell.source for cell in notebook.cells)
    assert not any(cell.outputs or cell.execution_count for cell in sources.code_cells(notebook))


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda path: path.stem)
def test_checks_are_the_same_in_handout_and_solution(path):
    """El alumno se comprueba con lo mismo que la solución pasa."""

    def checks(notebook):
        return [cell.source for cell in sources.code_cells(notebook) if cell.metadata.get("nbgrader", {}).get("grade")]

    assert checks(load(path)) == checks(derived(f"solutions/{path.stem}"))
    assert len(checks(load(path))) >= 3
