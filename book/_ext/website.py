"""El sitio: se basta a sí mismo, es accesible y lleva a los cuadernos y de cada afirmación a su evidencia."""

import html
import json
import re
import shutil
import sys
from pathlib import Path
from textwrap import shorten
from urllib.parse import quote

from docutils import nodes
from spanish import translate_page
from sphinx.jinja2glue import BuiltinTemplateLoader
from weight import lighten

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from addresses import launch_urls, repository, site  # noqa: E402

#: Palabras por minuto de quien lee un texto técnico.
READING_SPEED = 200
LEDGER = "book/afirmaciones"

IMAGES = "_static/images"
ICONS = {"Colab": f"{IMAGES}/logo_colab.png", "Binder": f"{IMAGES}/logo_binder.svg", "Kaggle": "fab fa-kaggle"}

REDIRECT = """<!doctype html>
<html lang="es">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={page}">
<title>{title}</title>
<main><h1>{title}</h1><p><a href="{page}">Abrir la portada</a></p></main>
</html>
"""

#: Lo que axe reprocha a las plantillas del tema y a docutils: nombres que faltan, papeles que no casan.
ACCESSIBILITY = {
    r'<summary>(?=<span class="toctree-toggle")': '<summary aria-label="Mostrar u ocultar sus apartados">',
    r'<th(?: class="head")?>(?:<p></p>)?</th>': "<td></td>",  # la esquina de una tabla
    r'role="doc-biblioentry"': 'role="listitem"',
    r'<div id="pst-primary-sidebar"': r'\g<0> role="complementary" aria-label="Barra lateral"',
    r'(<button class="btn search-button-field [^>]*?) aria-label="[^"]*"': r"\1",
    r'(<i class="theme-switch [^>]*?) title="[^"]*"': r'\1 aria-hidden="true"',
}


class Templates(BuiltinTemplateLoader):
    """Las plantillas del tema, con su HTML corregido."""

    def render(self, template, context):
        page = lighten(translate_page(super().render(template, context)), context.get("pagename"))
        for wrong, right in ACCESSIBILITY.items():
            page = re.sub(wrong, right, page)
        return page


def notebook(app, pagename):
    """Si la página es un cuaderno, su ruta en el repositorio."""
    return f"{pagename}.ipynb" if "kernelspec" in app.env.metadata.get(pagename, {}) else None


def launch_buttons(path, text):
    return [
        {
            "type": "link",
            "text": text.format(service),
            "tooltip": f"Abrir en {service}",
            "icon": ICONS[service],
            "url": url,
        }
        for service, url in launch_urls(*repository(), path).items()
    ]


def add_launch_buttons(app, pagename, templatename, context, doctree):
    """Abren en Colab, Binder o Kaggle el cuaderno derivado de la página y, si lo hay, el de sus ejercicios."""
    path = notebook(app, pagename)
    if not path:
        return
    buttons = launch_buttons(path, "{}")
    exercises = f"exercises/{Path(path).name}"
    if (ROOT / exercises).exists():
        buttons += launch_buttons(exercises, "Ejercicios en {}")
    context["header_buttons"].append(
        {
            "type": "group",
            "tooltip": "Ejecutar el cuaderno",
            "icon": "fas fa-rocket",
            "buttons": buttons,
            "label": "launch-buttons",
        }
    )
    if (ROOT / path).exists():  # el que se descarga es el mismo que se abre
        copy = Path(app.outdir, "_sources", path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy)
        context["ipynb_source"] = path


def translate_issue_button(app, pagename, templatename, context, doctree):
    """El aviso de error que el tema prepara en inglés."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("label") == "source-issues-button":
                button["url"] = f"{repository()[0]}/issues/new?title={quote(f'Error en {pagename}: ')}"


def describe(app, pagename, templatename, context, doctree):
    """La descripción que muestran los buscadores: el primer párrafo de la página."""
    paragraph = doctree and next(doctree.findall(nodes.paragraph), None)
    if paragraph:
        text = html.escape(shorten(paragraph.astext(), 160, placeholder="…"))
        context["metatags"] += f'<meta name="description" content="{text}">\n'


def tell_times(app, pagename, templatename, context, doctree):
    """Bajo el título, lo que cuesta leer la página y lo que tardó en ejecutarse su cuaderno."""
    if not doctree or pagename == app.config.root_doc:
        return
    words = sum(len(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph))
    minutes = max(1, round(words / READING_SPEED))
    text = f"Lectura: {minutes} min ({words} palabras a {READING_SPEED} por minuto, sin contar el código)."
    if path := notebook(app, pagename):
        run = json.loads((ROOT / path).read_text("utf8"))["metadata"]["recurrentes"]
        status = context["pathto"]("book/estado")
        text += f' Ejecución: <a href="{status}">{run["seconds"]:.0f} s</a>.'
    context["body"] = context["body"].replace("</h1>", f'</h1>\n<p class="page-times">{text}</p>', 1)


def link_claims(app, pagename, templatename, context, doctree):
    """De cada tarjeta, a su evidencia en el registro; y cada afirmación, aquí y allí, con su enlace permanente."""
    body = context.get("body") or ""
    if pagename == LEDGER:
        link = r'<a class="headerlink" href="#\1" title="Enlace a esta afirmación">#</a>'
        context["body"] = re.sub(
            r'<p><span id="([\w-]+)"></span></p>\s*<p>(.*?)</p>',
            rf'<p id="\1" class="claim-row">\2 {link}</p>',
            body,
            flags=re.DOTALL,
        )
        return
    ledger = context["pathto"](LEDGER)
    context["body"] = re.sub(
        r'(<div class="claim [^>]*id="(claim-([\w-]+))".*?)<code>\3</code>(?=</small></div>)',
        rf'\1<a class="claim-id" href="#\2"><code>\3</code></a> · '
        rf'<a href="{ledger}#\3">ver la evidencia</a>',
        body,
    )


def remove_thebe(app):
    """Jupyter Book carga siempre sphinx_thebe, que declara dos veces la misma constante y apunta a otro servidor."""
    for listeners in app.events.listeners.values():
        listeners[:] = [each for each in listeners if each.handler.__module__ != "sphinx_thebe"]
    app.registry.css_files[:] = [each for each in app.registry.css_files if "thebe" not in each[0]]


def configure(app, config):
    remove_thebe(app)
    config.html_baseurl = site()
    config.template_bridge = f"{__name__}.{Templates.__name__}"


def finish(app, exception):
    if exception or app.builder.name != "html":
        return
    index = Path(app.outdir, "index.html")
    index.write_text(REDIRECT.format(title=app.config.html_title, page=f"{app.config.root_doc}.html"), "utf8")


def setup(app):
    app.add_css_file("recurrentes.css")
    app.add_css_file("inventory.css")  # el mapa de fuentes y las erratas
    app.add_js_file("recurrentes.js", defer="defer")
    app.connect("config-inited", configure, priority=1)
    app.connect("html-page-context", add_launch_buttons)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", tell_times)
    app.connect("html-page-context", link_claims)
    app.connect("html-page-context", translate_issue_button, priority=502)  # tras crearlo el tema
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
