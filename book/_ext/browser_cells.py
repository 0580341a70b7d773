"""Las celdas de los primeros capítulos que el navegador puede ejecutar, y lo que necesita para hacerlo.

Qué celdas son lo decide su código (browser_reach.py): las que no usan nada fuera de NumPy, SciPy, pandas,
matplotlib y las funciones del curso que se bastan con ellos.
"""

import json
import re
import sys
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree, ignore_patterns

import nbformat
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import browser_reach as reach  # noqa: E402

import pyodide  # noqa: E402

#: Los capítulos en los que NumPy basta para mucho; en los demás casi todo es Keras.
PAGES = re.compile(r"lectures/0[1-6]-")
PACKAGE = ROOT / "src" / "recurrentes"
STATIC = Path("_static", "celdas")


def sources(docname):
    """El código de cada celda de la página, en orden; vacío donde hay texto, para conservar los índices."""
    notebook = nbformat.read(ROOT / "_build" / "executed" / f"{docname}.ipynb", as_version=4)
    return [cell.source if cell.cell_type == "code" else "" for cell in notebook.cells]


@cache
def course():
    """Los paquetes que alcanza cada nombre del curso."""
    modules = {path.stem: path.read_text("utf8") for path in PACKAGE.glob("*.py") if path.stem != "__init__"}
    return reach.course_reach(modules)


def runnable(docname):
    """Los índices de las celdas de la página que el navegador puede ejecutar."""
    page = reach.Page(sources(docname), course())
    return [index for index in range(len(page.cells)) if page.runs(index)]


def mark(app, doctree, docname):
    """Señala en la página las celdas que se ejecutan."""
    if app.builder.name != "html" or not PAGES.match(docname):
        return
    chosen = set(runnable(docname))
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and cell["cell_index"] in chosen:
            cell["classes"] += ["celda", f"celda-{cell['cell_index']}"]


def add_files(app, pagename, templatename, context, doctree):
    if app.builder.name == "html" and PAGES.match(pagename):
        app.add_js_file("celdas/page.js", type="module")


def finish(app, exception):
    """Lo que se pide al ejecutar: el código de cada página, el del curso y, si se ha traído, el intérprete."""
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir) / STATIC
    for docname in filter(PAGES.match, app.env.found_docs):
        path = folder / f"{Path(docname).name}.json"
        path.write_text(json.dumps(sources(docname), ensure_ascii=False), "utf8")
    with zipfile.ZipFile(folder / "curso.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(course_files()):
            archive.write(path, name)
    sizes = {}
    if pyodide.fetched():
        copytree(pyodide.TARGET, folder / "pyodide", dirs_exist_ok=True, ignore=ignore_patterns(pyodide.STAMP))
        sizes = pyodide.sizes()
    (folder / "bytes.json").write_text(json.dumps(sizes), "utf8")


def course_files():
    """Lo que lleva ``curso.zip``: el paquete, las afirmaciones, PyYAML y lo que ejecuta las celdas."""
    yield "recurrentes/claims.yml", ROOT / "claims" / "claims.yml"
    yaml = Path(find_spec("yaml").origin).parent
    for folder in (PACKAGE, yaml):
        for path in (*folder.glob("*.py"), *folder.glob("*.yml")):
            yield f"{folder.name}/{path.name}", path
    for name in ("browser_reach.py", "browser_runtime.py"):
        yield name, Path(__file__).with_name(name)


def setup(app):
    app.connect("doctree-resolved", mark)
    app.add_css_file("celdas/celdas.css")  # con las demás, en la hoja única
    app.connect("html-page-context", add_files)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
