"""Registros de las afirmaciones y páginas derivadas: afirmaciones, backends, erratas, estado, estudios y mapa."""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import backends
import inventory
import sources
from recurrentes.claims import MIME, PENDING, PENDING_TEXT, demand_text, value_text
from recurrentes.records import parse

VERDICTS = ("confirmada", "matizada", "refutada")
NOTICE = "<!-- Página derivada por «make notebooks»: no la edites a mano. -->\n\n"


def write(target: Path, notebooks: dict) -> None:
    """Escribe en ``target`` los registros y las páginas, a partir de los cuadernos con sus salidas."""
    claims = sources.yaml_file("claims.yml")
    evidence = gather(claims, notebooks)
    for id, records in evidence.items():
        if not records:  # pendiente de GPU
            continue
        text = json.dumps({"id": id, "records": records}, ensure_ascii=False, indent=1, sort_keys=True)
        _save(target / "claims" / "evidence" / f"{id}.json", text + "\n")
    titles = {docname: _title(notebook) for docname, notebook in notebooks.items()}
    coverage = sources.yaml_file("coverage.yml")
    elsewhere = backends.load()
    _save(target / "book" / "afirmaciones.md", ledger(claims, evidence, titles))
    _save(target / "book" / "backends.md", places(claims, evidence, elsewhere, notebooks, titles))
    _save(target / "book" / "estado.md", status(notebooks, titles))
    where = inventory.places(coverage, claims, notebooks)
    _save(target / "book" / "erratas.md", NOTICE + inventory.errata(coverage, where, titles))
    _save(target / "book" / "mapa-de-fuentes.md", NOTICE + inventory.source_map(coverage, where, titles))
    _save(target / "book" / "estudios.md", studies(notebooks, titles))


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
    rest = [["Total", len(claims) - counts[PENDING]], [PENDING_TEXT.replace("p", "P", 1), counts[PENDING]]]
    text = [
        "# Registro de afirmaciones\n",
        "Cada afirmación del curso se mide en una celda, que falla si la medida deja de caer donde debe.",
        "Una afirmación estadística se mide con varias semillas y se exige a todo el intervalo de confianza del 95 %.",
        "**Confirmada**: se sostiene como la fuente la dice; **matizada**: solo con condiciones que la fuente no pone;",
        "**refutada**: no se sostiene, y la celda comprueba lo que sí es cierto.",
        "**Pendiente de GPU**: su cota está fijada, y falta la medida; no cuenta en ningún veredicto.\n",
        _table(["Veredicto", "Afirmaciones"], [*([v.capitalize(), counts[v]] for v in VERDICTS), *rest]),
        "El libro se ejecuta con TensorFlow en CPU.",
        "Lo que miden las mismas celdas con JAX y con PyTorch está, en columnas, en {doc}`backends`.",
    ]
    for chapter, chosen in _by_chapter(claims):
        text.append(f"\n## {titles[chapter]}\n")
        text += [_entry(claim, evidence[claim["id"]]) for claim in chosen]
    return NOTICE + "\n".join(text)


def places(claims: list[dict], evidence: dict, elsewhere: list[dict], notebooks: dict, titles: dict) -> str:
    """La página que pone, al lado de cada medida, la de la misma celda con otros backends y aparatos."""
    columns = _places(elsewhere)
    text = [
        "# Las mismas medidas con otros backends\n",
        "Cada columna es un backend de Keras y un aparato en los que se han ejecutado los mismos cuadernos.",
        "«—» es que no se ha ejecutado ahí, y «†», que se ejecutó con una versión anterior del capítulo.",
        "Lo que solo usa NumPy sale igual en todos.",
        "Donde una cota se exige solo con algunos backends, {doc}`el registro <afirmaciones>` dice por qué.",
        *_speeds(elsewhere, titles),
    ]
    for chapter, chosen in _by_chapter(claims):
        runs = {place: columns[place].get(chapter) for place in columns}
        key = notebooks[chapter].metadata["recurrentes"]["key"]
        text += [f"\n## {titles[chapter]}\n", _comparison(chosen, evidence, runs, key)]
    return NOTICE + "\n".join(text)


def _by_chapter(claims: list[dict]) -> list[tuple[str, list[dict]]]:
    """Cada capítulo, como ``lectures/…``, con sus afirmaciones."""
    chapters = {}
    for claim in claims:
        chapters.setdefault(f"lectures/{claim['chapter']}", []).append(claim)
    return sorted(chapters.items())


