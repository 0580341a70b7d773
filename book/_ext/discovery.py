"""Lo que leen los demás programas: tarjeta para redes, mapa del sitio, índice para modelos de lenguaje y novedades."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from addresses import repository, site  # noqa: E402

CARD = "_static/tarjeta.png"  # la dibuja tools/social_card.py
CARD_ALT = "Redes neuronales recurrentes, un curso ejecutable y verificado: tres celdas enlazadas por flechas."
SITEMAP, INDEX, FEED = "sitemap.xml", "llms.txt", "cambios.xml"
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)">')
#: Un apartado de CHANGELOG.md: su título, con la fecha entre paréntesis si la versión está publicada, y su texto.
RELEASE = re.compile(r"^## (?P<title>.+?)(?: \((?P<date>\d{4}-\d\d-\d\d)\))?\n(?P<text>.*?)(?=^## |\Z)", re.M | re.S)
SUMMARY = (
    "Curso de redes neuronales recurrentes en español. Cada capítulo es un cuaderno que se vuelve a ejecutar con cada "
    "cambio; cada afirmación de sus fuentes tiene una medida y un veredicto. El código es BSD-3-Clause y el texto, "
    "CC BY 4.0."
)


def describe_for_networks(app, pagename, templatename, context, doctree):
    """Las etiquetas de Open Graph, con la descripción que ya tiene la página, y el enlace a las novedades."""
    description = DESCRIPTION.search(context.get("metatags") or "")
    if not description:
        return
    tags = {
        "og:type": "article" if pagename.startswith("lectures/") else "website",
        "og:site_name": app.config.html_title,
        "og:locale": "es_ES",
        "og:title": re.sub("<[^>]+>", "", context["title"]).replace('"', "&quot;"),
        "og:description": description[1],
        "og:url": f"{site()}{pagename}.html",
        "og:image": f"{site()}{CARD}",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": CARD_ALT,
    }
    context["metatags"] += "".join(f'<meta property="{name}" content="{text}">\n' for name, text in tags.items())
    context["metatags"] += '<meta name="twitter:card" content="summary_large_image">\n'
    feed = context["pathto"](FEED, resource=True)
    context["metatags"] += f'<link rel="alternate" type="application/atom+xml" title="Cambios" href="{feed}">\n'


def parts() -> list[tuple[str, list[str]]]:
    """Las partes del libro y sus páginas, como las ordena ``_toc.yml``."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    found = [("Portada", [toc["root"]])]
    for part in toc["parts"]:
        pages = [page["file"] for chapter in part["chapters"] for page in (chapter, *chapter.get("sections", []))]
        found.append((part["caption"], pages))
    return found


def sitemap(docnames) -> str:
    """El mapa del sitio que piden los buscadores."""
    urls = "".join(f"<url><loc>{site()}{docname}.html</loc></url>\n" for docname in sorted(docnames))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'


def index(titles: dict[str, str], title: str) -> str:
    """El índice del libro en Markdown (llmstxt.org), con enlaces al texto de cada página tal como se escribió."""
    lines = [f"# {title}", "", f"> {SUMMARY}"]
    for caption, docnames in parts():
        lines += ["", f"## {caption}", ""]
        lines += [f"- [{titles[docname]}]({site()}_sources/{docname}.md)" for docname in docnames]
    return "\n".join(lines) + "\n"


def feed(changelog: str, unreleased: str) -> str:
    """Las novedades en formato Atom, una entrada por versión; la no publicada lleva la fecha ``unreleased``."""
    ElementTree.register_namespace("", "http://www.w3.org/2005/Atom")
    root = _element(None, "feed")
    _element(root, "title", "Redes neuronales recurrentes: cambios")
    _element(root, "id", f"{site()}{FEED}")
    _element(root, "link", rel="self", href=f"{site()}{FEED}")
    _element(root, "link", href=site())
    _element(_element(root, "author"), "name", "El equipo de Recurrentes")
    releases = [found.groupdict() for found in RELEASE.finditer(changelog)]
    dates = [f"{each['date']}T00:00:00+00:00" if each["date"] else unreleased for each in releases]
    _element(root, "updated", max(dates))
    url, branch = repository()
    for release, date in zip(releases, dates, strict=True):
        entry = _element(root, "entry")
        _element(entry, "title", release["title"])
        _element(entry, "id", f"{site()}{FEED}#{release['title'].replace(' ', '-')}")
        _element(entry, "link", href=f"{url}/blob/{branch}/CHANGELOG.md")
        _element(entry, "updated", date)
        _element(entry, "content", MarkdownIt().render(release["text"].strip()), type="html")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def last_change(path: Path) -> str:
    """Cuándo cambió un archivo por última vez según git; sin su historia, según el disco."""
    command = ["git", "log", "-1", "--format=%cI", "--", path.name]
    found = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    date = found.stdout.strip()
    seen = datetime.fromisoformat(date) if date else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return seen.astimezone(UTC).isoformat(timespec="seconds")


def _element(parent, name, text=None, **attributes):
    tag = f"{{http://www.w3.org/2005/Atom}}{name}"
    node = ElementTree.Element(tag) if parent is None else ElementTree.SubElement(parent, tag)
    node.attrib.update(attributes)
    node.text = text
    return node


def finish(app, exception):
    if exception or app.builder.name != "html":
        return
    titles = {docname: title.astext() for docname, title in app.env.titles.items()}
    changelog = ROOT / "CHANGELOG.md"
    written = {
        SITEMAP: sitemap(app.env.found_docs),
        INDEX: index(titles, app.config.html_title),
        FEED: feed(changelog.read_text("utf8"), last_change(changelog)),
    }
    for name, text in written.items():
        Path(app.outdir, name).write_text(text, "utf8")


def setup(app):
    app.connect("html-page-context", describe_for_networks, priority=600)  # tras la descripción de la página
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
