"""Registros de las afirmaciones y páginas que salen de ellos: afirmaciones, estado, erratas y mapa de fuentes."""

import json
from collections import Counter
from pathlib import Path

import yaml

import sources
from recurrentes.claims import MIME, bounds_text, value_text

VERDICTS = ("confirmada", "matizada", "refutada")
SOURCES = ("S0", "S1", "S2", "S3", "S4")
NOTICE = "<!-- Página derivada por «make notebooks»: no la edites a mano. -->\n\n"


def write(target: Path, notebooks: dict) -> None:
    """Escribe en ``target`` los registros y las cuatro páginas, a partir de los cuadernos con sus salidas."""
    claims = load("claims.yml")
    evidence = gather(claims, notebooks)
    for id, records in evidence.items():
        text = json.dumps({"id": id, "records": records}, ensure_ascii=False, indent=1, sort_keys=True)
        _save(target / "claims" / "evidence" / f"{id}.json", text + "\n")
    titles = {docname: _title(notebook) for docname, notebook in notebooks.items()}
    coverage = load("coverage.yml")
    _save(target / "book" / "afirmaciones.md", ledger(claims, evidence, titles))
    _save(target / "book" / "estado.md", status(notebooks, titles))
    _save(target / "book" / "erratas.md", errata(coverage, titles))
    _save(target / "book" / "mapa-de-fuentes.md", source_map(coverage, claims, titles))


def load(name: str) -> list[dict]:
    return yaml.safe_load((sources.ROOT / "claims" / name).read_text("utf8"))


def claim_records(docname: str, notebook) -> list[dict]:
    """Los registros que llevan las salidas de un cuaderno, con su origen y la huella del código que los midió."""
    key = notebook.metadata["recurrentes"]["key"]
    return [
        {**output["data"][MIME], "origin": docname, "key": key}
        for cell in sources.code_cells(notebook)
        for output in cell.outputs
        if MIME in output.get("data", {})
    ]


def gather(claims: list[dict], notebooks: dict) -> dict[str, list[dict]]:
    """Los registros de cada afirmación: el de su cuaderno, y los que otros backends o estudios hayan dejado antes."""
    measured = {}
    for docname, notebook in notebooks.items():
        for record in claim_records(docname, notebook):
            measured.setdefault(record.pop("id"), []).append(record)
    evidence = {}
    for claim in claims:
        path = sources.ROOT / "claims" / "evidence" / f"{claim['id']}.json"
        kept = json.loads(path.read_text("utf8"))["records"] if path.exists() else []
        kept = [record for record in kept if record["origin"] not in notebooks]
        evidence[claim["id"]] = measured.get(claim["id"], []) + kept
    return evidence


def ledger(claims: list[dict], evidence: dict, titles: dict) -> str:
    """La página del registro: cuántas hay de cada veredicto y, de cada una, qué dice, qué se midió y dónde."""
    counts = Counter(claim["verdict"] for claim in claims)
    text = [
        "# Registro de afirmaciones\n",
        "Cada afirmación del curso se mide en una celda, que falla si la medida deja de caer donde debe.",
        "Una afirmación estadística se mide con varias semillas y se exige a todo el intervalo de confianza del 95 %.",
        "**Confirmada**: se sostiene como la fuente la dice; **matizada**: solo con condiciones que la fuente no pone;",
        "**refutada**: no se sostiene, y la celda comprueba lo que sí es cierto.\n",
        _table(
            ["Veredicto", "Afirmaciones"], [*([v.capitalize(), counts[v]] for v in VERDICTS), ["Total", len(claims)]]
        ),
    ]
    for chapter in sorted({claim["chapter"] for claim in claims}):
        text.append(f"\n## {titles[f'lectures/{chapter}']}\n")
        for claim in (claim for claim in claims if claim["chapter"] == chapter):
            text.append(_entry(claim, evidence[claim["id"]]))
    return NOTICE + "\n".join(text)