def _places(elsewhere: list[dict]) -> dict[str, dict[str, dict]]:
    """Los otros lugares en los que se ha pasado la puerta y, de cada uno, sus cuadernos."""
    places = {}
    for run in elsewhere:
        if (run["backend"], run["device"]) != ("tensorflow", "cpu"):
            places.setdefault(backends.place(run), {})[run["notebook"]] = run
    return dict(sorted(places.items()))


def _comparison(claims: list[dict], evidence: dict, runs: dict, key: str) -> str:
    """La tabla de un capítulo: cada afirmación en cada lugar."""

    def cell(id, run):
        if not run:
            return "—"
        if id in run["claims"]:
            return value_text({**run["claims"][id], "interval": None}) + ("" if run["key"] == key else " †")
        return "no se cumple" if any(id in failure["error"] for failure in run["failures"]) else "no se midió"

    rows = []
    for claim in claims:
        id = claim["id"]
        link = f'<a href="afirmaciones.html#{id}">{id}</a>'
        mine = value_text({**evidence[id][0], "interval": None}) if evidence[id] else PENDING_TEXT
        rows.append([link, demand_text(claim), mine, *(cell(id, run) for run in runs.values())])
    return _table(["Afirmación", "Se exige", "TensorFlow, CPU", *runs], rows)


def status(notebooks: dict, titles: dict) -> str:
    """La página de estado: cuánto tardó cada cuaderno, con qué presupuesto, cuándo y con qué versiones."""
    rows, versions = [], {}
    for docname, notebook in notebooks.items():
        run = notebook.metadata["recurrentes"]
        versions |= run["versions"]
        place = f"{run['backend']}, {run['device']}, {run['machine']}"
        link = f"[{titles[docname]}](../{docname}.md)"
        rows.append([link, f"{run['seconds']:.0f}", sources.budget(docname), place, run["date"][:10]])
    head = ["Cuaderno", "Tardó (s)", "Límite (s)", "Dónde", "Fecha"]
    return NOTICE + "\n".join(
        [
            "# Estado de ejecución\n",
            "Lo que tardó cada cuaderno la última vez que hizo falta ejecutarlo, con otro cuaderno al lado.",
            "La integración continua los vuelve a ejecutar todos, compara sus salidas con las publicadas y falla",
            "si alguno tarda más de vez y media su límite.\n",
            _fixed_table(head, rows, "33 14 15 20 18"),
            "\nVersiones con las que se ejecutaron:\n",
            _table(["Componente", "Versión"], sorted(versions.items())),
            "\n## Lo que trae cada capítulo\n",
            _table(
                ["Capítulo", "Predicciones", "Figuras", "Afirmaciones", "Ejercicios", "Para proyectar"],
                [_contents(docname, notebooks, titles) for docname in notebooks if docname.startswith("lectures/")],
            ),
        ]
    )


def _contents(docname: str, notebooks: dict, titles: dict) -> list:
    """Una fila con lo que hay en un capítulo y el enlace a sus diapositivas."""
    slug = docname.removeprefix("lectures/")
    return [
        f"[{titles[docname]}](../{docname}.md)",
        _prose(notebooks[docname]).count("} Predice antes"),
        sum("figure" in cell.metadata.get("mystnb", {}) for cell in sources.code_cells(notebooks[docname])),
        len(sources.checked_claims(notebooks[docname])),
        len(re.findall(r"\{exercise(?:-start)?\}", _prose(notebooks[f"solutions/{slug}"]))),
        f'<a href="../diapositivas/{slug}.html">diapositivas</a>',
    ]


