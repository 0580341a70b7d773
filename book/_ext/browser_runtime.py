"""Ejecuta en el navegador una celda de una página, siempre desde cero: antes, lo que necesita de las anteriores.

Lo que la página no puede cargar (Keras, los datos reales) se sustituye por módulos ausentes: importarlos no falla;
usarlos sí, y lo dice.
"""

import ast
import base64
import contextlib
import importlib.abc
import importlib.machinery
import io
import linecache
import pickle
import sys
import time
import traceback
import types
from pathlib import Path
from pprint import pformat

import browser_reach as reach

__all__ = ["plan", "run"]

FOLDER = Path(__file__).parent
LONGEST = 50_000  # caracteres de texto que se muestran de una celda
SLOW = 0.5  # segundos; lo que da una instrucción que tarda más se guarda


class Unavailable(ImportError):
    """Se ha usado algo que no se ejecuta en el navegador."""


class Absent(types.ModuleType):
    """Un módulo ausente, o algo suyo: se puede nombrar, también en una anotación, pero no usar."""

    __path__ = ()

    def __getattr__(self, attribute):
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Absent(f"{self.__name__}.{attribute}")

    def __call__(self, *args, **kwargs):
        raise Unavailable(f"{self.__name__} no se ejecuta en el navegador. Abre el cuaderno en Colab o en Binder.")

    def __or__(self, other):
        return self

    __ror__ = __getitem__ = __or__


class AbsentFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Da módulos ausentes por los paquetes que el curso nombra y nadie ha cargado."""

    packages = frozenset()

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.packages:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Absent(spec.name)

    def exec_module(self, module):
        pass


def _modules():
    folder = FOLDER / reach.COURSE
    return {path.stem: path.read_text("utf8") for path in folder.glob("*.py") if path.stem != "__init__"}


_course = reach.course_reach(_modules())
_reached = [value for names in _course.values() for value in names.values() if isinstance(value, set)]
_finder = AbsentFinder()
sys.meta_path.append(_finder)
_kept = {}  # lo que dio cada instrucción lenta, según todo el código del que depende


def plan(index, sources):
    """Antes de ejecutar la celda: ``{"missing": lo que falta, "packages": lo que hay que cargar}``."""
    page = reach.Page(sources, _course)
    needed = {"numpy"}.union(*(statement.packages for statement in page.plan(page.cells[index])))
    return {"missing": sorted(page.missing(index)), "packages": sorted(needed & reach.AVAILABLE)}


def run(index, sources, loaded):
    """Ejecuta la celda; ``loaded`` son los paquetes ya cargados. ``{"outputs", "before", "failed", "seconds"}``."""
    start, page, screen = time.perf_counter(), reach.Page(sources, _course), Screen()
    _prepare(page, set(loaded), screen)
    chosen = page.plan(page.cells[index])
    failed = _execute(page, chosen, index, sources, screen)
    return {
        "outputs": screen.outputs,
        "before": sorted({statement.cell for statement in chosen} - {index}),
        "failed": failed,
        "seconds": time.perf_counter() - start,
    }


def _name(source):
    """Cómo llaman a una celda los errores: por su primera línea."""
    return f"<celda «{source.partition(chr(10))[0]}»>"


def _prepare(page, loaded, screen):
    """Olvida los módulos que se importaron cuando faltaban paquetes y lo que otra ejecución dejó en matplotlib."""
    absent = set().union(*_reached, *(statement.packages for statement in page.statements)) - loaded
    if absent != _finder.packages:
        _finder.packages = absent
        for name, module in list(sys.modules.items()):
            if isinstance(module, Absent) or name.partition(".")[0] == reach.COURSE:
                del sys.modules[name]
    if "matplotlib" in loaded:
        import matplotlib.pyplot as plt

        plt.close("all")
        plt.rcdefaults()
        plt.show = lambda *args, **kwargs: screen.draw()


def _execute(page, chosen, index, sources, screen):
    """Ejecuta las instrucciones elegidas; devuelve la celda que falla, si falla alguna."""
    for source in sources:  # para que los errores enseñen la línea de su celda
        linecache.cache[_name(source)] = (len(source), None, source.splitlines(keepends=True), _name(source))
    namespace, value, running = {"__name__": "__main__"}, None, index
    try:
        ast.parse(sources[index], _name(sources[index]))
        with contextlib.redirect_stdout(screen.text), contextlib.redirect_stderr(screen.text):
            for statement in chosen:
                running = statement.cell
                value = _run(page, statement, sources, namespace, reuse=running != index)
                if running != index:
                    screen.clear()
    except BaseException as error:  # también SystemExit: en la celda se puede escribir cualquier cosa
        screen.report(error)
        return running
    if not sources[index].rstrip().endswith(";"):
        screen.show(value)
    screen.draw()
    return None


def _run(page, statement, sources, namespace, reuse):
    """Ejecuta una instrucción y, si es una expresión, devuelve lo que vale.

    Lo que da una instrucción lenta se guarda; con ``reuse``, si no ha cambiado nada de lo que usa, no se repite.
    """
    key = tuple(ast.unparse(each.node) for each in page.plan([statement]))
    if reuse and key in _kept:
        namespace.update(pickle.loads(_kept[key]))
        return None
    start, value, name = time.perf_counter(), None, _name(sources[statement.cell])
    if isinstance(statement.node, ast.Expr):
        value = eval(compile(ast.Expression(statement.node.value), name, "eval"), namespace)
    else:
        exec(compile(ast.Module([statement.node], []), name, "exec"), namespace)
    if time.perf_counter() - start > SLOW:
        with contextlib.suppress(Exception):  # hay objetos que no se pueden guardar, como las funciones
            _kept[key] = pickle.dumps({name: namespace[name] for name in statement.provides & namespace.keys()})
    return value


class Screen:
    """Lo que una celda muestra, en orden: texto, figuras y el valor de su última línea."""

    def __init__(self):
        self.outputs, self.text = [], io.StringIO()

    def clear(self):
        """Olvida lo que ha mostrado una celda anterior."""
        self.text.seek(0)
        self.text.truncate()
        self.outputs.clear()
        if plt := _pyplot():
            plt.close("all")

    def add(self, kind, data):
        """Una salida más, detrás del texto escrito hasta ahora."""
        text = self.text.getvalue()
        self.text.seek(0)
        self.text.truncate()
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]}\n… (y {len(text) - LONGEST} caracteres más)\n"
        self.outputs += [{"kind": "text", "data": text}] if text else []
        self.outputs += [{"kind": kind, "data": data}] if data else []

    def show(self, value):
        """El valor de la última línea, con la representación más rica que tenga."""
        if value is None:
            return
        bundle = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {}
        page = bundle.get("text/html") or (hasattr(value, "_repr_html_") and value._repr_html_())
        if page:
            self.add("html", page)
        else:
            text = pformat(value, sort_dicts=False) if type(value) in (dict, list, tuple) else repr(value)
            self.add("text", f"{text}\n")

    def draw(self):
        """Las figuras abiertas, como imágenes, y las cierra."""
        plt = _pyplot()
        for number in plt.get_fignums() if plt else ():
            image = io.BytesIO()
            plt.figure(number).savefig(image, format="png", bbox_inches="tight")
            self.add("image", base64.b64encode(image.getvalue()).decode())
            plt.close(number)
        self.add("text", "")

    def report(self, error):
        """El error como lo daría un cuaderno, sin los pasos de este módulo."""
        frames = traceback.TracebackException.from_exception(error)
        frames.stack = traceback.StackSummary.from_list([each for each in frames.stack if each.filename != __file__])
        self.add("error", "".join(frames.format()))


def _pyplot():
    """matplotlib.pyplot, si se ha importado y no es uno de los ausentes."""
    plt = sys.modules.get("matplotlib.pyplot")
    return None if isinstance(plt, Absent) else plt
