"""La derivación: qué obliga a ejecutar de nuevo y qué no, y qué dice «make check» cuando algo no cuadra."""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

import addresses
import sources

COPIED = ("lectures", "solutions", "exercises", "claims", "src", "book", "tools", "studies")
COPIED_FILES = ("_config.yml", "_toc.yml", "requirements.txt", "nbgrader_config.py", *addresses.FILES[:3])


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Una copia del repositorio que se puede estropear."""
    for name in COPIED:
        shutil.copytree(sources.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in COPIED_FILES:
        shutil.copy(sources.ROOT / name, tmp_path)
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    monkeypatch.setattr(sources, "EXECUTED", tmp_path / "_build" / "executed")
    monkeypatch.setattr(addresses, "ROOT", tmp_path)
    return tmp_path


DOCNAME = sources.docnames()[0]


def edit(path, old, new):
    text = path.read_text("utf8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf8")


def test_prose_is_never_executed(clone):
    edit(clone / f"{DOCNAME}.md", "\n# ", "\nUna frase nueva.\n\n# ")
    assert sources.is_current(DOCNAME)


def test_a_comment_in_the_package_executes_nothing(clone):
    (clone / "src/recurrentes/windows.py").open("a").write("\n# un comentario\n")
    assert sources.is_current(DOCNAME)


def test_a_module_that_nobody_imports_executes_nothing(clone):
    """Cambiar un módulo ejecuta los cuadernos que lo usan, directamente o a través de otro, y ninguno más."""
    notebook = sources.read(DOCNAME)
    before = sources.execution_key(notebook)
    (clone / "src/recurrentes/unused.py").write_text("answer = 1\n", "utf8")
    assert sources.execution_key(notebook) == before
    edit(clone / "src/recurrentes/plots.py", "import ", "from recurrentes import unused\nimport ")
    through = sources.execution_key(notebook)
    assert through != before
    edit(clone / "src/recurrentes/unused.py", "1", "2")
    assert sources.execution_key(notebook) != through


def test_the_address_executes_nothing(clone):
    edit(clone / f"{DOCNAME}.md", "git+https://github.com/", "git+https://github.com/otra-")
    assert sources.is_current(DOCNAME)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (f"{DOCNAME}.md", "plots.use_style()", "plots.use_style(); 1"),
        ("src/recurrentes/plots.py", '"grid.alpha": 0.3', '"grid.alpha": 0.4'),
        ("src/recurrentes/registry.yml", "retrieved: ", "revisado: "),
        ("requirements.txt", "\nnumpy==", "\nnumpy==0."),
        ("claims/claims.yml", "  why: ", "  why: Porque sí. "),
    ],
    ids=["code", "package", "data", "pins", "claim"],
)
def test_what_decides_the_outputs_is_executed_again(clone, name, old, new):
    assert sources.is_current(DOCNAME)
    edit(clone / name, old, new)
    assert not sources.is_current(DOCNAME)


def test_a_new_record_executes_what_reads_it(clone):
    """Un registro más cambia la huella de quien lee ese estudio, y la de nadie más."""
    reader, other = (nbformat.v4.new_notebook() for _ in range(2))
    reader.cells = [nbformat.v4.new_code_cell('table = records.load("toy")')]
    other.cells = [nbformat.v4.new_code_cell('table = records.load("other")')]
    before = [sources.execution_key(notebook) for notebook in (reader, other)]
    (clone / "studies" / "records" / "toy.jsonl").write_text("{}\n", "utf8")
    after = [sources.execution_key(notebook) for notebook in (reader, other)]
    assert after[0] != before[0] and after[1] == before[1]


def test_new_data_execute_only_what_imports_their_module(clone):
    """Una ficha nueva del registro no toca a un cuaderno sin datos reales, aunque use la palabra."""
    reader, other = (nbformat.v4.new_notebook() for _ in range(2))
    reader.cells = [nbformat.v4.new_code_cell("from recurrentes import (\n    claims,\n    data,\n)")]
    other.cells = [nbformat.v4.new_code_cell('from recurrentes import plots\nplots.COLORS["data"]')]
    before = [sources.execution_key(notebook) for notebook in (reader, other)]
    edit(clone / "src/recurrentes/registry.yml", "retrieved: ", "revisado: ")
    after = [sources.execution_key(notebook) for notebook in (reader, other)]
    assert after[0] != before[0] and after[1] == before[1]


def test_what_was_executed_before_does_not_hide_what_came_later(clone):
    """Tras traer de git unas salidas más nuevas, mandan ellas y no las que quedaron de una ejecución anterior."""
    old = nbformat.read(clone / f"{DOCNAME}.ipynb", as_version=4)
    old.metadata["recurrentes"].update(key="antigua", date="2000-01-01T00:00:00+00:00")
    path = sources.EXECUTED / f"{DOCNAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(old, path)
    assert sources.is_current(DOCNAME)
    assert sources.with_outputs(DOCNAME).metadata["recurrentes"]["date"] > "2000-01-02"


def test_a_changed_cell_is_named(clone):
    edit(clone / f"{DOCNAME}.md", "plots.use_style()", "plots.use_style(); 1")
    with pytest.raises(sources.Stale, match=r"\.ipynb, celda de código \d+ \(«.+»\): no es la de .*make notebooks"):
        sources.with_outputs(DOCNAME)


def test_a_missing_notebook_is_named(clone):
    (clone / f"{DOCNAME}.ipynb").unlink()
    with pytest.raises(sources.Stale, match=r"\.ipynb no existe: ejecuta make notebooks\."):
        sources.with_outputs(DOCNAME)


def test_a_source_without_its_header_is_refused(clone):
    edit(clone / f"{DOCNAME}.md", "format_name: myst", "format_name: markdown")
    with pytest.raises(sources.Stale, match="falta la cabecera de jupytext"):
        sources.read(DOCNAME)


@pytest.mark.slow
def test_a_failing_cell_stores_nothing(clone):
    edit(clone / f"{DOCNAME}.md", "plots.use_style()", 'raise ValueError("celda rota")')
    with pytest.raises(CellExecutionError, match="celda rota"):
        sources.execute(DOCNAME)
    assert not (sources.EXECUTED / f"{DOCNAME}.ipynb").exists()


@pytest.mark.slow
def test_check_names_what_was_tampered_and_nothing_else(clone):
    """Sobre una copia: nombra archivo, celda y orden de cada cosa estropeada; que sin ellas calle lo mira make test."""
    path = clone / f"{DOCNAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    prose = next(i for i, cell in enumerate(notebook.cells[2:], start=2) if cell.cell_type == "markdown")
    notebook.cells[prose].source += " ¡Editado a mano!"
    nbformat.write(notebook, path)
    edit(clone / "book" / "estado.md", "Límite", "Tope")
    evidence = next((clone / "claims" / "evidence").glob("*.json"))
    evidence.write_text(json.dumps({"id": evidence.stem, "records": []}), "utf8")
    (clone / "exercises" / "99-huerfano.ipynb").write_text("{}", "utf8")
    done = subprocess.run([sys.executable, "tools/notebooks.py", "check"], cwd=clone, capture_output=True, text=True)
    assert done.returncode == 1
    named = [
        line for line in done.stderr.splitlines() if line.startswith(("lectures/", "book/", "claims/", "exercises/"))
    ]
    assert len(named) == 4, done.stderr
    assert f"{DOCNAME}.ipynb, celda {prose + 1}: no es lo que da su fuente. Ejecuta make notebooks." in done.stderr
    assert "estado.md, línea " in done.stderr
    assert f"{evidence.name}, línea 1" in done.stderr
    assert "exercises/99-huerfano.ipynb: ya no tiene fuente. Bórralo: git rm" in done.stderr


def test_a_new_address_reaches_every_file(clone):
    config = clone / "_config.yml"
    old_url, old_branch = addresses.written()
    edit(config, old_url, "https://github.com/ana/mi-curso")
    edit(config, "branch: main", "branch: v1.0")
    addresses.config.cache_clear()
    try:
        texts = addresses.rewritten()
    finally:
        addresses.config.cache_clear()
    names = {path.relative_to(clone).as_posix() for path in texts}
    assert {"README.md", "CITATION.cff", "pyproject.toml", f"{DOCNAME}.md"} <= names
    assert "git+https://github.com/ana/mi-curso@v1.0" in texts[clone / f"{DOCNAME}.md"]
    readme = texts[clone / "README.md"]
    assert "github/ana/mi-curso/blob/v1.0/" in readme and "https://ana.github.io/mi-curso/" in readme
    old_repo = old_url.removeprefix("https://github.com/")
    assert not any(old_repo in text for text in texts.values())


def test_addresses_are_those_of_the_configuration():
    assert addresses.rewritten() == {}
