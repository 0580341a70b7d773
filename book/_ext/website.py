"""El sitio: se basta a sí mismo (sin peticiones a otros servidores), es accesible y lleva a los cuadernos."""

import html
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path
from textwrap import shorten
from urllib.parse import quote

from docutils import nodes
from spanish import translate_page
from sphinx.jinja2glue import BuiltinTemplateLoader

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from addresses import launch_urls, repository, site  # noqa: E402

#: Lo que el sitio usa de MathJax: el componente, sus letras y las órdenes de TeX que carga cuando aparecen.
MATHJAX = ["tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions"]

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
    r'role="doc-biblioentry"': 'role="listitem"',
    r'<div id="pst-primary-sidebar"': r'\g<0> role="complementary" aria-label="Barra lateral"',
    r'(<button class="btn search-button-field [^>]*?) aria-label="[^"]*"': r"\1",
    r'(<i class="theme-switch [^>]*?) title="[^"]*"': r'\1 aria-hidden="true"',
}


class Templates(BuiltinTemplateLoader):
    """Las plantillas del tema, con su HTML corregido."""

    def render(self, template, context):
        page = translate_page(super().render(template, context))
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


def remove_thebe(app):
    """Jupyter Book carga siempre sphinx_thebe, que declara dos veces la misma constante y apunta a otro servidor."""
    for listeners in app.events.listeners.values():
        listeners[:] = [each for each in listeners if each.handler.__module__ != "sphinx_thebe"]
    app.registry.css_files[:] = [each for each in app.registry.css_files if "thebe" not in each[0]]


def configure(app, config):
    remove_thebe(app)
    config.html_baseurl = site()
    config.template_bridge = f"{__name__}.{Templates.__name__}"
    config.mathjax_path = f"mathjax/{MATHJAX[0]}"
    config.mathjax3_config = {"options": {"enableMenu": False}}  # el menú está en inglés y carga más componentes


def finish(app, exception):
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    source = Path(str(files("sphinx-mathjax-offline") / "static" / "mathjax"))
    for name in MATHJAX:
        target = static / "mathjax" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source / name, target)
    index = Path(app.outdir, "index.html")
    index.write_text(REDIRECT.format(title=app.config.html_title, page=f"{app.config.root_doc}.html"), "utf8")
    for debugging in static.rglob("*.map"):
        debugging.unlink()


def setup(app):
    app.add_css_file("recurrentes.css")
    app.add_js_file("recurrentes.js", defer="defer")
    app.connect("config-inited", configure, priority=1)
    app.connect("html-page-context", add_launch_buttons)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", translate_issue_button, priority=502)  # tras crearlo el tema
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
