"""Las páginas que salen del inventario de las fuentes: el mapa, elemento a elemento, y las erratas."""

import re
from collections import Counter
from itertools import groupby

from docutils.nodes import make_id

import sources
from recurrentes.claims import PENDING, PENDING_TEXT

HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
#: Cómo llama el mapa a los elementos de cada estado, y el orden de sus columnas.
STATES = {
    "errata": "con errata",
    "refutada": "refutados",
    "matizada": "matizados",
    "confirmada": "confirmados",
    "explicado": "sin medida",
}


def places(coverage: list[dict], claims: list[dict], notebooks: dict) -> dict[str, list[tuple]]:
    """Dónde trata el curso cada elemento: (documento, apartado, afirmación que lo mide o None), una o más veces."""
    home = {}
    for docname, notebook in notebooks.items():
        home |= {id: (docname, section) for id, section in claim_sections(notebook).items()}
    found = {item["id"]: [] for item in coverage}
    for claim in claims:
        for id in claim["sources"]:
            found[id].append((*home[claim["id"]], claim))
    for item in coverage:
        if "place" in item:
            found[item["id"]].append((f"lectures/{item['chapter']}", item["place"], None))
    return found


def claim_sections(notebook) -> dict[str, str]:
    """El apartado en que está la celda que comprueba cada afirmación."""
    found, section = {}, None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            section = [section, *HEADING.findall(cell.source)][-1]
        else:
            found |= dict.fromkeys(sources.CLAIM_CALL.findall(cell.source), section)
    return found


def source_map(coverage: list[dict], where: dict, titles: dict) -> str:
    """El mapa: de cada fuente, todos sus elementos, con el apartado que los trata y lo que se midió."""
    titled = works()
    states = {item["id"]: _states(item, where[item["id"]]) for item in coverage}
    rows = [
        [label, *_counts([found for id, found in states.items() if id.startswith(name)])]
        for name, label in [*((name, f"{{ref}}`{name} <fuente-{name}>`") for name in titled), ("", "**Todas**")]
    ]
    text = [
        "# Mapa de fuentes\n",
        "El curso pone a prueba cinco documentos en español sobre redes recurrentes.",
        f"Aquí está todo lo que dicen, en {len(coverage)} elementos y en su orden, con el apartado que lo trata y,",
        "si se puede medir, la celda que lo mide y su veredicto.",
        "Lo que no se mide son definiciones, ecuaciones, figuras, objetivos y referencias.\n",
        _table(["Fuente", "Elementos", *(label.capitalize() for label in STATES.values())], rows),
        "Un elemento que se mide de varias maneras puede tener varios veredictos.",
        "El lugar exacto de cada uno en su fuente está en `claims/coverage.yml`.\n",
        _filter(states),
    ]
    for name, items in groupby(coverage, key=lambda item: item["id"][:2]):
        text.append(
            f"\n(fuente-{name})=\n## {name}: *{titled[name]}*\n\nLa ficha completa está en {{cite}}`{name.lower()}`."
        )
        for section, group in groupby(items, key=lambda item: item["section"]):
            text.append(f"\n### *{_plain(section)}*\n")
            text += [_item(item, where[item["id"]], titles) for item in group]
    return "\n".join(text)


def errata(coverage: list[dict], where: dict, titles: dict) -> str:
    """Las erratas: lo que las fuentes dicen mal o a medias, lo correcto y la celda que lo muestra."""
    wrong = [item for item in coverage if "suspect" in item]
    shown = sum(any(claim and claim["verdict"] != PENDING for *_, claim in where[item["id"]]) for item in wrong)
    text = [
        "# Erratas de las fuentes\n",
        f"En las cinco fuentes hay {len(wrong)} elementos con errores, imprecisiones o lagunas.",
        f"De ellos, {shown} se ven en una celda, que lo comprueba cada vez que se ejecuta;",
        "los demás enlazan con el apartado que los trata.",
        "Las fuentes se presentan en {doc}`/book/mapa-de-fuentes`.",
    ]
    for docname, items in groupby(sorted(wrong, key=lambda item: item["chapter"]), key=lambda item: item["chapter"]):
        text.append(f"\n## {titles[f'lectures/{docname}']}\n")
        for item in items:
            text += [
                f'- <span id="{item["id"]}"></span><a href="mapa-de-fuentes.html#{item["id"]}">{item["id"]}</a>, '
                f"*{_plain(item['section'])}*. Dice: {_plain(item['says'])}\n",
                f"  **Lo correcto:** {_plain(item['suspect'])}\n",
                f"  **Dónde se ve:** {_where(where[item['id']], titles)}.\n",
            ]
    return "\n".join(text)


