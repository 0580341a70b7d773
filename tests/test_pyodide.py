"""Las celdas que se ejecutan en la página: cuáles son, y que en un navegador sin red dan lo mismo que el cuaderno.

Con «make pyodide book» antes, se ejecutan de verdad en Chromium; con ``CELDAS=todas``, todas las de los seis capítulos.
"""

import os
import re
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from test_site import SITE, new_tab, problems_in_browser, serve, site  # noqa: F401

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import browser_cells  # noqa: E402
from browser_reach import Page, statements  # noqa: E402

import pyodide  # noqa: E402

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
ALL = os.environ.get("CELDAS") == "todas"
CHAPTERS = sorted(path.stem for path in ROOT.glob("lectures/0[1-6]-*.md"))
COURSE = browser_cells.course()
IMPORTS = "import keras\nimport numpy as np\nfrom recurrentes import cells, claims, data, training"


@pytest.mark.parametrize(
    ("source", "reads", "binds", "changes"),
    [
        ("y = x + 1", {"x"}, {"y"}, set()),
        ("total += x", {"total", "x"}, {"total"}, set()),
        ("values.append(x)", {"values", "x"}, set(), {"values"}),
        ("a.b[i] = x", {"a", "i", "x"}, set(), {"a"}),
        ("for v, k in zip(d.values(), ks):\n    v.append(k)", {"zip", "d", "ks"}, {"v", "k"}, {"zip", "d", "ks"}),
        ("for k in range(n):\n    s = k\n    print(s)", {"range", "n", "print"}, {"k", "s"}, set()),
        ("def f(a, b=c):\n    d = a\n    d.append(a)\n    return d + e + f(a)", {"c", "e"}, {"f"}, set()),
        ("class A(B):\n    c = d\n    def f(self):\n        return c", {"B", "d", "c", "__name__"}, {"A"}, set()),
        ("[k * w for k in ks if k]", {"w", "ks"}, set(), set()),
        ("g = lambda a: a + b", {"b"}, {"g"}, set()),
        ("with open(p) as f:\n    t = f.read()", {"open", "p"}, {"f", "t"}, set()),
        ("import a.b\nfrom c import d as e", set(), {"a", "e"}, set()),
    ],
)
def test_names_of_a_statement(source, reads, binds, changes):
    found = statements(source)
    assert set().union(*(statement.reads for statement in found)) == reads
    assert set().union(*(statement.binds for statement in found)) == binds
    assert set().union(*(statement.changes for statement in found)) == changes


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("h = np.tanh(1.0)", set()),
        ("cell = cells.LSTM.random(1, 2, np.random.default_rng(0))", set()),
        ("claims.check('x', 1)", set()),
        ("data.make_ventas(rng=np.random.default_rng(0))", set()),
        ("data.load_ridership()", {"pooch", "requests"}),
        ("training.restart(network, 0)", {"keras"}),
        ("layer = keras.layers.LSTM(1)", {"keras"}),
        ("import sklearn", {"sklearn"}),
        ("import tracemalloc, math", {"tracemalloc"}),
    ],
)
def test_what_a_cell_is_missing(source, missing):
    """La regla que decide si una celda se ejecuta mira también dentro de las funciones del curso."""
    page = Page([IMPORTS, source], COURSE)
    assert page.missing(1) == missing
    assert page.runs(1) is not bool(missing)


def test_what_keras_touches_does_not_run():
    """Lo que sale de Keras, y un generador del que Keras ha consumido números, no valen para las celdas siguientes."""
    page = Page(
        [
            IMPORTS,
            "SEEDS = range(5)\nrng = np.random.default_rng(0)\nother = np.random.default_rng(1)\nkeras.utils.clear()",
            "state = np.zeros(3)\nlayer = keras.layers.Dense(3)\nout = layer(rng.normal(size=3))",
            "print(SEEDS, state, other.normal())",
            "print(out)",
            "print(rng.normal())",
            "layer = 1",
            "print(layer)",
        ],
        COURSE,
    )
    assert [page.runs(index) for index in range(8)] == [False, False, False, True, False, False, True, True]


def plan(page, cell):
    chosen = page.plan(page.cells[cell])
    return set().union(*(each.packages for each in chosen)), [each.cell for each in chosen]