def status(notebooks: dict, titles: dict) -> str:
    """La página de estado: cuánto tardó cada cuaderno, con qué presupuesto, cuándo y con qué versiones."""
    rows, versions = [], {}
    for docname, notebook in notebooks.items():
        run = notebook.metadata["recurrentes"]
        versions |= run["versions"]
        place = f"{run['backend']}, {run['device']}, {run['machine']}"
        link = f"[{titles[docname]}](../{docname}.md)"
        rows.append([link, f"{run['seconds']:.0f}", sources.budget(docname), place, run["date"][:10]])
    head = ["Cuaderno", "Segundos", "Presupuesto (s)", "Dónde", "Fecha"]
    return NOTICE + "\n".join(
        [
            "# Estado de ejecución\n",
            "Lo que tardó cada cuaderno la última vez que hizo falta ejecutarlo, con otro cuaderno al lado.",
            "La integración continua los vuelve a ejecutar todos, compara sus salidas con las publicadas y falla",
            "si alguno se pasa de su presupuesto.\n",
            _table(head, rows),
            "\nVersiones con las que se ejecutaron:\n",
            _table(["Componente", "Versión"], sorted(versions.items())),
        ]
    )


def errata(coverage: list[dict], titles: dict) -> str:
    """La página de erratas: lo que las fuentes dicen mal o a medias en los capítulos publicados."""
    text = [
        "# Erratas de las fuentes\n",
        "Errores, imprecisiones y lagunas de las fuentes en los capítulos publicados, con lo que es correcto.",
        "Donde se puede medir, el capítulo lo muestra en una celda; las fuentes se presentan en",
        "{doc}`/book/mapa-de-fuentes`.",
    ]
    for heading, items in _by_chapter(coverage, titles):
        text.append(heading)
        text += [
            f"- `{item['id']}` (§ {_plain(item['section'])}). Dice: {_plain(item['says'])}\n"
            f"  **Lo correcto:** {_plain(item['suspect'])}"
            for item in items
            if "suspect" in item
        ]
    return NOTICE + "\n".join(text)


def source_map(coverage: list[dict], claims: list[dict], titles: dict) -> str:
    """El mapa: qué recoge cada capítulo de cada fuente y qué afirmación lo mide."""
    published = [item for item in coverage if f"lectures/{item['chapter']}" in titles]
    pending = Counter(item["id"][:2] for item in coverage if item not in published)
    done = Counter(item["id"][:2] for item in published)
    counts = [[f"{name} {{cite}}`{name.lower()}`", done[name], pending[name]] for name in SOURCES]
    text = [
        "# Mapa de fuentes\n",
        "El curso pone a prueba cinco documentos en español sobre redes recurrentes.",
        "Cada cosa que dicen tiene una clave, que empieza por la de su fuente; el inventario completo está en",
        "`claims/coverage.yml`.\n",
        _table(["Fuente", "Elementos ya tratados", "Pendientes"], counts),
        "Esto es lo que recogen los capítulos publicados, con las afirmaciones que lo miden.",
    ]
    for heading, items in _by_chapter(coverage, titles):
        text.append(heading)
        for item in items:
            found = [claim for claim in claims if item["id"] in claim["sources"]]
            links = ", ".join(f'<a href="afirmaciones.html#{c["id"]}">{c["id"]}</a> ({c["verdict"]})' for c in found)
            text.append(f"- `{item['id']}`. {_plain(item['says'])}" + (f"\n  Medido en {links}." if links else ""))
    return NOTICE + "\n".join(text)


def _by_chapter(coverage: list[dict], titles: dict):
    """Los elementos del inventario de cada capítulo publicado, tras un título que enlaza con él."""
    for docname in sorted(name for name in titles if name.startswith("lectures/")):
        items = [item for item in coverage if f"lectures/{item['chapter']}" == docname]
        yield f"\n## {titles[docname]}\n\n{{doc}}`Ir al capítulo </{docname}>`.\n", items


def _entry(claim: dict, records: list[dict]) -> str:
    """Una afirmación en el registro, con una línea por medida."""
    lines = [
        f'<span id="{claim["id"]}"></span>\n',
        f"**{claim['says']}** — {claim['verdict']}.",
        f"{claim['why']}\n",
        f"- Mide: {claim['measures']}; se exige {bounds_text(claim['expected'])}.",
    ]
    if claim["sources"]:
        lines.append(f"- Fuentes: {', '.join(f'`{id}`' for id in claim['sources'])}.")
    for record in records:
        place = f"{record['backend']}, {record['device']}, {record['date'][:10]}"
        cell = f'<a href="../{record["origin"]}.html#claim-{claim["id"]}">ver la celda</a>'
        lines.append(f"- Medida: **{value_text(record)}**; {place}; {cell}.")
    return "\n".join(lines) + "\n"


def _title(notebook) -> str:
    lines = (line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next(line.removeprefix("# ") for line in lines if line.startswith("# "))


def _plain(text: str) -> str:
    return text.replace("<", "&lt;")


def _table(head: list[str], rows: list) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines) + "\n"


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip() + "\n", "utf8")
