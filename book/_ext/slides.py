"""Las diapositivas de cada capítulo: sus títulos, citas, ecuaciones, preguntas, figuras y veredictos, y nada más.

Salen del documento ya resuelto, a la vez que la página, así que no hay nada que mantener aparte. Las presenta
reveal.js, que viaja con el sitio y solo se carga en ellas.
"""

import html
import shutil
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from sphinx.util.osutil import relative_uri

FOLDER = "diapositivas"
REVEAL = "_static/reveal"
#: Apartados que no se proyectan.
SKIPPED = {"Ejercicios", "Fuentes"}
BULLETS = 5  # por diapositiva

PAGE = """<!doctype html>
<html lang="es">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} (diapositivas)</title>
<meta name="robots" content="noindex">
<link rel="icon" href="../_static/favicon.svg">
<link rel="stylesheet" href="../{reveal}/reveal.css">
<link rel="stylesheet" href="../_static/slides.css">
</head>
<body>
<main><div class="reveal"><div class="slides">
{slides}
</div></div></main>
<script src="../{reveal}/reveal.js"></script>
<script src="../_static/slides.js"></script>
</body>
</html>
"""


@dataclass
class Slide:
    """Una diapositiva: título, clase y lo que lleva debajo."""

    title: str
    kind: str
    body: list = field(default_factory=list)


def of_section(section) -> list[Slide]:
    """Las diapositivas de un apartado, sin las de sus subapartados."""
    title = section.next_node(nodes.title).astext()
    slides = []
    for node in section.children:
        if isinstance(node, nodes.section):
            continue
        for kind, part in shown(node, title):
            if not slides or not fits(slides[-1], kind):
                slides.append(Slide(title, kind))
            slides[-1].body.append(part)
            slides[-1].kind = kind
    return slides


def fits(slide: Slide, kind: str) -> bool:
    """Si la pieza cabe en la última diapositiva: un recuadro tras lo que se cita; hasta tres citas o dos veredictos."""
    most = {("said", "said"): 3, ("said", "predict"): 3, ("claim", "claim"): 2}
    return len(slide.body) < most.get((slide.kind, kind), 0)


def shown(node, title):
    """(clase, nodo) de lo que se proyecta de una pieza del apartado."""
    if isinstance(node, nodes.block_quote):
        yield "said", node
    elif isinstance(node, nodes.math_block):
        yield "said", node
    elif isinstance(node, nodes.admonition):
        yield "predict", node
    elif isinstance(node, nodes.bullet_list) and title == "Resumen":
        for start in range(0, len(node.children), BULLETS):
            yield "table", nodes.bullet_list("", *node.children[start : start + BULLETS])
    elif isinstance(node, nodes.table):
        yield "table", node
    elif isinstance(node, nodes.container):
        for figure in node.findall(nodes.figure):
            yield "figure", figure
        for raw in node.findall(nodes.raw):
            if 'class="claim' in raw.astext():
                yield "claim", raw


def opening(document) -> list[Slide]:
    """La portada, con la pregunta del capítulo, y lo que se sabrá al terminar."""
    chapter = document.next_node(nodes.section)
    title = chapter.next_node(nodes.title).astext()
    question = next(chapter.findall(nodes.paragraph))
    goals = next(chapter.findall(nodes.bullet_list))
    return [Slide(title, "cover", [question]), Slide("Al terminar sabrás", "table", [goals])]


def deck(document) -> list[list[Slide]]:
    """Una pila de diapositivas por apartado, con las de sus subapartados debajo."""
    chapter = document.next_node(nodes.section)
    stacks = [opening(document)]
    for section in chapter.children:
        if isinstance(section, nodes.section) and section.next_node(nodes.title).astext() not in SKIPPED:
            slides = [slide for part in section.findall(nodes.section) for slide in of_section(part)]
            if slides:
                title = section.next_node(nodes.title).astext()
                stacks.append(slides if slides[0].title == title else [Slide(title, "divider"), *slides])
    return stacks


class Writer:
    def __init__(self, app, docname):
        self.builder, self.docname = app.builder, docname

    def page(self) -> str:
        stacks = deck(self.builder.env.get_and_resolve_doctree(self.docname, self.builder))
        slides = "\n".join(f"<section>\n{''.join(map(self.slide, stack))}</section>" for stack in stacks)
        return PAGE.format(title=html.escape(stacks[0][0].title), slides=slides, reveal=REVEAL)

    def slide(self, slide: Slide) -> str:
        level = "h1" if slide.kind == "cover" else "h2"
        body = "".join(self.fragment(node) for node in slide.body)
        return (
            f'<section class="slide-{slide.kind}">\n<{level}>{html.escape(slide.title)}</{level}>\n{body}</section>\n'
        )

    def fragment(self, node) -> str:
        """El HTML de un nodo; los enlaces pierden su destino, y las imágenes se buscan desde la carpeta de al lado."""
        node = nodes.container("", node.deepcopy())
        for link in list(node.findall(nodes.reference)):
            link.replace_self(link.children)
        for formula in node.findall(nodes.math_block):
            formula["number"] = None  # el que tiene en el capítulo, desde aquí no se puede citar
        self.builder.imgpath = relative_uri(f"{FOLDER}/page", "_images")
        self.builder.current_docname = self.docname
        return self.builder.render_partial(node)["fragment"]


def remember(app, doctree, docname):
    """Los capítulos que se vuelven a escribir."""
    if app.builder.name == "html" and docname.startswith("lectures/"):
        app.slides_due.add(docname)


def write(app, exception):
    if exception or app.builder.name != "html":
        return
    due = sorted(app.slides_due)
    for docname in due:
        path = Path(app.outdir, FOLDER, f"{Path(docname).name}.html")
        path.parent.mkdir(exist_ok=True)
        path.write_text(Writer(app, docname).page(), "utf8")
    if due:
        source = Path(str(files("sphinx_revealjs") / "_static" / "revealjs" / "dist"))
        target = Path(app.outdir, REVEAL)
        target.mkdir(parents=True, exist_ok=True)
        for name in ("reveal.js", "reveal.css"):
            shutil.copyfile(source / name, target / name)


def setup(app):
    app.slides_due = set()
    app.connect("doctree-resolved", remember)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
