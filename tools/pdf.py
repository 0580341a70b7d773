"""El libro entero en un PDF A4, con índice paginado y marcadores. Lo usa «make pdf», con el sitio ya construido.

python tools/pdf.py   reúne las páginas del sitio y el navegador las imprime en _build/html/_static/recurrentes.pdf
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from posixpath import dirname, join, normpath
from shutil import which

from bs4 import BeautifulSoup
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader

from sources import ROOT

SITE = ROOT / "_build" / "html"
FRONT = "book/portada.html"
#: Lo que solo sirve en pantalla: enlaces permanentes, código que la página pliega, cosas que se pulsan.
ON_SCREEN = ".headerlink, details.above-input, button, script"
BOOK = """<!doctype html>
<html lang="es" data-theme="light">
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="html/_static/site.css">
<body class="whole-book"><main class="bd-content"><div class="bd-article-container">
{articles}
</div></main></body>
</html>
"""


def reading_order(site: Path = SITE) -> list[str]:
    """Las páginas del libro, de la portada a la última, por donde lleva «siguiente»."""
    pages, page = [], FRONT
    while page:
        pages.append(page)
        following = re.search(r'<link rel="next"[^>]* href="([^"]+)"', (site / page).read_text("utf8"))
        page = following and normpath(join(dirname(page), following[1]))
    return pages


def assemble(pages: Iterable[str], site: Path = SITE) -> str:
    """Un solo HTML con el contenido de esas páginas: cada enlace entre ellas lleva a su lugar en él."""
    pages = list(pages)
    articles = []
    for page in pages:
        html = re.search(r"<article.*</article>", (site / page).read_text("utf8"), re.DOTALL)[0]
        article = BeautifulSoup(html, "lxml").article
        for element in article.select(ON_SCREEN):
            element.decompose()
        for element in article.find_all(id=True):
            element["id"] = place(page, element["id"])
        for image in article.find_all("img"):
            image["src"] = "html/" + normpath(join(dirname(page), image["src"]))
            del image["loading"]
        for link in article.find_all("a", href=re.compile(r"^(?!\w+:)")):
            name, _, anchor = link["href"].partition("#")
            target = normpath(join(dirname(page), name)) if name else page
            if target in pages:
                link["href"] = f"#{place(target, anchor)}"
            else:
                link.unwrap()
        for folded in article.find_all("details"):
            folded["open"] = ""
        article["id"] = place(page)
        articles.append(str(article))
    articles.insert(1, contents(pages, site))
    title = re.search(r"<title>([^<]*?)( &#8212;[^<]*)?</title>", (site / FRONT).read_text("utf8"))[1]
    return BOOK.format(title=title, articles="\n".join(articles))


def place(page: str, anchor: str = "") -> str:
    """El identificador de un lugar de una página dentro del libro."""
    return f"{page.removesuffix('.html').replace('/', '-')}{f'--{anchor}' if anchor else ''}"


def contents(pages: list[str], site: Path = SITE) -> str:
    """El índice, que es el menú del sitio; `number` pone las páginas."""
    menu = re.search(r'<nav class="bd-links.*?</nav>', (site / FRONT).read_text("utf8"), re.DOTALL)[0]
    lines = []
    for element in BeautifulSoup(menu, "lxml").select("p.caption, a"):
        title = element.get_text(" ", strip=True)
        if element.name == "p":
            lines.append(f"<h2>{title}</h2>")
        elif (page := normpath(join(dirname(FRONT), element["href"].partition("#")[0]))) in pages[1:]:
            lines.append(f'<p><a href="#{place(page)}">{title}</a> <span data-of="{place(page)}"></span></p>')
    return '<article id="contents"><h1>Índice</h1>' + "\n".join(lines) + "</article>"


def number(html: str, pdf: Path) -> str:
    """El mismo HTML con el número de página de cada línea del índice, leído de una primera impresión."""
    reader = PdfReader(pdf)
    places = reader.named_destinations
    return re.sub(
        r'(<span data-of="([^"]+)">)',
        lambda match: match[1] + str(reader.get_destination_page_number(places[f"/{match[2]}"]) + 1),
        html,
    )


def print_book(browser: Browser, pages: Iterable[str], target: Path, site: Path = SITE) -> None:
    """Imprime esas páginas en ``target``: dos veces, porque los números del índice salen de la primera."""
    html, source = assemble(pages, site), site.parent / "book.html"
    page = browser.new_page()
    for _ in range(2):
        source.write_text(html, "utf8")
        page.goto(source.as_uri())
        page.pdf(path=target, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
        html = number(html, target)
    page.close()
    source.unlink()


if __name__ == "__main__":
    if not (SITE / FRONT).exists():
        sys.exit("No hay sitio construido: ejecuta antes «make book».")
    book = SITE / "_static" / "recurrentes.pdf"
    path = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        print_book(playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]), reading_order(), book)
    print(f"{len(PdfReader(book).pages)} páginas A4 en {book.relative_to(ROOT)}")
