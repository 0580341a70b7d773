"""La página del paquete: sale de sus cadenas de documentación, con autodoc."""

import re

from docutils import nodes
from sphinx import addnodes

SETTINGS = {
    "add_module_names": False,
    "autodoc_default_options": {"members": True, "member-order": "bysource"},
    "autodoc_typehints": "none",  # la forma y el sentido de cada argumento los dice su descripción
    "default_role": "py:obj",
    "html_domain_indices": False,  # ya está el índice general
    "nitpick_ignore_regex": [("py:.*", ".*")],  # un nombre entre comillas no es por fuerza un enlace
}
SECTIONS = {
    "Parameters": "Argumentos",
    "Attributes": "Atributos",
    "Returns": "Devuelve",
    "Yields": "Da, uno tras otro",
    "Raises": "Errores",
    "Examples": "Ejemplos",
}
#: «nombre, otro : lo que son», que aquí no es el tipo, como quieren napoleon y numpydoc, sino la descripción.
ENTRY = re.compile(r"([\w*]+(?:, [\w*]+)*) : (.+)")
KINDS = {"class": "clase", "exception": "excepción", "classmethod": "método de clase", "property": "propiedad"}


def configure(app, config):
    for name, value in SETTINGS.items():
        config[name] = value


def lay_out(app, what, name, obj, options, lines):
    """Los apartados de una cadena de documentación, con título en español y una viñeta por nombre."""
    laid_out, listing = [], False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        entry = ENTRY.fullmatch(line) if listing else None
        if line in SECTIONS and set(after) == {"-"}:
            laid_out += [f".. rubric:: {SECTIONS[line]}", ""]
            listing = line != "Examples"
        elif entry:
            names = ", ".join(f"``{word}``" for word in entry[1].split(", "))
            laid_out.append(f"- {names}: {entry[2]}")
        elif set(line) != {"-"}:
            laid_out.append(f"  {line.lstrip()}" if listing and line.startswith(" ") else line)
    lines[:] = laid_out


def translate_kinds(app, doctree):
    """«class», «exception»: lo que Sphinx pone ante cada nombre, en español."""
    for note in doctree.findall(addnodes.desc_annotation):
        for text in list(note.findall(nodes.Text)):
            if text in KINDS:
                text.parent.replace(text, nodes.Text(KINDS[text]))


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("config-inited", configure, priority=1)
    app.connect("autodoc-process-docstring", lay_out)
    app.connect("doctree-read", translate_kinds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
