"""El sitio ya construido, abierto página por página: se basta, es accesible y ligero, está quieto y en español."""

import gzip
import io
import json
import re
import sys
import threading
import time
from base64 import b64decode
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

import axe_playwright_python
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

from spanish import Search  # noqa: E402
from weight import italics  # noqa: E402

from addresses import launch_urls, repository  # noqa: E402

pytestmark = pytest.mark.slow

SITE = ROOT / "_build" / "html"
#: La portada es solo una redirección; el navegador no se detiene en ella. Las diapositivas tienen sus pruebas.
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if path != SITE / "index.html" and not {"_static", "diapositivas"} & set(path.parts)
)
#: Lo que pide una página al abrirse, comprimido como lo manda el servidor, sin los pesos del explorador.
FIRST_LOAD = 400_000
#: Ancho y tema con que se mira cada página: se abre en el primero y se pasa al segundo sin volver a cargarla.
SCREENS = {"telefono-oscuro": (390, "dark"), "escritorio-claro": (1280, "light")}

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf8")
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "preload": False,  # no volver a pedir las hojas de estilo
    "rules": {"label-content-name-mismatch": {"enabled": True}, "color-contrast": {"enabled": False}},
}
ENGLISH = re.compile(
    r"\b(search\w*|toggle|launch|previous|next|click|copy|copied|download|show|hide|link to|permalink|home|open|close"
    r"|skip|back to|print to|light|dark|settings|edit|source|contents|note|warning|logo|index|sidebar|navigation|theme"
    r"|main|page|expand|collapse|issue|repository|fullscreen|exercise|solution)\b",
    re.IGNORECASE,
)
INTERFACE = """() => [
  ...[...document.querySelectorAll("*")].filter((element) => !element.matches("a.reference")).flatMap((element) =>
    ["title", "aria-label", "placeholder", "alt", "data-bs-title", "data-bs-original-title"].map(
      (name) => element.getAttribute(name))),
  ...[...document.querySelectorAll("button, summary, label, .admonition-title, .caption-number, title")].map(
    (element) => element.textContent),
].filter(Boolean)"""
#: De los miles de trozos de código coloreado basta uno de cada clase; el resto pasa a ser texto, que ocupa lo mismo.
FEWER_TOKENS = """() => {
  const seen = new Set();
  for (const token of document.querySelectorAll(".highlight pre span")) {
    if (seen.has(token.className)) token.replaceWith(token.textContent);
    seen.add(token.className);
  }
  document.querySelectorAll(".highlight pre").forEach((code) => code.normalize());
}"""
#: Lo caro es el contraste, y solo depende del color, de la letra y de los fondos: de cada combinación se mira un texto.
RUN_AXE = """async (options) => {
  const backgrounds = new Map();
  const background = (element) => {
    if (!element) return "";
    if (!backgrounds.has(element)) {
      const style = getComputedStyle(element);
      backgrounds.set(element, [style.backgroundColor, style.backgroundImage, style.opacity, style.filter,
        background(element.parentElement)].join());
    }
    return backgrounds.get(element);
  };
  const texts = new Map();
  for (const element of document.querySelectorAll("body *")) {
    const written = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!written || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const look = [style.color, style.fontSize, style.fontWeight, style.textShadow, background(element)].join();
    if (!texts.has(look)) texts.set(look, element);
  }
  const contrast = {...options, rules: undefined, runOnly: ["color-contrast"]};
  const results = [await axe.run(options), await axe.run({include: [...texts.values()]}, contrast)];
  return results.flatMap((result) => result.violations);
}"""
#: Lo que se ha movido sin que nadie lo moviera, hasta que la página está quieta.
WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries())).observe(
    {type: "layout-shift", buffered: true});
