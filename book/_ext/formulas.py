"""Las fórmulas, en MathML desde la construcción: las dibuja y las lee el navegador, sin JavaScript ni espera."""

import re
import unicodedata
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert_to_element
from sphinx.util.math import get_node_equation_number

#: Espacio fino entre el nombre de una función y lo que no es su paréntesis.
THIN = "0.167em"
#: Lo que latex2mathml deja como operador o con otro signo.
SIGNS = {"~": "\u02dc", "^": "\u02c6"}
SCRIPTS = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
LIMITED = {"inline": ("∑", "∏"), "block": ("∑", "∏", "max", "min")}
LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}


def mathml(latex: str, display: str = "inline") -> str:
    r"""La fórmula en MathML.

    Examples
    --------
    >>> mathml("h_t")
    '<math><msub><mi>h</mi><mi>t</mi></msub></math>'
    >>> mathml(r"\tanh(x)")
    '<math><mi>tanh</mi><mo stretchy="false">(</mo><mi>x</mi><mo stretchy="false">)</mo></math>'
    >>> mathml(r"2\ln x")
    '<math><mn>2</mn><mspace width="0.167em" /><mi>ln</mi><mspace width="0.167em" /><mi>x</mi></math>'
    """
    tree = convert_to_element(latex.replace("{aligned}", "{split}"), display=display)
    for element in list(tree.iter()):
        element.text = unescape(element.text or "")
        correct(element, display)
    if len(tree) == 1 and tree[0].tag == "mrow":  # <math> ya es una fila
        tree[:] = list(tree[0])
    for element in list(tree.iter()):
        separate_functions(element)
        tighten(element)
    tree.attrib = {"display": "block"} if display == "block" else {}
    return ElementTree.tostring(tree, "unicode")


def correct(element, display):
    """Cada cosa con la etiqueta que la hace verse y leerse bien: nombres enteros, acentos, límites."""
    letters = [child.text for child in element if child.get("mathvariant") == "normal"]
    if element.tag == "mrow" and len(letters) == len(element) > 1:
        element[:] = []
        element.tag, element.text = "mi", "".join(letters)
    elif element.tag == "mo" and re.fullmatch(r"[a-z]{2,}|∂", element.text):
        element.tag, element.attrib = "mi", {}
    elif element.tag == "mover" and element[1].tag == "mo":
        element.set("accent", "true")
        element[1].text = SIGNS.get(element[1].text, element[1].text)
    elif element.get("mathvariant") == "bold-italic":  # los navegadores ya no lo entienden: el signo mismo
        name = re.sub("GREEK | LETTER", "", unicodedata.name(element.text))
        element.attrib, element.text = {}, unicodedata.lookup(f"MATHEMATICAL BOLD ITALIC {name}")
    elif element.tag == "mi" and element.text == "~":
        element.tag, element.text = "mo", "∼"
    elif element.tag in LIMITS and element[0].text in LIMITED[display]:
        element.tag = LIMITS[element.tag]
    elif element.get("width") == "negativethinmathspace":
        element.set("width", f"-{THIN}")


def is_function(element) -> bool:
    while element.tag in ("msub", "msup", "msubsup", "munder"):
        element = element[0]
    return element.tag == "mi" and len(element.text or "") > 1


def separate_functions(row):
    if row.tag not in ("math", "mrow", "mtd", "mstyle"):
        return
    for index in reversed(range(len(row))):
        if is_function(row[index]):
            if row[index + 1 :] and row[index + 1].tag not in ("mo", "mspace"):
                row.insert(index + 1, ElementTree.Element("mspace", width=THIN))
            if index and row[index - 1].tag not in ("mo", "mspace"):
                row.insert(index, ElementTree.Element("mspace", width=THIN))


def tighten(element):
    """Como TeX: ni en los índices, ni alrededor de una barra, ni tras un signo sin primer término hay espacio."""
    scripts = element[1:] if element.tag in SCRIPTS else []
    for sign in [sign for script in scripts for sign in script.iter("mo")]:
        sign.attrib |= {"lspace": "0", "rspace": "0"}
    for before, sign in pairwise(element):
        if before.tag == "mo" == sign.tag and before.text not in ")]}" and sign.text in "−+±":
            sign.set("form", "prefix")
    if element.tag == "mo" and element.text == "/":
        element.attrib |= {"lspace": "0", "rspace": "0"}
    elif element.tag == "mo" and element.text in "|‖":
        element.attrib.setdefault("stretchy", "false")


def visit_math(self, node):
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def visit_equation(self, node):
    latex = node.astext()
    if r"\\" in latex and r"\begin" not in latex:  # varias líneas
        latex = rf"\begin{{split}}{latex}\end{{split}}"
    self.body += [self.starttag(node, "div", CLASS="math"), mathml(latex, "block")]
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Enlace a esta ecuación")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def configure(app, config):
    config.html_math_renderer = "mathml"


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_equation, None))
    app.connect("config-inited", configure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