def _item(item: dict, found: list[tuple], titles: dict) -> str:
    """Un elemento en el mapa: qué dice, dónde se trata, qué se midió y con qué coincide."""
    text = f'- <span id="{item["id"]}"></span>`{item["id"]}` {_plain(item["says"])}\n\n  {_where(found, titles)}'
    if "suspect" in item:
        text += f'; <a class="verdict verdict-errata" href="erratas.html#{item["id"]}">errata</a>'
    if "same_as" in item:
        text += ". Lo mismo en " + ", ".join(f'<a href="#{id}">{id}</a>' for id in item["same_as"])
    return text + ".\n"


def _where(found: list[tuple], titles: dict) -> str:
    """Los apartados, cada uno seguido de las celdas que hay en él y su veredicto."""
    parts = []
    for (docname, section), group in groupby(sorted(found, key=lambda place: place[:2]), key=lambda place: place[:2]):
        number = int(docname.removeprefix("lectures/")[:2])
        link = f'<a href="../{docname}.html#{make_id(_words(section))}">{number}. {section}</a>'
        cells = [
            f'<a href="../{docname}.html#claim-{claim["id"]}">{claim["id"]}</a> '
            f'(<span class="verdict verdict-{claim["verdict"]}">{verdict_text(claim)}</span>)'
            for *_, claim in group
            if claim
        ]
        parts.append(f"{link}: {', '.join(cells)}" if cells else f'{link}<span class="verdict-explicado"></span>')
    return "; ".join(parts)


def verdict_text(claim: dict) -> str:
    """El veredicto, como se lee."""
    return PENDING_TEXT if claim["verdict"] == PENDING else claim["verdict"]


def _states(item: dict, found: list[tuple]) -> set[str]:
    verdicts = {claim["verdict"] for *_, claim in found if claim}
    return (verdicts or {"explicado"}) | ({"errata"} if "suspect" in item else set())


def _counts(states: list[set[str]]) -> list[int]:
    counts = Counter(state for found in states for state in found)
    return [len(states), *(counts[state] for state in STATES)]


def _filter(states: dict[str, set[str]]) -> str:
    """Los botones que dejan a la vista solo los elementos de un estado; la hoja de estilo hace el resto."""
    total, *counts = _counts(list(states.values()))
    choices = [("todo", "todos", total), *zip(STATES, STATES.values(), counts, strict=True)]
    buttons = [
        f'<label><input type="radio" name="ver" id="ver-{state}"{checked}> {label} ({count})</label>'
        for checked, (state, label, count) in zip([" checked", *[""] * len(STATES)], choices, strict=True)
    ]
    return '<fieldset class="filter"><legend>Ver los elementos</legend>\n' + "\n".join(buttons) + "\n</fieldset>\n"


def works() -> dict[str, str]:
    """El título de cada fuente, de la bibliografía."""
    text = (sources.ROOT / "book" / "references.bib").read_text("utf8")
    return {
        name.upper(): title for name, title in re.findall(r"@misc\{(s\d),.*?title +=\s\{(.*?)\},\n", text, re.DOTALL)
    }


def _words(heading: str) -> str:
    """El título como lo ve Sphinx al darle un ancla: sin signos de fórmula, cursiva ni código."""
    return re.sub(r"[$*`]", "", heading)


def _plain(text: str) -> str:
    return str(text).replace("<", "&lt;")


def _table(head: list[str], rows: list) -> str:
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines) + "\n"