def test_only_what_is_needed_runs_before():
    page = Page(
        [
            "import numpy as np\nimport matplotlib.pyplot as plt\nplt.rcParams.update({})",
            "a = np.ones(3)\nunused = 1",
            "a = np.zeros(3)",
            "def first():\n    return second()",
            "def second():\n    return a",
            "values = []",
            "values.append(first().sum())",
            "print(values)",
            "plt.plot(values)",
        ],
        COURSE,
    )
    assert plan(page, 7) == ({"numpy"}, [0, 2, 3, 4, 5, 6, 7])
    assert plan(page, 8) == ({"numpy", "matplotlib"}, [0, 0, 0, 2, 3, 4, 5, 6, 8])  # y lo que prepara sus figuras


def test_a_damaged_package_is_refused(tmp_path, monkeypatch):
    """Un archivo cuya huella no es la del índice no llega al sitio."""
    lock = '{"packages": {"numpy": {"depends": [], "file_name": "numpy.whl", "sha256": "00"}}}'
    monkeypatch.setattr(pyodide, "AVAILABLE", {"numpy"})
    monkeypatch.setattr(pyodide, "TARGET", tmp_path / "pyodide")
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        for name in [*pyodide.CORE, "numpy.whl"]:
            wheel.writestr(pyodide.FOLDER + name, "x")
        wheel.writestr(pyodide.FOLDER + pyodide.LOCK, lock)
    with zipfile.ZipFile(tmp_path / "a.whl") as wheel, pytest.raises(SystemExit, match="numpy.whl: su huella"):
        pyodide.unpack(wheel)
    assert not (tmp_path / "pyodide" / "numpy.whl").exists()


def stored(chapter):
    return nbformat.read(ROOT / "_build" / "executed" / "lectures" / f"{chapter}.ipynb", as_version=4).cells


def stored_text(cell):
    """Lo que la celda imprimió al ejecutarse, si es algo que nbval compara."""
    if "nbval-ignore-output" in cell.metadata.get("tags", []):
        return ""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


@pytest.fixture
def own_python():
    """El sitio lleva el Python del navegador."""
    if not (SITE / "_static/celdas/pyodide").exists():
        pytest.skip("El sitio no lleva Python: «make pyodide book».")


@pytest.fixture
def tab(browser):
    page = new_tab(browser, 1280, "light")
    yield page
    page.context.close()


def box(page, number):
    return page.locator(".celda").nth(number - 1)


def press(page, number, button="Ejecutar"):
    page.get_by_role("button", name=f"{button} la celda {number}", exact=True).click()


def finished(page, number):
    """Espera a que la celda acabe y devuelve lo que dice su estado."""
    page.get_by_role("button", name=f"Ejecutar la celda {number}", exact=True).wait_for(timeout=400_000)
    return box(page, number).locator(".celda-estado").inner_text()


def alike(shown, expected):
    """El mismo texto, con los mismos números salvo dos centésimas: un entrenamiento largo agranda la última cifra."""
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (shown, expected)]
    if NUMBER.sub("", shown).split() != NUMBER.sub("", expected).split():
        return False
    return all(abs(one - other) <= 0.02 for one, other in zip(*numbers, strict=True))


def shown_text(page, number):
    outputs = box(page, number).locator(".celda-salida .stream pre")
    return "".join(each.evaluate("(pre) => pre.textContent") for each in outputs.all())


@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="solo con CELDAS=todas: son minutos")
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_cell_gives_what_the_notebook_gives(site, tab, own_python, chapter):  # noqa: F811
    """Cada celda que ofrece ejecutarse se ejecuta, sola, y escribe lo mismo que el cuaderno guardado."""
    tab.goto(f"{site}lectures/{chapter}.html")
    cells, chosen = stored(chapter), browser_cells.runnable(f"lectures/{chapter}")
    for number, index in enumerate(chosen, start=1):
        press(tab, number)
        assert finished(tab, number).startswith("Hecho"), f"celda {index}:\n{cells[index].source}"
        if expected := stored_text(cells[index]):
            assert alike(shown_text(tab, number)[: len(expected)], expected), f"celda {index}:\n{cells[index].source}"
        images = box(tab, number).locator(".celda-salida img").count()
        assert images == sum("image/png" in output.get("data", {}) for output in cells[index].outputs)
    assert tab.problems == []


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_page_offers_exactly_the_cells_that_run(chapter):
    html = (SITE / "lectures" / f"{chapter}.html").read_text("utf8")
    chosen = browser_cells.runnable(f"lectures/{chapter}")
    assert len(chosen) > 20
    assert html.count(" celda-") == len(chosen)
    assert all(f" celda-{index} " in html or f' celda-{index}"' in html for index in chosen)


