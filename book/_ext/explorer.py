"""La directiva ``{explorador}``: un instrumento del explorador dentro de una página; en el cuaderno, un enlace a ella.

    ```{explorador} celda
    :cell: LSTM
    :input: impulso
    ```

Los instrumentos son los de ``book/_static/explorador``. Sus pesos se piden cuando el lector los necesita, y el
navegador los rechaza si no tienen la huella con que se construyó la página.
"""

import base64
import json
import shutil
from hashlib import sha256
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
FOLDER = "explorador"
#: Lo que hay, con los pesos que usa cada uno.
INSTRUMENTS = {
    "celda": None,
    "quijote": ROOT / "src" / "recurrentes" / "trained" / "quijote.npz",
    "opinion": ROOT / "book" / "_static" / FOLDER / "opinion.npz",
}
WITHOUT = (
    "Aquí va un instrumento que necesita JavaScript y llegar a la página por un servidor, como el de «make serve»."
)
PRESETS = ("cell", "input", "bias", "start", "temperature", "unit", "example")


class instrument(nodes.General, nodes.Element):
    """El hueco de un instrumento."""


class Explorer(SphinxDirective):
    required_arguments = 1
    option_spec = dict.fromkeys(PRESETS, directives.unchanged_required)

    def run(self):
        name = self.arguments[0]
        if name not in INSTRUMENTS:
            raise self.error(f"No hay un instrumento «{name}». Los hay: {', '.join(INSTRUMENTS)}.")
        number = self.env.new_serialno(FOLDER) + 1
        self.env.metadata[self.env.docname][FOLDER] = True
        return [instrument(name=name, presets=self.options, ids=[f"{FOLDER}-{number}"])]


def checked(weights: Path) -> str:
    """La huella de unos pesos como la pide el navegador, si es la que dice su ``SHA256SUMS``.

    Raises
    ------
    ValueError : si no lo es.
    """
    digest = sha256(weights.read_bytes())
    sums = dict(reversed(line.split()) for line in (weights.parent / "SHA256SUMS").read_text("ascii").splitlines())
    if sums.get(weights.name) != digest.hexdigest():
        raise ValueError(
            f"{weights.relative_to(ROOT)} no tiene la huella que dice SHA256SUMS. Recupéralo con git o, si lo has "
            "entrenado tú, expórtalo con tools/export_weights.py."
        )
    return f"sha256-{base64.b64encode(digest.digest()).decode()}"


def visit(translator, node):
    (place,) = node["ids"]
    if translator.builder.name != "html":  # en el cuaderno, un enlace a su sitio en la página
        translator.body.append(
            f'<p><a href="#{place}">Aquí, en la página, hay un instrumento que se puede mover</a>.</p>'
        )
        raise nodes.SkipNode
    attributes = {"class": "explorer full-width", "id": place, "data-instrument": node["name"]}
    weights = INSTRUMENTS[node["name"]]
    if weights:
        attributes |= {"data-weights": weights.name, "data-integrity": checked(weights)}
    if node["presets"]:
        attributes["data-presets"] = json.dumps(node["presets"], ensure_ascii=False)
    text = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    translator.body.append(f"<div{text}><p>{WITHOUT}</p></div>")
    raise nodes.SkipNode


def link_files(app, pagename, templatename, context, doctree):
    """El módulo, solo en las páginas que tienen un instrumento."""
    if FOLDER in app.env.metadata.get(pagename, {}):
        app.add_js_file(f"{FOLDER}/explorer.js", type="module")


def copy_weights(app, exception):
    """Los pesos que están en el paquete, al lado de los demás."""
    if not exception and app.builder.name == "html":
        for weights in filter(None, INSTRUMENTS.values()):
            shutil.copyfile(weights, Path(app.outdir, "_static", FOLDER, weights.name))


def setup(app):
    app.add_node(instrument, html=(visit, None))
    app.add_directive(FOLDER, Explorer)
    app.add_css_file(f"{FOLDER}/explorer.css")  # con las demás, en la hoja única
    app.connect("html-page-context", link_files)
    app.connect("build-finished", copy_weights)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
