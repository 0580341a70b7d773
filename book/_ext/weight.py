"""Una página ligera: una sola hoja de estilos con lo que el sitio usa, letras recortadas y nada que espere a nada."""

import base64
import hashlib
import io
import re
import unicodedata
from html import unescape
from importlib.resources import files
from pathlib import Path

import imagesize
import tinycss2
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError

#: La hoja única del sitio, y la letra de las fórmulas.
STYLES = "site.css"
MATH_FONT = "math.woff2"
#: Las hojas que el tema enlaza por su cuenta.
THEME = ["basic.css", "styles/pydata-sphinx-theme.css"]
#: De estas hojas ajenas se queda lo que alguna página usa; las del libro van enteras.
PRUNED = re.compile(r"styles/.*|sphinx-design|mystnb|basic")
#: Lo que el navegador añade a las páginas con nombres que compone al vuelo.
DYNAMIC = {"bs-tooltip-auto"}

#: Lo que sobra o puede esperar en la cabecera que el tema da a cada página: dibuja los iconos con 1.5 MB de JavaScript,
#: carga el índice del buscador en todas, pide los programas antes de que haya qué leer, y no sabe del tema oscuro hasta
#: que acaba de cargarse.
HEAD = {
    r'<script defer src="[^"]*fontawesome\.js[^"]*"></script>': "",
    r'<link rel="preload" as="script"[^>]*>': "",
    r"<script [^>]*design-tabs\.js[^>]*></script>": "",  # el libro no tiene pestañas
    r'<link href="[^"]*styles/(theme|pydata-sphinx-theme)\.css[^"]*" rel="stylesheet" />': "",
    r"<script>DOCUMENTATION_OPTIONS\.\w+ = [^<]*</script>": "",
    r'<script (?:defer(?:="defer")? )?((?:data-[^>]*)?src="[^"]+")></script>': r'<script type="later" \1></script>',
    r'<script type="module" (src="[^"]+")></script>': r'<script type="later-module" \1></script>',
    r"</head>": lambda match: LATER + match[0],
    r'<img (alt="[^"]*\(logotipo\)")': r'<img loading="lazy" \1',
    r'dataset\.mode = localStorage\.getItem\("mode"\) \|\| ""': (
        'dataset.mode = localStorage.getItem("mode") || "auto"'
    ),
    r'dataset\.theme = localStorage\.getItem\("theme"\) \|\| ""': (
        'dataset.theme = localStorage.getItem("theme") || '
        '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
    ),
}
#: Primero se lee y después se pulsa: los programas se piden cuando la página ya está pintada y se ejecutan en su orden,
#: uno en cada rato libre, para que entre dos se pueda desplazar la página.
LATER = """<script>
addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(() => {
  const waiting = [...document.querySelectorAll("script[type^=later]")];
  const idle = window.requestIdleCallback ?? setTimeout;
  const add = (tag, values) => document.head.append(Object.assign(document.createElement(tag), values));
  for (const { src, type } of waiting)
    add("link", type === "later" ? { rel: "preload", as: "script", href: src } : { rel: "modulepreload", href: src });
  const run = () => {
    const first = waiting.shift();
    if (!first) return;
    const script = document.createElement("script");
    for (const { name, value } of first.attributes) if (name !== "type") script.setAttribute(name, value);
    if (first.type === "later-module") script.type = "module";
    script.onload = script.onerror = () => (first.remove(), idle(run));
    document.head.append(script);
  };
  idle(run);
})));
</script>
"""
#: Los trozos de código del mismo color que el texto no necesitan etiqueta, y son cuatro de cada diez de una página.
PLAIN_CODE = r'<span class="(?:n|nn|p|w)">([^<]*)</span>'
#: El tema mira si cada caja se desplaza y la cambia antes de mirar la siguiente, y el navegador recoloca la página cien
#: veces; así las mira todas y cambia las que hacen falta.
THEME_SCRIPT = "scripts/pydata-sphinx-theme.js"
ONE_BY_ONE = r'(document\.querySelectorAll\(\["pre"[^)]*\)\))\.forEach\(e=>\{e\.tabIndex=(e\.scrollWidth[^}]*)\}\)'
ALL_AT_ONCE = r"[...\1].map(e=>[e,\2]).forEach(([e,t])=>{e.tabIndex===t||(e.tabIndex=t)})"
SEARCH = r'<script src="[^"]*(searchtools|language_data|searchindex)\.js[^"]*"></script>'


