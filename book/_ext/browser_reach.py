"""Qué necesita cada instrucción de unas celdas: de qué paquetes depende y qué instrucciones anteriores usa.

Solo mira el código, sin ejecutarlo. Lo usa el libro al construirse, para saber qué celdas puede ejecutar el navegador,
y el propio navegador, para saber qué paquetes cargar y qué ejecutar antes de la celda que se pide.
"""

import ast
import dis
import sys
from itertools import pairwise
from types import CodeType

__all__ = ["AVAILABLE", "COURSE", "Page", "course_reach"]

#: Lo que el navegador puede cargar.
AVAILABLE = {"matplotlib", "numpy", "pandas", "scipy"}
COURSE = "recurrentes"
#: Lo que además tiene: lo que viaja con el curso y la biblioteca estándar, salvo lo que allí falta o mide otra memoria.
BUILT_IN = sys.stdlib_module_names - {"multiprocessing", "subprocess", "threading", "tracemalloc"} | {COURSE, "yaml"}
#: Instrucciones que siempre dan sus nombres: las anteriores que los daban dejan de importar.
ALWAYS = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


class Statement:
    """Una instrucción: los nombres de fuera que lee, los que da, los que altera y los paquetes que alcanza."""

    def __init__(self, node, cell=None):
        self.node, self.cell, self.packages = node, cell, set()
        self.reads, self.attributes, self.binds = set(), set(), set()
        self._scan(compile(ast.Module([node], []), "celda", "exec"), self.binds)
        self.changes = _altered(node) & self.reads
        self.imports = [
            (alias.asname or alias.name.partition(".")[0], getattr(each, "module", alias.name), alias.name)
            for each in ast.walk(node)
            if isinstance(each, (ast.Import, ast.ImportFrom))
            for alias in each.names
        ]

    def _scan(self, code, bound):
        """Los nombres de un código compilado, donde van en el orden en que se ejecutan."""
        for step, following in pairwise(dis.get_instructions(code)):
            if step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in bound | self.binds:
                self.reads.add(step.argval)
                if following.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                    self.attributes.add((step.argval, following.argval))
            elif step.opname in ("STORE_NAME", "STORE_GLOBAL"):
                bound.add(step.argval)
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                self._scan(inner, set())

    @property
    def provides(self):
        return self.binds | self.changes

    @property
    def replaces(self):
        return self.binds if isinstance(self.node, ALWAYS) else set()

    @property
    def missing(self):
        return self.packages - AVAILABLE


def _altered(node):
    """Los nombres que altera una instrucción: ``a`` en ``a.b = …``, en ``a[i] = …`` y en un ``a.f(…)`` suelto."""
    found, parts = set(), list(ast.walk(node))
    for part in parts:
        if isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load):
            found.add(_owner(part))
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            found.add(_owner(part.value.func))
    for part in reversed(parts):  # quien altera cada elemento de un bucle, de dentro afuera, altera lo que recorre
        if isinstance(part, ast.For) and found & _named(part.target):
            found |= _named(part.iter)
    return found


def _owner(node):
    """El nombre del que cuelga una expresión: ``a`` en ``a.b[i].c``."""
    inside = isinstance(node, (ast.Attribute, ast.Subscript))
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if inside and isinstance(node, ast.Name) else None


