"""La directiva «pregunta»: una pregunta que el lector se responde solo, al final de cada apartado.

Tiene un enunciado y respuestas de una de tres formas, cada una con su porqué sangrado debajo::

    :::{pregunta}                 :::{pregunta}                   :::{pregunta}
    ¿Qué hace $f_t=1$?            ¿Cuántos pesos tiene?           Ordena los pasos.

    - [ ] Borrar la memoria.      = 4 * (3 * (2 + 3) + 3)         1. Calcular las puertas.
      Eso es $f_t=0$.               Cuatro piezas iguales.          Solo necesitan la entrada.
    - [x] Conservarla.            != 3 * (2 + 3) + 3              2. Actualizar la celda.
      Multiplica por uno.           Esa es una pieza sola.          Usa las puertas.
    ...                           :::                             ...

Los números son expresiones de Python que se evalúan al construir; «= 2 / 3 ± 0.01» da la tolerancia.
Sin JavaScript se ve el enunciado con la respuesta plegada; ``questions.js`` le añade los controles.
"""

import math
import random
import re
from dataclasses import dataclass
from dataclasses import field as attribute

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

ANSWER = re.compile(r"(?P<mark>- \[[ x]\]|!?=|\d+\.) +(?P<text>\S.*)")
KINDS = {"-": "choice", "=": "number", "!": "number"}  # por el primer signo; con una cifra, «order»
NAMES = vars(math) | {"abs": abs, "max": max, "min": min, "range": range, "round": round, "sum": sum}
EXACT = 1e-9  # tolerancia, relativa, de los números que no dan la suya


class Malformed(Exception):
    """Una pregunta mal escrita: en qué línea de su cuerpo y qué hay que escribir."""

    def __init__(self, line, message):
        super().__init__(message)
        self.line = line


@dataclass
class Answer:
    mark: str
    text: str
    line: int
    why: list[str] = attribute(default_factory=list)  # una por línea, desde la siguiente
    value: float | None = None

    @property
    def right(self):
        return self.mark in ("- [x]", "=")


@dataclass
class Question:
    kind: str
    statement: list[str]
    answers: list[Answer]
    tolerance: float = 0.0


def parse(lines):
    """La pregunta que se lee en el cuerpo de una directiva.

    Raises
    ------
    Malformed : si falta o sobra algo.
    """
    statement, answers = [], []
    for number, line in enumerate(lines):
        if found := ANSWER.match(line):
            answers.append(Answer(found["mark"], found["text"].strip(), number))
        elif not answers:
            statement.append(line)
        elif line.strip() and not line.startswith("  "):
            raise Malformed(number, f"«{line}» no es una respuesta; si explica la anterior, sángrala dos espacios.")
        else:
            answers[-1].why.append(line[2:])
    if not "".join(statement).strip():
        raise Malformed(0, "falta el enunciado: escríbelo antes de las respuestas.")
    if not answers:
        raise Malformed(
            len(lines) - 1,
            "faltan las respuestas: opciones («- [x] la buena», «- [ ] otra»), un número («= expresión», "
            "«!= un error común») o pasos en orden («1. primero»).",
        )
    kinds = [KINDS.get(answer.mark[0], "order") for answer in answers]
    question = Question(kinds[0], statement, answers)
    for answer, kind in zip(answers, kinds, strict=True):
        if kind != question.kind:
            raise Malformed(answer.line, f"«{answer.mark}» no va con las anteriores: usa la misma forma en todas.")
        if not "".join(answer.why).strip():
            raise Malformed(
                answer.line, f"falta por qué «{answer.text}»: explícalo en la línea siguiente, sangrado dos espacios."
            )
    CHECKS[question.kind](question)
    return question


def _check_choice(question):
    right = sum(answer.right for answer in question.answers)
    if right != 1 or len(question.answers) < 3:
        raise Malformed(
            question.answers[0].line,
            f"hay {right} opciones con «- [x]» de {len(question.answers)}: hace falta una buena y al menos dos malas.",
        )


def _check_order(question):
    if len(question.answers) < 3:
        raise Malformed(question.answers[0].line, "con menos de tres pasos no hay nada que ordenar: escribe más.")


def _check_number(question):
    right, *wrong = question.answers
    if not right.right or not wrong or any(answer.right for answer in wrong):
        raise Malformed(right.line, "escribe primero «= expresión» y después, con «!= expresión», los errores comunes.")
    right.text, _, tolerance = right.text.partition(" ± ")
    for answer in question.answers:
        answer.value = evaluate(answer.text, answer.line)
    question.tolerance = evaluate(tolerance, right.line) if tolerance else EXACT * abs(right.value)
    for answer in wrong:
        if abs(answer.value - right.value) <= question.tolerance:
            raise Malformed(answer.line, f"«{answer.text}» también da {shown(right.value)}, la respuesta: cámbialo.")