def lighten(page: str, pagename: str) -> str:
    """El HTML de una página sin lo que no necesita para mostrarse."""
    if pagename != "search":
        page = re.sub(SEARCH, "", page)
    for heavy, light in HEAD.items():
        page = re.sub(heavy, light, page)
    return re.sub(PLAIN_CODE, r"\1", page)


def shared_styles(app) -> list[str]:
    """Las hojas que enlazarían todas las páginas, en su orden."""
    sheets = sorted(app.builder._orig_css_files, key=lambda sheet: sheet.priority)
    return THEME + [str(sheet.filename).partition("?")[0].removeprefix("_static/") for sheet in sheets]


def link_styles(app, pagename, templatename, context, doctree):
    """En lugar de las hojas de todas las páginas, la única que escribe `finish`; y la letra que va a hacer falta."""
    context["css_files"].clear()  # es la lista del constructor, que la repone tras cada página
    links = f'<link rel="stylesheet" href="{context["pathto"](f"_static/{STYLES}", 1)}">\n'
    if "<math" in (context.get("body") or ""):
        links += "<script>document.fonts.load('1em formulas')</script>\n"  # que esté lista antes de la primera fórmula
    context["metatags"] = context.get("metatags", "") + links


def measure_images(app, pagename, templatename, context, doctree):
    """Cada imagen con su ancho y su alto, para que al llegar no mueva el texto, y solo cuando hace falta."""
    paths = {name: path for path, name in app.builder.images.items()}

    def measured(match):
        path = Path(app.srcdir, paths.get(match[2], "no"))
        width, height = imagesize.get(path) if path.is_file() else (-1, -1)
        size = f' width="{width}" height="{height}"' if width > 0 and "style=" not in match[0] else ""
        return f'<img loading="lazy" decoding="async"{size}{match[1]}{match[2]}"'

    if body := context.get("body"):
        context["body"] = re.sub(r'<img( [^>]*?src="(?:\.\./)*_images/)([^"]+)"', measured, body)


def store_sounds(app, pagename, templatename, context, doctree):
    """Cada sonido, en un archivo que se pide al pulsarlo: dentro de la página pesa más que toda ella."""

    def stored(match):
        sound = base64.b64decode(match[1])
        name = f"_static/{hashlib.sha256(sound).hexdigest()[:12]}.wav"
        path = Path(app.outdir, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sound)
        return f'preload="none" src="{context["pathto"](name, 1)}"'

    if body := context.get("body"):
        context["body"] = re.sub(r'src="data:audio/wav;base64,([^"]+)"', stored, body)