def _named(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _makes_generator(value):
    """Si una expresión da un generador de números al azar: ``default_rng(0)``, y no ``default_rng(0).normal()``."""
    used = {
        part
        for each in ast.walk(value)
        if isinstance(each, (ast.Attribute, ast.Call))
        for part in ast.iter_child_nodes(each)
    }
    calls = (each for each in ast.walk(value) if isinstance(each, ast.Call) and each not in used)
    return any(ast.unparse(each.func).endswith("default_rng") for each in calls)


def statements(source, cell=None):
    """Las instrucciones de una celda; ninguna si no es Python, como la que instala el paquete."""
    try:
        return [Statement(node, cell) for node in ast.parse(source).body]
    except SyntaxError:
        return []


def _imported(statement, course):
    """Lo que alcanza cada nombre que importa: los paquetes o, si es un módulo del curso, los de cada nombre suyo."""
    found = {}
    for bound, module, name in statement.imports:
        top, _, rest = module.partition(".")
        if top == COURSE:
            found[bound] = course.get(rest, {}).get(name, set()) if rest else course.get(name, {})
        else:
            found[bound] = set() if top in BUILT_IN else {top}
    return found


def _reach(statement, scope, course):
    """Los paquetes que alcanza una instrucción, si cada nombre de ``scope`` alcanza los suyos."""
    scope = {**scope, **_imported(statement, course)} if statement.imports else scope
    found = set()
    for name in statement.reads | {bound for bound, _, _ in statement.imports}:
        value = scope.get(name, set())
        if isinstance(value, dict):
            used = [attribute for owner, attribute in statement.attributes if owner == name]
            value = set().union(*(value.get(attribute, set()) for attribute in used))
        found |= value
    return found


def course_reach(modules):
    """Los paquetes que alcanza cada nombre del curso, con el código de sus módulos: ``{módulo: {nombre: …}}``."""
    bodies = {name: statements(source) for name, source in modules.items()}
    course, before = {name: {} for name in modules}, None
    while before != (before := {name: dict(scope) for name, scope in course.items()}):
        for module, body in bodies.items():  # otra vez: una función puede usar otra que se define después
            for statement in body:
                imported = _imported(statement, course)
                reached = _reach(statement, course[module], course)
                course[module].update({name: imported.get(name, reached) for name in statement.binds})
    return course


class Page:
    """Las celdas de una página, en orden."""

    def __init__(self, sources, course):
        self.cells = [statements(source, cell) for cell, source in enumerate(sources)]
        self.statements = [statement for cell in self.cells for statement in cell]
        scope, modules, generators = {}, set(), set()
        for statement in self.statements:
            imported = _imported(statement, course)
            modules |= imported.keys()
            if isinstance(statement.node, ast.Assign) and _makes_generator(statement.node.value):
                generators |= statement.binds
            # Llamar a una función de un módulo no lo altera; pedir números a un generador, sí.
            statement.changes = (statement.changes - modules) | (statement.reads & generators)
            statement.packages = _reach(statement, scope, course)
            scope.update({name: imported.get(name, statement.packages) for name in statement.binds})
            if statement.missing:
                for name in statement.changes & scope.keys():
                    scope[name] = scope[name] | statement.packages

    def missing(self, cell):
        """Los paquetes que la celda necesita y el navegador no tiene."""
        return set().union(*(statement.missing for statement in self.cells[cell]))

    def runs(self, cell):
        """Si el navegador puede ejecutar la celda entera."""
        return bool(self.cells[cell]) and not self.missing(cell)

    def plan(self, targets):
        """Las instrucciones que hay que ejecutar, en orden, para que valgan las de ``targets``, que son seguidas.

        De una celda que importa entran también las que preparan el aspecto de las figuras o los avisos.
        """
        start, called = self.statements.index(targets[0]) if targets else 0, set()
        while True:
            chosen, needed = list(reversed(targets)), set(called)
            for statement in chosen:
                needed = (needed - statement.replaces) | statement.reads
            for statement in reversed(self.statements[:start]):
                if statement.provides & needed and (not statement.missing or statement.imports):
                    chosen.append(statement)
                    needed = (needed - statement.replaces) | statement.reads
            # Lo que lee una función se busca al llamarla: puede haberse dado después de definirla.
            functions = [each for each in chosen if isinstance(each.node, (ast.FunctionDef, ast.ClassDef))]
            later = set().union(*(each.reads for each in functions))
            if later <= called:
                break
            called |= later
        packages = set().union(*(statement.packages for statement in chosen))
        importing = {statement.cell for statement in chosen if statement.imports}
        return [
            statement
            for statement in self.statements[: start + len(targets)]
            if statement in chosen
            or (isinstance(statement.node, ast.Expr) and statement.cell in importing and statement.packages <= packages)
        ]
