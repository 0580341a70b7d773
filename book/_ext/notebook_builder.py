"""Constructor «notebooks» de Sphinx: escribe, de cada página con código, un .ipynb que se lee bien en Colab.

La prosa sale del documento ya resuelto (números de figuras y ejercicios, citas y referencias como enlaces al sitio), y
las celdas de código, con sus etiquetas y salidas, del cuaderno ejecutado que dejó tools/notebooks.py.
"""

import re
import sys
from pathlib import Path
from urllib.parse import urljoin

import nbformat
from docutils import nodes
from markdownify import MarkdownConverter
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.locale import admonitionlabels

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import addresses  # noqa: E402
import exercises  # noqa: E402


class NotebookBuilder(StandaloneHTMLBuilder):
    """Escribe ``<documento>.ipynb``; hereda del de HTML para resolver enlaces, números e imágenes como la página."""

    name = "notebooks"
    search = False

    def get_outdated_docs(self):
        return [docname for docname in self.env.found_docs if self._has_code(docname)]

    def write_doc(self, docname, doctree):
        if not self._has_code(docname):
            return
        executed = nbformat.read(ROOT / "_build" / "executed" / f"{docname}.ipynb", as_version=4)
        writer = _Writer(self, docname, executed)
        writer.walk(doctree, level=0)
        path = Path(self.outdir, f"{docname}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(writer.notebook(), path)

    def _has_code(self, docname):
        return "kernelspec" in self.env.metadata.get(docname, {})

    def write_doc_serialized(self, docname, doctree):
        pass

    def copy_assets(self):
        Path(self.outdir, "_static").mkdir(parents=True, exist_ok=True)  # MyST-NB escribe ahí su hoja de estilo

    def finish(self):
        pass


class _Writer:
    def __init__(self, builder, docname, executed):
        self.builder, self.docname, self.executed = builder, docname, executed
        self.page = urljoin(addresses.site(), f"{docname}.html")
        self.code = [(index, cell) for index, cell in enumerate(executed.cells) if cell.cell_type == "code"]
        self.prose = []
        self.cells = [nbformat.v4.new_markdown_cell(self._header())]

    def notebook(self):
        self._flush()
        self._code_before(len(self.executed.cells))  # las celdas ocultas del final no están en el documento
        for number, cell in enumerate(self.cells):
            cell["id"] = f"celda-{number:03d}"
        metadata = {key: self.executed.metadata[key] for key in ("kernelspec", "recurrentes")}
        metadata["language_info"] = {"name": "python"}
        return nbformat.v4.new_notebook(cells=self.cells, metadata=metadata)

    def walk(self, node, level):
        for child in node.children:
            if isinstance(child, nodes.section):
                self.walk(child, level + 1)
            elif isinstance(child, nodes.title) and isinstance(node, nodes.section):
                self._flush()
                text = self._markdown([nodes.paragraph("", "", *(part.deepcopy() for part in child.children))])
                self.cells.append(nbformat.v4.new_markdown_cell(f"{'#' * level} {text}"))
            elif _is_code(child):
                self._flush()
                self._code_before(child["cell_index"] + 1)
                self.prose += [self._caption(figure) for figure in child.findall(nodes.figure)]
            elif any(_is_code(inner) for inner in child.findall(nodes.container)):
                self.walk(child, level)
            elif child.__class__.__name__ == "solution_node":
                self._flush()
                self.prose.append(child)
                self._flush(nbgrader=exercises.open_answer(child["target_label"]))
            elif not isinstance(child, (nodes.comment, nodes.target, nodes.substitution_definition)):
                self.prose.append(child)

    def _header(self):
        url, branch = addresses.repository()
        path = f"{self.docname}.ipynb"
        badges = {
            "Colab": "https://colab.research.google.com/assets/colab-badge.svg",
            "Binder": "https://mybinder.org/badge_logo.svg",
            "Kaggle": "https://kaggle.com/static/images/open-in-kaggle.svg",
        }
        links = addresses.launch_urls(url, branch, path)
        row = " ".join(f"[![Abrir en {name}]({image})]({links[name]})" for name, image in badges.items())
        course = f"[Redes neuronales recurrentes]({addresses.site()})"
        return f"{row}\n\nCuaderno del curso {course}; esta es [su página]({self.page})."

    def _code_before(self, index):
        while self.code and self.code[0][0] < index:
            cell = self.code.pop(0)[1]
            metadata = dict(cell.metadata)
            if "nbgrader" in metadata:
                metadata["nbgrader"] = exercises.complete(metadata["nbgrader"])
            self.cells.append(
                nbformat.v4.new_code_cell(
                    cell.source, metadata=metadata, outputs=cell.outputs, execution_count=cell.execution_count
                )
            )

    def _flush(self, **metadata):
        text = self._markdown(self.prose) if self.prose else ""
        self.prose = []
        if text:
            self.cells.append(nbformat.v4.new_markdown_cell(text, metadata=metadata))

    def _markdown(self, content):
        """Markdown de unos nodos resueltos: pasa por el HTML de la página, con las fórmulas apartadas."""
        root = nodes.container("", *[node.deepcopy() for node in content])
        formulas = []
        for math in list(root.findall(lambda node: isinstance(node, (nodes.math, nodes.math_block)))):
            block = isinstance(math, nodes.math_block)
            mark = nodes.Text(f"FORMULA{len(formulas)}X")
            formulas.append(self._formula(math) if block else f"${math.astext().strip()}$")
            math.replace_self(nodes.paragraph("", "", mark) if block else mark)
        for box in reversed(list(root.findall(nodes.Admonition))):
            box.replace_self(self._quote(box))
        for image in root.findall(nodes.image):
            image["uri"] = urljoin(addresses.site(), image["uri"])
        html = self.builder.render_partial(root)["fragment"]
        html = re.sub(r'<a class="headerlink".*?</a>', "", html)
        html = re.sub(r'(href|src)="([^"]+)"', lambda match: f'{match[1]}="{urljoin(self.page, match[2])}"', html)
        text = _Converter(heading_style="ATX", bullets="-").convert(html)
        text = re.sub(r"\n{3,}", "\n\n", text).strip()
        return re.sub(r"FORMULA(\d+)X", lambda match: formulas[int(match[1])], text)

    def _number(self, kind, node):
        """El número, «1.2», de una figura, un ejercicio o una ecuación; vacío si no lo lleva."""
        numbers = self.builder.env.toc_fignumbers.get(self.docname, {}).get(kind, {})
        return next((".".join(map(str, numbers[id])) for id in node["ids"] if id in numbers), "")

    def _formula(self, math):
        number = self._number("displaymath", math)
        tag = f" \\tag{{{number}}}" if number else ""
        return f"$$\n{math.astext().strip()}{tag}\n$$"

    def _caption(self, figure):
        """El pie de la figura de una celda, que en el cuaderno va como texto tras ella."""
        label = nodes.strong("", f"Figura {self._number('figure', figure)}. ")
        words = [word.deepcopy() for caption in figure.findall(nodes.caption) for word in caption.children]
        return nodes.paragraph("", "", label, *words)

    def _quote(self, box):
        """Una admonición, como cita con su título en negrita."""
        children = [child.deepcopy() for child in box.children]
        if children and isinstance(children[0], nodes.title):
            number = self._number("exercise", box)
            title = [nodes.Text(f"Ejercicio {number} " if number else ""), *children.pop(0).children]
        else:
            title = [nodes.Text(str(admonitionlabels.get(box.tagname, "")))]
        return nodes.block_quote("", nodes.paragraph("", "", nodes.strong("", "", *title)), *children)


class _Converter(MarkdownConverter):
    def convert_pre(self, el, text, *args, **kwargs):
        return f"\n\n```\n{el.get_text().rstrip()}\n```\n\n"

    def convert_legend(self, el, text, *args, **kwargs):
        return f"\n\n**{text}**\n\n"

    def convert_details(self, el, text, *args, **kwargs):
        return f"\n\n<details>\n{text.strip()}\n\n</details>\n\n"

    def convert_summary(self, el, text, *args, **kwargs):
        return f"<summary>{text}</summary>\n\n"


def _is_code(node):
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _mime_types(app, config):
    """MyST-NB elige qué salida mostrar según el constructor; aquí no se usa ninguna, pero avisa si no sabe cuál."""
    config.nb_mime_priority_overrides = [*config.nb_mime_priority_overrides, (NotebookBuilder.name, "text/plain", 1)]


def setup(app):
    app.add_builder(NotebookBuilder)
    app.connect("config-inited", _mime_types)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