def finish(app, exception):
    """Escribe la hoja única, con las letras dentro y recortadas a lo que aparece en las páginas."""
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    for unused in {*static.rglob("*.map"), *static.rglob("fontawesome.js*")}:
        unused.unlink()
    pages = "".join(path.read_text("utf8") for path in Path(app.outdir).rglob("*.html"))
    scripts = "".join(path.read_text("utf8") for path in static.rglob("*.js"))
    names = {name for names in re.findall(r'(?:class|id)="([^"]*)"', pages) for name in names.split()}
    names |= set(re.findall(r"[\w-]+", scripts)) | DYNAMIC
    sheets = []
    for name in shared_styles(app):
        rules = tinycss2.parse_stylesheet((static / name).read_text("utf8"), skip_comments=True, skip_whitespace=True)
        sheets.append(pruned(rules, names) if PRUNED.match(name) else tinycss2.serialize(rules))
    css = "".join(sheets)
    icons = set(map(ord, re.findall("[\ue000-\uf8ff]", css)))
    webfonts = static / "vendor" / "fontawesome" / "webfonts"
    css = re.sub(
        r"url\(\.\./vendor/fontawesome/webfonts/([\w-]+)\.woff2\)[^}]*",
        lambda match: f'url({data_url(cut(webfonts / f"{match[1]}.ttf", icons))}) format("woff2")',
        css,
    )
    formulas = "".join(re.findall(r"<math.*?</math>", pages, re.DOTALL))
    signs = {*map(ord, unescape(re.sub("<[^>]*>", "", formulas))), *italics(formulas)}
    font = cut(Path(str(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf")), signs)
    (static / MATH_FONT).write_bytes(font)  # para las diapositivas
    (static / STYLES).write_text(replaced(rf'url\("{MATH_FONT}"\)', f"url({data_url(font)})", css), "utf8")
    theme = files("pydata_sphinx_theme") / "theme" / "pydata_sphinx_theme" / "static" / THEME_SCRIPT
    (static / THEME_SCRIPT).write_text(replaced(ONE_BY_ONE, ALL_AT_ONCE, theme.read_text("utf8")), "utf8")


def replaced(pattern: str, new: str, text: str) -> str:
    """El texto con un trozo cambiado; si ya no está, cambió lo que se corrige y hay que mirarlo."""
    text, found = re.subn(pattern, new, text)
    if not found:
        raise ExtensionError(f"weight.py: no se encuentra «{pattern}»; mira si sigue haciendo falta cambiarlo.")
    return text


#: Las letras cursivas, por la letra corriente: MathML las pone solo en lugar de una letra suelta.
ITALICS = {
    unicodedata.normalize("NFKC", chr(code)): code
    for code in (*range(0x1D434, 0x1D468), 0x210E, *range(0x1D6E2, 0x1D71C))
}


def italics(formulas: str) -> set[int]:
    """Las cursivas que piden las letras sueltas de unas fórmulas.

    Examples
    --------
    >>> [chr(code) for code in italics("<mi>h</mi><mi>sen</mi>")]
    ['ℎ']
    """
    return {ITALICS[letter] for letter in re.findall("<mi>(.)</mi>", formulas) if letter in ITALICS}


def pruned(rules: list, names: set[str]) -> str:
    """Las reglas que pueden afectar a una página con esas clases e identificadores.

    Examples
    --------
    >>> rules = tinycss2.parse_stylesheet("a{b:c}.si,.no:hover{b:c}@media print{#no{b:c}.si:not(.no){b:c}}")
    >>> pruned(rules, {"si"})
    'a{b:c}.si{b:c}@media print{.si:not(.no){b:c}}'
    """
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [each for each in _selectors(rule.prelude) if _mentions(each) <= names]
            if selectors:
                kept.append(f"{','.join(map(tinycss2.serialize, selectors))}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.content and rule.lower_at_keyword in ("media", "supports"):
            inside = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if text := pruned(inside, names):
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{text}}}")
        elif rule.type == "at-rule":
            kept.append(tinycss2.serialize([rule]))
    return "".join(kept)


def _selectors(prelude: list) -> list[list]:
    """Los selectores que una regla separa con comas."""
    selectors = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def _mentions(selector: list) -> set[str]:
    """Las clases y los identificadores que un selector exige."""
    found = set()
    for before, token in zip([None, *selector], selector, strict=False):
        if token.type == "hash" or (token.type == "ident" and before == "."):
            found.add(token.value)
    return found


def cut(path: Path, characters: set[int]) -> bytes:
    """El archivo de letra con esos caracteres y nada más, comprimido."""
    font = TTFont(path)
    options = subset.Options(hinting=False, layout_features=[], name_IDs=[], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = "woff2"
    output = io.BytesIO()
    font.save(output)
    return output.getvalue()


def data_url(font: bytes) -> str:
    return f"data:font/woff2;base64,{base64.b64encode(font).decode()}"


def setup(app):
    app.connect("html-page-context", link_styles, priority=1)
    app.connect("html-page-context", measure_images)
    app.connect("html-page-context", store_sounds)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