@pytest.mark.slow
def test_nothing_loads_until_the_reader_asks(site, tab):  # noqa: F811
    """Antes de pulsar «Ejecutar» la página solo trae el módulo que pone los botones."""
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{site}lectures/03-sru.html")
    tab.wait_for_selector(".celda-botones")
    own = {Path(url.partition("?")[0]).name for url in asked if "/celdas/" in url}
    assert own == {"page.js"}
    assert sum((SITE / "_static/celdas" / name).stat().st_size for name in own) < 12_000
    assert tab.locator(".celda-botones").count() == len(browser_cells.runnable("lectures/03-sru"))


@pytest.mark.slow
def test_edit_run_stop_restore(site, browser, own_python):  # noqa: F811
    """Con el teclado: se edita una celda de la que depende otra, se ejecutan, se ven un error y una figura."""
    tab = new_tab(browser, 390, "dark")
    tab.goto(f"{site}lectures/03-sru.html")
    cells, chosen = stored("03-sru"), browser_cells.runnable("lectures/03-sru")
    number = 1 + next(i for i, index in enumerate(chosen) if cells[index].source.startswith("SCENES"))
    edited = box(tab, number)
    original = edited.locator("pre").first.text_content()
    press(tab, number + 1)
    assert finished(tab, number + 1).startswith("Hecho")
    assert shown_text(tab, number + 1) == stored_text(cells[chosen[number]])
    edited.get_by_role("button", name="Editar").press("Enter")
    editor = tab.get_by_role("textbox", name=f"Código de la celda {number}")
    assert editor.evaluate("(box) => box === document.activeElement")
    assert editor.input_value() == cells[chosen[number - 1]].source
    editor.fill(f"{cells[chosen[number - 1]].source}\nSCENES[2] = 'gaviotas'")
    press(tab, number + 1)
    assert finished(tab, number + 1).startswith("Hecho")
    assert "gaviotas" in shown_text(tab, number + 1)
    editor.fill("if True:")
    editor.press("Control+End")
    editor.press("Enter")
    editor.press_sequentially("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()")
    editor.press("Enter")
    editor.press_sequentially("1 / 0")
    editor.press("Control+Enter")
    assert finished(tab, number) == "Hay un error."
    assert 'File "<celda «if True:»>", line 3' in edited.locator(".celda-error").inner_text()
    assert "ZeroDivisionError" in edited.locator(".celda-error").inner_text()
    assert edited.locator(".celda-salida img").evaluate("(image) => image.naturalWidth") > 300
    editor.fill("import keras\nkeras.Sequential()")
    editor.press("Control+Enter")
    assert finished(tab, number).startswith("El navegador no tiene lo que usa esta celda (keras)")
    assert problems_in_browser(tab) == []
    editor.fill("while True:\n    pass")
    press(tab, number)
    edited.get_by_text("Ejecutando…").wait_for()
    press(tab, number, "Detener")
    assert edited.locator(".celda-estado").inner_text() == "Detenida."
    edited.get_by_role("button", name="Restaurar").press("Enter")
    assert edited.locator("pre").first.text_content() == original
    assert edited.locator("textarea, .celda-salida").count() == 0
    assert edited.get_by_role("button", name="Editar").evaluate("(it) => it === document.activeElement")
    tab.context.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("**/celdas/worker.js", "No se pudo descargar Python: parece que no hay conexión."),
        ("**/celdas/pyodide/**", "No se pudo descargar Python: parece que no hay conexión."),
        (None, "Este sitio se construyó sin el Python que ejecuta las celdas"),
    ],
)
def test_without_python_it_says_so(site, tab, lost, message):  # noqa: F811
    """Sin conexión, o si el sitio no lleva Python, se dice, y la página sigue igual."""
    sizes = '{"core": 1, "numpy": 1}' if lost else "{}"
    tab.route("**/celdas/bytes.json", lambda route: route.fulfill(body=sizes, content_type="application/json"))
    if lost:
        tab.route(lost, lambda route: route.abort())
    tab.goto(f"{site}lectures/03-sru.html")
    press(tab, 1)
    assert finished(tab, 1).startswith(message)
    assert tab.locator(".celda-salida").count() == 0
    assert not [problem for problem in tab.problems if lost is None or "JavaScript" in problem]