CHECKS = {"choice": _check_choice, "number": _check_number, "order": _check_order}


def evaluate(expression, line):
    try:
        return float(eval(expression, {"__builtins__": {}}, NAMES))
    except Exception as error:
        raise Malformed(
            line, f"«{expression}» no se puede calcular ({error}): escribe una expresión de Python como «4 * (3 + 2)»."
        ) from error


def shown(value):
    """El número como se lee en la página."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.4g}"


def shuffled(question):
    """El orden en que se enseñan los pasos: al azar, siempre el mismo y nunca el bueno."""
    order = list(range(len(question.answers)))
    rng = random.Random("".join(answer.text for answer in question.answers))
    while order == sorted(order):
        rng.shuffle(order)
    return order


class question(nodes.General, nodes.Element):
    """Una pregunta: enunciado, opciones si las hay y respuesta plegada."""


class folded(nodes.General, nodes.Element):
    """La respuesta plegada."""


class Pregunta(SphinxDirective):
    has_content = True

    def run(self):
        try:
            asked = parse(list(self.content))
        except Malformed as problem:
            line = self.lineno + self.content_offset + problem.line + 1
            logger.error("Pregunta mal escrita: %s", problem, location=(self.env.docname, line))
            return []
        number = self.env.new_serialno("pregunta") + 1
        statement = nodes.container(ids=[f"pregunta-{number}-enunciado"], classes=["statement"])
        self._read(asked.statement, 0, statement)
        node = question("", statement, ids=[f"pregunta-{number}"], number=number, kind=asked.kind)
        order = shuffled(asked) if asked.kind == "order" else range(len(asked.answers))
        if asked.kind != "number":
            node += nodes.enumerated_list(
                "", *[self._item(asked.answers[i]) for i in order], classes=["options"], enumtype="upperalpha"
            )
        if asked.kind == "choice":
            node["key"] = next(i for i, answer in enumerate(asked.answers) if answer.right)
        elif asked.kind == "order":
            node["key"] = " ".join(map(str, order))
        else:
            node["key"] = " ".join(repr(answer.value) for answer in asked.answers)
            node["tolerance"] = repr(asked.tolerance)
        listing = nodes.bullet_list() if asked.kind == "number" else nodes.enumerated_list(enumtype=ENUMS[asked.kind])
        listing["classes"].append("reasons")
        listing += [self._reason(asked, answer) for answer in asked.answers]
        node += folded("", listing)
        return [node]

    def _read(self, lines, offset, node):
        source = self.state_machine.document.current_source if self.state_machine else None
        self.state.nested_parse(StringList(lines, source or self.env.docname), self.content_offset + offset, node)

    def _item(self, answer):
        item = nodes.list_item()
        self._read([answer.text], answer.line, item)
        return item

    def _reason(self, asked, answer):
        """Por qué: en el paso, tras él; en lo demás, tras el veredicto."""
        item = self._item(answer) if asked.kind == "order" else nodes.list_item()
        why = nodes.container(classes=["why"])
        self._read(answer.why, answer.line + 1, why)
        if asked.kind != "order":
            why.children[0].insert(0, [nodes.strong("", verdict(asked, answer)), nodes.Text(" ")])
        item += why
        return item


ENUMS = {"choice": "upperalpha", "order": "arabic"}


def verdict(asked, answer):
    if asked.kind == "choice":
        return "Sí." if answer.right else "No."
    if not answer.right:
        return f"Si te salió {shown(answer.value)}:"
    exact = asked.tolerance <= EXACT * abs(answer.value)
    return f"{shown(answer.value)}." if exact else f"{shown(answer.value)}, con {shown(asked.tolerance)} de margen."


def visit_question(self, node):
    name = node["ids"][0]
    data = "".join(f' data-{key}="{node[key]}"' for key in ("kind", "key", "tolerance") if key in node)
    self.body.append(
        f'<form class="question" id="{name}"{data}>\n<fieldset aria-describedby="{name}-enunciado">\n'
        f"<legend>Pregunta {node['number']}</legend>\n"
    )


def depart_question(self, node):
    self.body.append("</fieldset>\n</form>\n")


def visit_folded(self, node):
    self.body.append("<details>\n<summary>Ver la respuesta</summary>\n")


def depart_folded(self, node):
    self.body.append("</details>\n")


def add_assets(app, pagename, templatename, context, doctree):
    """Solo en las páginas que tienen preguntas."""
    if doctree and next(doctree.findall(question), None):
        app.add_js_file("questions.js", defer="defer")


def setup(app):
    app.add_node(question, html=(visit_question, depart_question))
    app.add_node(folded, html=(visit_folded, depart_folded))
    app.add_directive("pregunta", Pregunta)
    app.add_css_file("questions.css")  # con las demás, en la hoja única
    app.connect("html-page-context", add_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