"""
#: Espera a los programas, a las letras y a que la página lleve seis fotogramas con el mismo tamaño.
READY = """async () => {
  for (let frame = 0; frame < 600 && document.querySelector("script[type^=later]"); frame++)
    await new Promise(requestAnimationFrame);
  await document.fonts.ready;
  let before = "";
  for (let frame = 0, still = 0; frame < 120 && still < 6; frame++) {
    await new Promise(requestAnimationFrame);
    const { scrollHeight, scrollWidth } = document.documentElement;
    const now = `${scrollHeight} ${scrollWidth}`;
    still = now === before ? still + 1 : 0;
    before = now;
  }
}"""
#: Nada, si suma menos de lo que se redondea a 0.01: una tabla larga, pintada a medio llegar, ajusta sus columnas.
SHIFTS = """() => window.shifts.reduce((total, shift) => total + shift.value, 0) < 0.005 ? []
  : window.shifts.flatMap((shift) => shift.sources.map((source) => source.node))
    .map((node) => (node?.outerHTML ?? node?.textContent ?? "").slice(0, 200))"""
WIDEST = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map((element) => element.outerHTML)"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class HalfTable(Quiet):
    """Manda una página, espera a que se pinte a mitad de su primera tabla y manda el resto."""

    def do_GET(self):
        path = Path(self.directory) / self.path.lstrip("/")
        if path.suffix != ".html":
            return super().do_GET()
        text = path.read_bytes()
        rows = [row.end() for row in re.finditer(b"</tr>", text)]
        cut = rows[2] if len(rows) > 2 else len(text) // 2
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        for part in (text[:cut], text[cut:]):
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.4)


@contextmanager
def serve(folder, handler=Quiet):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="session")
def site():
    """La dirección del sitio construido."""
    if not PAGES:
        pytest.fail(f"No hay sitio construido en {SITE.relative_to(ROOT)}: ejecuta antes «make book».")
    with serve(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def open_page(browser):
    """Abre una dirección en la primera pantalla y devuelve la página; en ``problems``, lo que ha ido mal."""
    width, theme = next(iter(SCREENS.values()))
    page = new_tab(browser, width, theme)

    def visit(url):
        page.set_viewport_size({"width": width, "height": 800})
        page.problems.clear()
        page.requested.clear()
        page.goto(url)
        page.evaluate(READY)
        page.problems += [f"se mueve al cargarse: {node}" for node in page.evaluate(SHIFTS)]
        return page

    yield visit
    page.context.close()


def new_tab(browser, width, theme):
    """Una pestaña que anota los errores y no deja pedir nada a otros servidores; los colores cambian de golpe."""
    screen = {"width": width, "height": 800}
    context = browser.new_context(viewport=screen, locale="es-ES", reduced_motion="reduce")
    context.add_init_script(f"for (const key of ['mode', 'theme']) localStorage.setItem(key, '{theme}')")
    context.add_init_script(WATCH_SHIFTS)
    page = context.new_page()
    page.problems = problems = []
    page.requested = asked = set()
    context.route(lambda url: urlsplit(url).hostname != "127.0.0.1", lambda route: route.abort())

    def requested(request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.hostname != "127.0.0.1":
            problems.append(f"petición a otro servidor: {request.url}")
        asked.add(parts.path.lstrip("/"))

    page.on("request", requested)
    page.on("console", lambda message: message.type == "error" and problems.append(f"consola: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error de JavaScript: {error}"))
    page.on("requestfailed", lambda request: problems.append(f"petición fallida: {request.url}"))
    page.on("response", lambda got: got.status >= 400 and problems.append(f"respuesta {got.status}: {got.url}"))
    return page


def problems_in_browser(page):
    """Todo lo que está mal en una página abierta: errores, peticiones, anchura, accesibilidad, inglés."""
    problems = list(page.problems)
    page.mouse.move(0, 0)  # que no quede sobre un enlace al cambiar de pantalla
    texts = sorted(set(page.evaluate(INTERFACE)))
    problems += [f"texto en inglés: {' '.join(text.split())}" for text in texts if ENGLISH.search(text)]
    page.add_style_tag(content="* { content-visibility: visible !important }")  # también lo que no está a la vista
    page.evaluate(FEWER_TOKENS)
    page.evaluate(AXE)
    for screen, (width, theme) in SCREENS.items():
        if page.viewport_size["width"] != width:
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(350)  # 300 ms después decide el tema qué código se alcanza con el teclado
        page.evaluate("(theme) => document.documentElement.dataset.theme = theme", theme)
        page.evaluate(READY)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{screen}: la página es más ancha que la pantalla: {page.evaluate(WIDEST)}")
        for violation in page.evaluate(RUN_AXE, AXE_OPTIONS):
            nodes = "; ".join(node["html"] for node in violation["nodes"][:3])
            problems.append(f"{screen}: accesibilidad, {violation['id']}: {violation['help']}: {nodes}")
    return problems


@cache
def compressed(path):
    """Lo que ocupa un archivo comprimido."""
    return len(gzip.compress(path.read_bytes(), mtime=0))


def first_load(folder, names):
    """Lo que ocupa, comprimido, lo que se ha pedido; los pesos del explorador van aparte."""
    files = {folder / unquote(name) for name in names if "explorador" not in name}
    return sum(compressed(path) for path in files if path.is_file())


@cache
def soup(path):
    return BeautifulSoup(path.read_text("utf8"), "lxml")


@cache
def anchors(path):
    return set(re.findall(r'<[^>]* (?:id|name)="([^"]+)"', path.read_text("utf8")))


def problems_in_html(site, path):
    """Lo que está mal en el HTML de una página sin abrirla: idioma, imágenes, enlaces internos."""
    page, problems = soup(path), []
    if page.html.get("lang") != "es":
        problems.append("la página no dice que está en español: lang")
    for image in page.select("article img"):
        alt = (image.get("alt") or "").strip()
        if len(alt) < 15 or re.search(r"_images/|\.(png|svg|jpe?g|gif)\b", alt):
            problems.append(f"la imagen {image.get('src')} no se describe: alt={alt!r}")
    for tag, name in [("a", "href"), ("link", "href"), ("img", "src"), ("script", "src")]:
        for url in {element[name] for element in page.find_all(tag) if element.get(name)}:
            if urlsplit(url).scheme or url.startswith("//"):
                continue
            target, fragment = urldefrag(urljoin(f"/{path.relative_to(site).as_posix()}", url))
            target = site / unquote(urlsplit(target).path).lstrip("/")
            if not target.is_file():
                problems.append(f"enlace roto: {url}")
            elif fragment and target.suffix == ".html" and unquote(fragment) not in anchors(target):
                problems.append(f"enlace a un lugar que no existe: {url}")
    return problems


def missing_files(path):
    """Los archivos del repositorio que la página enlaza (para abrirlos o editarlos) y que no existen."""
    url, branch = repository()
    prefixes = [*launch_urls(url, branch, "").values(), f"{url}/edit/{branch}/", f"{url}/blob/{branch}/"]
    return [
        name
        for link in soup(path).find_all("a", href=True)
        for prefix in prefixes
        if link["href"].startswith(prefix)
        and not (ROOT / (name := urldefrag(link["href"].removeprefix(prefix)).url)).exists()
    ]


@pytest.mark.parametrize("name", PAGES or [""])
def test_every_page_works_in_a_browser(site, open_page, name):
    page = open_page(site + name)
    weight = first_load(SITE, page.requested)
    assert problems_in_browser(page) == []
    assert weight <= FIRST_LOAD, sorted((compressed(SITE / each), each) for each in page.requested)


@pytest.mark.parametrize("name", PAGES or [""])
def test_every_page_is_sound(site, name):
    assert problems_in_html(SITE, SITE / name) == []
    assert missing_files(SITE / name) == []


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("book/")] or [""])
def test_a_page_that_arrives_by_halves_does_not_move(open_page, name):
    with serve(SITE, HalfTable) as address:
        assert [problem for problem in open_page(address + name).problems if "se mueve" in problem] == []


def test_front_door_leads_to_the_book(site, open_page):
    page = open_page(site + PAGES[0])
    page.goto(site, wait_until="commit")
    page.wait_for_url(f"{site}book/*.html")
    assert problems_in_html(SITE, SITE / "index.html") == []


def test_notebook_pages_offer_their_notebook(site):
    lectures = [SITE / name for name in PAGES if name.startswith("lectures/")]
    assert lectures
    for path in lectures:
        links = {link["href"] for link in soup(path).find_all("a", href=True)}
        slug = path.stem
        for notebook in (f"lectures/{slug}.ipynb", f"exercises/{slug}.ipynb"):
            assert set(launch_urls(*repository(), notebook).values()) <= links
        assert any(link.endswith(f"/_sources/lectures/{slug}.ipynb") for link in links)


def test_every_claim_leads_to_its_evidence(site):
    cards = [card for name in PAGES if name.startswith("lectures/") for card in soup(SITE / name).select(".claim")]
    rows = anchors(SITE / "book" / "afirmaciones.html")
    assert cards
    for card in cards:
        name = card["id"].removeprefix("claim-")
        links = [link["href"] for link in card.select("a")]
        assert links == [f"#claim-{name}", f"../book/afirmaciones.html#{name}"]
        assert name in rows


def test_notebook_pages_tell_how_long_they_take(site):
    for name in PAGES:
        if name.split("/")[0] in ("lectures", "solutions"):
            run = json.loads((ROOT / name).with_suffix(".ipynb").read_text("utf8"))["metadata"]["recurrentes"]
            text = soup(SITE / name).select_one("h1 + .page-times").text
            minutes, words, speed, seconds = map(int, re.findall(r"\d+", text))
            assert (seconds, minutes) == (round(run["seconds"]), max(1, round(words / speed))), name


def test_images_keep_their_place(site):
    """Con medidas y sin prisa: al llegar no mueven el texto, y solo se piden si van a verse."""
    for name in PAGES:
        for image in soup(SITE / name).select("article img[src*=_images]"):
            assert image.get("loading") == "lazy", (name, image)
            assert image.get("style") or (image.get("width") and image.get("height")), (name, image)


def test_sounds_wait_for_their_button(site):
    """Ningún sonido viaja dentro de una página, ni se pide antes de pulsarlo."""
    players = [(SITE / name, player) for name in PAGES for player in soup(SITE / name).find_all("audio")]
    assert players
    for page, player in players:
        assert player["preload"] == "none", page
        assert (page.parent / player["src"]).read_bytes().startswith(b"RIFF"), page


def test_letters_are_not_missing(site):
    """Las letras recortadas tienen cada signo de las fórmulas y cada icono."""
    formulas = {sign for name in PAGES for math in soup(SITE / name).find_all("math") for sign in math.get_text()}
    formulas |= {chr(code) for name in PAGES for code in italics((SITE / name).read_text("utf8"))}
    font = TTFont(SITE / "_static" / "math.woff2").getBestCmap()
    assert formulas and [sign for sign in formulas if not sign.isspace() and ord(sign) not in font] == []
    css = (SITE / "_static" / "site.css").read_text("utf8")
    icons = {icon for name in PAGES for tag in soup(SITE / name).find_all("i") for icon in tag["class"] if "-" in icon}
    codes = {icon: code for icon in icons for code in re.findall(rf'\.{icon}:before[^{{]*{{content:"(.)"', css)}
    fonts = [
        TTFont(io.BytesIO(b64decode(data))).getBestCmap() for data in re.findall(r"font/woff2;base64,([^)]+)", css)
    ]
    assert codes and all(any(ord(code) in font for font in fonts) for code in codes.values())


def test_every_page_describes_itself(site):
    for name in PAGES:
        if name not in ("genindex.html", "search.html"):
            assert soup(SITE / name).find("meta", {"name": "description"})["content"], name


def test_nothing_useless_is_published(site):
    assert [*SITE.rglob("*.map"), *SITE.rglob("fontawesome.js"), *SITE.rglob("mathjax")] == []


def site_words():
    """Las palabras del texto de cada página, en minúsculas."""
    texts = {
        name: soup(SITE / name).article for name in PAGES if name.split("/")[0] in ("book", "lectures", "solutions")
    }
    for article in texts.values():
        for extra in article.select("script, .headerlink, .math, pre"):
            extra.extract()
    return {name: set(re.findall(r"[^\W\d_]{3,}", article.get_text(" ").lower())) for name, article in texts.items()}


def plain(word):
    return word.translate(str.maketrans("áéíóúü", "aeiouu"))


def test_search_ignores_accents(site, open_page):
    words = site_words()
    accented = sorted(word for word in set().union(*words.values()) if word != plain(word) and len(word) > 6)
    chosen = [word for word in accented if word.endswith("ción")][:2] + accented[:: len(accented) // 2][:2]
    assert len(chosen) == 4
    for word in chosen:
        expected = {name for name in words if word in words[name]}
        assert expected <= found(site, open_page, plain(word)), f"«{plain(word)}» no encuentra «{word}»"
        assert found(site, open_page, word) == found(site, open_page, plain(word))


def found(site, open_page, query):
    page = open_page(f"{site}search.html?q={quote(query)}")
    page.wait_for_function("document.querySelector('#search-results h2')?.innerText.startsWith('Resultados')")
    links = page.eval_on_selector_all("#search-results li a", "links => links.map((link) => link.href)")
    return {urlsplit(link).path.lstrip("/") for link in links}


def test_browser_and_index_stem_alike(site, open_page):
    words = sorted(set().union(*site_words().values()))
    page = open_page(f"{site}search.html")
    stems = page.evaluate("(words) => words.map((word) => new Stemmer().stemWord(word))", words)
    search = Search({})
    assert [(word, stem) for word, stem in zip(words, stems, strict=True) if search.stem(word) != stem] == []


def test_search_keeps_the_letter_enye():
    search = Search({})
    assert search.stem("propagacion") == search.stem("Propagación") == search.stem("propagaciones")
    assert search.stem("sesion") == search.stem("sesión")
    assert search.stem("año") != search.stem("ano")


def test_launch_addresses():
    assert launch_urls("https://github.com/ana/curso/", "main", "lectures/01-a.ipynb") == {
        "Colab": "https://colab.research.google.com/github/ana/curso/blob/main/lectures/01-a.ipynb",
        "Binder": "https://mybinder.org/v2/gh/ana/curso/main?urlpath=lab/tree/lectures/01-a.ipynb",
        "Kaggle": "https://kaggle.com/kernels/welcome?src=https://github.com/ana/curso/blob/main/lectures/01-a.ipynb",
    }


# Las mismas comprobaciones, sobre páginas con un defecto conocido: así se sabe que pueden fallar.

PAGE = """<!doctype html><html lang="es"><head><title>Prueba</title></head>
<body><main><h1>Prueba</h1>{}</main></body></html>"""


@pytest.fixture
def faulty(tmp_path):
    """Una página correcta salvo por el fragmento que se le añade."""

    def write(fragment):
        path = tmp_path / "faulty.html"
        path.write_text(PAGE.format(fragment), "utf8")
        anchors.cache_clear()
        soup.cache_clear()
        return path

    return write


@pytest.mark.parametrize(
    ("fragment", "problem"),
    [
        ("", None),
        ('<div style="width: 3000px">ancho</div>', "más ancha"),
        ('<img src="https://example.com/a.png" alt="Una imagen ajena">', "otro servidor"),
        ("<script>console.error('mal')</script>", "consola: mal"),
        ("<script>throw new Error('mal')</script>", "error de JavaScript: mal"),
        ('<script src="no-existe.js"></script>', "respuesta 404"),
        ('<p style="color: #999; background: #fff">apenas se lee</p>', "color-contrast"),
        ("<h2>Título</h2><h5>salta niveles</h5>", "heading-order"),
        (
            "<p>se mueve</p><script>requestAnimationFrame(() => requestAnimationFrame(() => {"
            "document.querySelector('h1').style.marginTop = '9rem'}))</script>",
            "se mueve al cargarse",
        ),
        ('<button aria-label="Otra cosa">Enviar</button>', "label-content-name-mismatch"),
        ('<button title="Toggle sidebar">x</button>', "inglés: Toggle sidebar"),
        ("<details><summary>Show code</summary>1</details>", "inglés: Show code"),
    ],
)
def test_browser_checks_can_fail(open_page, faulty, fragment, problem):
    path = faulty(fragment)
    with serve(path.parent) as address:
        problems = problems_in_browser(open_page(address + path.name))
    problems = [each for each in problems if "favicon" not in each]
    assert any(problem in each for each in problems) if problem else problems == []


@pytest.mark.parametrize(
    ("fragment", "problem"),
    [
        ('<a id="aqui" href="#aqui">aquí</a>', None),
        ('<a href="no-existe.html">allí</a>', "enlace roto"),
        ('<a href="#no-existe">allí</a>', "lugar que no existe"),
        ('<article><img src="faulty.html" alt="../_images/4d06ebef8a13.png"></article>', "no se describe"),
        ('<article><img src="faulty.html" alt="Gráfica"></article>', "no se describe"),
    ],
)
def test_html_checks_can_fail(faulty, fragment, problem):
    path = faulty(fragment)
    problems = problems_in_html(path.parent, path)
    assert any(problem in each for each in problems) if problem else problems == []


def test_first_load_counts_what_was_asked(tmp_path):
    for name in ("a.css", "explorador.bin", "b.css"):
        (tmp_path / name).write_bytes(bytes(range(256)))
    assert first_load(tmp_path, {"a.css", "explorador.bin", "no-existe.css"}) == compressed(tmp_path / "a.css") > 256


def test_missing_notebooks_are_found(faulty):
    url = launch_urls(*repository(), "lectures/99-no-existe.ipynb")["Colab"]
    assert missing_files(faulty(f'<a href="{url}">Colab</a>')) == ["lectures/99-no-existe.ipynb"]
