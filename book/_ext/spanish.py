"""Todo el sitio en español: lo que Sphinx, el tema y las demás extensiones dejan en inglés o traducen mal."""

import re
import unicodedata
from dataclasses import dataclass
from dataclasses import field as attribute
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages import mofile, pofile
from myst_nb.sphinx_ import HideCodeCellNode
from pybtex.plugin import register_plugin
from pybtex.style.formatting.alpha import Style as AlphaStyle
from pybtex.style.labels.alpha import LabelStyle as AlphaLabels
from pybtex.style.template import Node, field, names, sentence, tag
from sphinx.locale import translators
from sphinx.search.es import SearchSpanish
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib.bibtex.plugin import register_plugin as register_bibtex_plugin
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.label import LabelReferenceStyle

CATALOGS = Path(__file__).parents[1] / "locale"

SETTINGS = {
    "nb_code_prompt_show": "Mostrar {type}",
    "nb_code_prompt_hide": "Ocultar {type}",
    "togglebutton_hint": "Mostrar",
    "togglebutton_hint_hide": "Ocultar",
    "bibtex_default_style": "spanish",
    "bibtex_reference_style": "spanish",
}
SEARCH_HINT = "Buscar en el libro…"

#: Lo que myst-nb pone en lugar de {type}, sin traducción posible.
HIDDEN = {"content": "la celda", "source": "el código", "output": "la salida", "outputs": "las salidas"}

#: Textos fijos en las plantillas del tema y en myst-nb.
LITERALS = {
    'aria-label="Main"': 'aria-label="Principal"',
    'aria-label="Page"': 'aria-label="Página"',
    'title="Toggle primary sidebar"': 'title="Mostrar u ocultar el menú"',
    'title="Toggle secondary sidebar"': 'title="Mostrar u ocultar el índice de la página"',
    '<summary aria-label="Toggle hidden content">': "<summary>",
}
TOGGLE_BUTTON = ("Toggle hidden content", "Mostrar u ocultar el contenido")

#: Palabras de los estilos bibliográficos de pybtex.
BIBLIOGRAPHY = {
    "In": "En",
    "in": "en",
    "of": "de",
    "editor": "ed.",
    "editors": "eds.",
    "edition": "edición",
    "chapter": "capítulo",
    "pages": "páginas",
    "Volume": "Volumen",
    "volume": "volumen",
    "Number": "Número",
    "number": "número",
    "PhD thesis": "Tesis doctoral",
    "Master's thesis": "Trabajo de fin de máster",
    "Technical Report": "Informe técnico",
    " (visited on ": " (consultado el ",
}


def translate_page(html: str) -> str:
    for english, spanish in LITERALS.items():
        html = html.replace(english, spanish)
    return html


def translate_scripts(app, exception):
    script = Path(app.outdir, "_static", "togglebutton.js")
    if not exception and script.exists():
        script.write_text(script.read_text("utf8").replace(*TOGGLE_BUTTON), "utf8")


def configure(app, config):
    for name, value in SETTINGS.items():
        config[name] = value
    config.html_theme_options["search_bar_text"] = SEARCH_HINT
    config.locale_dirs = [str(CATALOGS)]  # de aquí toma Sphinx sphinx.js; los .po los antepone correct_catalogs


def correct_catalogs(app):
    """Antepone los catálogos del libro, que corrigen y completan los de cada extensión."""
    for path in CATALOGS.glob("es/LC_MESSAGES/*.po"):
        compiled = BytesIO()
        with path.open("rb") as source:
            mofile.write_mo(compiled, pofile.read_po(source))
        compiled.seek(0)
        translators["general", path.stem]._catalog.update(GNUTranslations(compiled)._catalog)


class TranslateHiddenCells(SphinxPostTransform):
    default_priority = 200  # justo después de que myst-nb pliegue las celdas
    formats = ("html",)

    def run(self, **kwargs):
        for node in self.document.findall(HideCodeCellNode):
            for prompt in ("prompt_show", "prompt_hide"):
                verb, _, hidden = node[prompt].partition(" ")
                node[prompt] = f"{verb} {HIDDEN.get(hidden, hidden)}"


#: Lo mismo que `Search.stem`, en el navegador.
STEM_QUERY = r"""
Stemmer = class extends Stemmer {
  stemWord = ((stem) => (word) => {
    const plain = word.normalize("NFD").replace(/(?!\u0303)[\u0300-\u036f]/g, "").normalize("NFC");
    return stem.call(this, plain.replace(/ion$/, "ión"));
  })(this.stemWord);
};
"""


class Search(SearchSpanish):
    """Busca igual con tildes que sin ellas; la ñ sigue siendo otra letra.

    Antes de extraer la raíz, el índice y el navegador llevan cada palabra a la misma forma: sin tildes, salvo la de
    «-ión», que el extractor necesita para reconocer «propagación» y «propagaciones» como la misma palabra.
    """

    js_splitter_code = STEM_QUERY  # se inserta tras el extractor de raíces

    def stem(self, word):
        plain = unicodedata.normalize("NFD", word.lower())
        plain = unicodedata.normalize("NFC", re.sub("(?!\u0303)[\u0300-\u036f]", "", plain))
        return super().stem(re.sub("ion$", "ión", plain))


class Labels(AlphaLabels):
    """Como «alpha», pero respeta la etiqueta que una ficha pide en su campo ``shorthand``."""

    def format_label(self, entry):
        return entry.fields.get("shorthand") or super().format_label(entry)


class Order:
    """Por orden de etiqueta."""

    def sort(self, entries):
        return sorted(entries, key=lambda entry: Labels().format_label(entry).lower())


def translated(template):
    """La plantilla de pybtex con sus palabras en español."""
    if isinstance(template, Node):
        template.children = [translated(child) for child in template.children]
    elif isinstance(template, list):
        template = [translated(child) for child in template]
    elif isinstance(template, str):
        template = BIBLIOGRAPHY.get(template, template)
    return template


class Bibliography(AlphaStyle):
    default_label_style = Labels
    default_sorting_style = "spanish"

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if re.fullmatch("get_.*_template", name):
            return lambda entry: translated(value(entry))
        return value

    def format_names(self, role, as_sentence=True):
        people = names(role, sep=", ", sep2=" y ", last_sep=" y ")
        return sentence[people] if as_sentence else people

    def format_title(self, entry, which_field, as_sentence=True):
        title = tag("em")[field(which_field)]  # sin cambiar sus mayúsculas
        return sentence[title] if as_sentence else title


@dataclass
class References(LabelReferenceStyle):
    """Las citas en el texto."""

    person: PersonStyle = attribute(default_factory=lambda: PersonStyle(sep2=" y ", last_sep=" y "))


def setup(app):
    register_bibtex_plugin("sphinxcontrib.bibtex.style.referencing", "spanish", References)
    register_plugin("pybtex.style.formatting", "spanish", Bibliography)
    register_plugin("pybtex.style.sorting", "spanish", Order)
    app.add_search_language(Search)
    app.add_post_transform(TranslateHiddenCells)
    app.connect("config-inited", configure, priority=1)
    app.connect("builder-inited", correct_catalogs)
    app.connect("build-finished", translate_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