def _prose(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _speeds(elsewhere: list[dict], titles: dict) -> list[str]:
    """Lo que tarda cada cuaderno en cada lugar, si hay con qué comparar: TensorFlow en CPU."""
    seconds = {}
    for run in elsewhere:
        seconds.setdefault(backends.place(run), {})[run["notebook"]] = run["seconds"]
    if len(seconds) < 2 or "TensorFlow, CPU" not in seconds:
        return []
    both = [name for name in titles if all(name in column for column in seconds.values())]
    totals = {place: sum(column[name] for name in both) for place, column in seconds.items()}
    base = totals["TensorFlow, CPU"]
    rows = [
        [f"[{titles[name]}](../{name}.md)", *(f"{column[name]:.0f}" for column in seconds.values())] for name in both
    ]
    rows.append(["Total", *(f"{total:.0f}" for total in totals.values())])
    rows.append(["En veces TensorFlow", *(f"{total / base:.2f}" for total in totals.values())])
    return [
        "\n## Lo que tardan\n",
        "Segundos de cada cuaderno (`make test-backends`), casi todos con un núcleo y otro cuaderno al lado.\n",
        _table(["Cuaderno", *seconds], rows),
    ]


def studies(notebooks: dict, titles: dict) -> str:
    """La página de los estudios: cómo se repiten, qué pregunta cada uno, qué costó y quién lee sus registros."""
    folder, rows, sections = sources.ROOT / "studies", [], []
    for path in (path for path in sorted(folder.glob("*.py")) if "\ndef grid(" in path.read_text("utf8")):
        name = path.stem.replace("_", "-")
        stored = folder / "records" / f"{name}.jsonl"
        found = parse(stored) if stored.exists() else []
        rows.append([f"[`{name}`](estudio-{name})", len(found), sum(record["seconds"] for record in found)])
        readers = [docname for docname, notebook in notebooks.items() if name in sources.loaded_records(notebook)]
        links = ", ".join(f"[{titles[docname]}](../{docname}.md)" for docname in readers)
        sections.append(f"\n(estudio-{name})=\n##{_described(path)}\n\n{_measured(found)}")
        sections.append(f"- Quién lo lee: {links}.\n" if links else "")
    rows.append(["Total", *(sum(row[column] for row in rows) for column in (1, 2))])
    return NOTICE + "\n".join(
        [
            f"{_described(folder / '__init__.py')}\n",
            f"#{_described(folder / 'slurm.py')}\n",
            "```{literalinclude} ../studies/slurm.py\n:start-at: def cluster\n```\n",
            "## Los que hay\n\nEl tiempo es la suma de lo que tardó cada medida.\n",
            _table(["Estudio", "Medidas", "Minutos"], [[*row[:2], f"{row[2] / 60:.0f}"] for row in rows]),
            *sections,
        ]
    )


def _described(path: Path) -> str:
    """Lo que un archivo cuenta de sí, con el principio de la primera línea como título."""
    title, _, text = ast.get_docstring(ast.parse(path.read_text("utf8"))).partition(": ")
    return f"# {title}\n\n{text[0].upper()}{text[1:]}"


def _measured(found: list[dict]) -> str:
    """Qué parámetros cambian entre los registros de un estudio, y con qué y cuándo se midieron."""
    if not found:
        return "- Todavía no tiene registros.\n"
    grid, versions = {}, {}
    for record in found:
        versions |= record["versions"]
        for name, value in record["params"].items():
            grid.setdefault(name, {})[json.dumps(value, ensure_ascii=False).strip('"')] = None
    varied = [
        f"`{name}`: " + (", ".join(f"`{value}`" for value in values) if len(values) <= 10 else f"{len(values)} valores")
        for name, values in grid.items()
        if len(values) > 1
    ]
    places = sorted({f"{record['backend']}, {record['device']}, {record['machine']}" for record in found})
    dates = sorted(record["date"][:10] for record in found)
    used = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return (
        f"- Rejilla: {'; '.join(varied)}.\n"
        f"- Medido del {dates[0]} al {dates[-1]}: {len(found)} registros; {'; '.join(places)}; {used}."
    )


def _entry(claim: dict, records: list[dict]) -> str:
    """Una afirmación en el registro, con una línea por medida."""
    demand = "se exigirá" if claim["verdict"] == PENDING else "se exige"
    lines = [
        f'<span id="{claim["id"]}"></span>\n',
        f"**{claim['says']}** — {inventory.verdict_text(claim)}.",
        f"{claim['why']}\n",
        f"- Mide: {claim['measures']}; {demand} {demand_text(claim)}.",
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


def _table(head: list[str], rows: list) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines) + "\n"


def _fixed_table(head: list[str], rows: list, widths: str) -> str:
    """Una tabla cuyas columnas miden lo mismo cuando ha llegado a medias: la primera de una página no debe moverse."""
    lines = "\n".join("* - " + "\n  - ".join(str(value) for value in line) for line in [head, *rows])
    return f":::{{list-table}}\n:header-rows: 1\n:widths: {widths}\n\n{lines}\n:::\n"


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.rstrip() + "\n", "utf8")
