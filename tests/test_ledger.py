"""El registro de afirmaciones: cada entrada la mide una celda, cada medida es del código de ahora, no sobra nada."""

import json
import re

import pytest

import pages
import sources
from recurrentes import records
from recurrentes.claims import BACKENDS, PENDING
from studies import __main__ as studies

CLAIMS = sources.yaml_file("claims.yml")
COVERAGE = sources.yaml_file("coverage.yml")
NOTEBOOKS = {docname: sources.with_outputs(docname) for docname in sources.docnames()}
KEYS = {docname: sources.execution_key(notebook) for docname, notebook in NOTEBOOKS.items()}
PUBLISHED = {docname.removeprefix("lectures/") for docname in NOTEBOOKS if docname.startswith("lectures/")}
RECORDS = {name: sources.ROOT / "studies" / "records" / f"{name}.jsonl" for name in records.names()}
FIELDS = ["id", "sources", "says", "chapter", "kind", "measures", "expected", "verdict", "why"]
MEASURED = [claim for claim in CLAIMS if claim["verdict"] != PENDING]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_an_entry_is_complete_and_well_formed(claim):
    assert [field for field in claim if field not in {"backends", "device"}] == FIELDS
    assert set(claim.get("backends", ["jax"])) < set(BACKENDS), "con todos, el campo sobra"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim["id"])
    assert claim["kind"] in {"exact", "statistical", "hardware"}
    assert claim["verdict"] in pages.VERDICTS or claim["verdict"] == PENDING == "pendiente"
    assert claim.get("device", "gpu") == "gpu" and ("device" in claim or claim["verdict"] != PENDING)
    assert claim["chapter"] in PUBLISHED
    assert set(claim["sources"]) <= {item["id"] for item in COVERAGE}
    assert claim["expected"] and set(claim["expected"]) <= {"min", "max"}
    assert all(isinstance(bound, (int, float)) for bound in claim["expected"].values())
    assert claim["says"].endswith(".") and claim["why"].endswith(".")


def test_ids_are_unique():
    ids = [claim["id"] for claim in CLAIMS]
    assert len(ids) == len(set(ids))


def test_every_claim_is_checked_by_exactly_one_cell_of_its_chapter():
    checked = [(id, docname) for docname, notebook in NOTEBOOKS.items() for id in sources.checked_claims(notebook)]
    assert sorted(checked) == sorted((claim["id"], f"lectures/{claim['chapter']}") for claim in CLAIMS)


def test_a_check_is_a_line_of_its_own():
    for docname, notebook in NOTEBOOKS.items():
        for cell in sources.code_cells(notebook):
            if sources.CLAIM_CALL.search(cell.source):
                assert cell.source.splitlines()[-1].startswith("claims.check("), f"{docname}:\n{cell.source}"


@pytest.mark.parametrize("claim", MEASURED, ids=lambda claim: claim["id"])
def test_the_evidence_was_measured_by_the_present_code(claim):
    """El registro lleva la huella del código, los datos y las versiones que lo midieron."""
    path = sources.ROOT / "claims" / "evidence" / f"{claim['id']}.json"
    records = json.loads(path.read_text("utf8"))["records"]
    docname = f"lectures/{claim['chapter']}"
    [record] = [record for record in records if record["origin"] == docname]
    assert record["key"] == KEYS[docname]
    assert record["date"] and record["versions"]["python"]
    assert len(record["values"]) >= (5 if claim["kind"] == "statistical" else 1)


def test_there_is_no_evidence_of_nothing():
    stored = {path.stem for path in (sources.ROOT / "claims" / "evidence").glob("*.json")}
    assert stored == {claim["id"] for claim in MEASURED}


def test_the_pages_are_what_the_files_say(tmp_path):
    pages.write(tmp_path, NOTEBOOKS)
    written = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    names = {"afirmaciones.md", "backends.md", "estado.md", "erratas.md", "estudios.md", "mapa-de-fuentes.md"}
    assert {path.name for path in written} >= names
    for path in written:
        assert path.read_text("utf8") == (sources.ROOT / path.relative_to(tmp_path)).read_text("utf8"), path.name


def test_the_page_says_what_each_study_took():
    """Todos los estudios, con sus medidas y con los capítulos que leen sus registros; uno sin registros, también."""
    titles = {docname: f"Título de {docname}" for docname in NOTEBOOKS}
    page = pages.studies(NOTEBOOKS, titles)
    counts = {name: len(records.parse(path)) for name, path in RECORDS.items()}
    for name in studies.names():
        assert f"| [`{name}`](estudio-{name}) | {counts.get(name, 0)} | " in page
        assert re.search(rf"^\(estudio-{name}\)=\n### [^:\n]+\n\n[A-ZÁÉÍÓÚ]", page, re.MULTILINE), name
    assert f"| Total | {sum(counts.values())} | " in page
    for docname, notebook in NOTEBOOKS.items():
        links = page.count(f"[Título de {docname}](../{docname}.md)")
        assert links == len(sources.loaded_records(notebook)), docname


def test_the_ledger_counts_each_verdict():
    text = (sources.ROOT / "book" / "afirmaciones.md").read_text("utf8")
    for verdict in pages.VERDICTS:
        count = sum(claim["verdict"] == verdict for claim in CLAIMS)
        assert f"| {verdict.capitalize()} | {count} |" in text
    assert f"| Total | {len(MEASURED)} |" in text
    assert f"| Pendiente de GPU | {len(CLAIMS) - len(MEASURED)} |" in text


def test_the_ledger_shows_what_waits_for_a_gpu():
    """Con su cota y sin ninguna medida."""
    waiting = {
        "id": "a",
        "says": "Es más rápida.",
        "chapter": "14-rendimiento",
        "measures": "un cociente",
        "sources": [],
    }
    waiting |= {"expected": {"min": 2}, "verdict": "pendiente", "why": "Falta medir."}
    text = pages.ledger([waiting], {"a": []}, {"lectures/14-rendimiento": "Rendimiento"})
    assert "**Es más rápida.** — pendiente de GPU." in text
    assert "se exigirá ≥ 2." in text and "Medida:" not in text
    assert "| Total | 0 |" in text and "| Pendiente de GPU | 1 |" in text


def test_what_waits_for_a_gpu_leaves_no_evidence(tmp_path, monkeypatch):
    """Sin registros no hay archivo de evidencia."""
    monkeypatch.setattr(pages, "gather", lambda claims, notebooks: {claim["id"]: [] for claim in claims})
    pages.write(tmp_path, NOTEBOOKS)
    assert not (tmp_path / "claims").exists()


def test_every_measurable_item_of_a_published_chapter_belongs_to_a_claim():
    measured = {id for claim in CLAIMS for id in claim["sources"]}
    pending = [
        item["id"]
        for item in COVERAGE
        if item["chapter"] in PUBLISHED and (item["kind"] == "claim" or "check" in item) and item["id"] not in measured
    ]
    assert pending == []


def test_the_inventory_names_chapters_of_the_course():
    toc = (sources.ROOT / "_toc.yml").read_text("utf8")
    assert all(f"lectures/{chapter}" in toc for chapter in PUBLISHED)
    assert len({item["id"] for item in COVERAGE}) == len(COVERAGE) == 325


def test_the_evidence_of_other_backends_is_kept(tmp_path, monkeypatch):
    """Derivar de nuevo reemplaza la medida del cuaderno y respeta las de otros orígenes."""
    claim = CLAIMS[0]
    folder = tmp_path / "claims" / "evidence"
    folder.mkdir(parents=True)
    other = {"origin": "studies/seeds", "mean": 1.0}
    old = {"origin": f"lectures/{claim['chapter']}", "mean": 2.0}
    (folder / f"{claim['id']}.json").write_text(json.dumps({"id": claim["id"], "records": [old, other]}), "utf8")
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    records = pages.gather([claim], NOTEBOOKS)[claim["id"]]
    assert other in records and old not in records and len(records) == 2


def test_each_place_has_its_column():
    """Lo medido en otro backend, lo que allí no se cumple y lo que se midió con otro código."""
    docname = "lectures/06-gru"
    first, second, third = [claim["id"] for claim in CLAIMS if f"lectures/{claim['chapter']}" == docname][:3]
    measure = {"mean": 12.5, "values": [12.5], "interval": None}
    run = {"notebook": docname, "backend": "jax", "device": "cpu", "key": sources.execution_key(NOTEBOOKS[docname])}
    run |= {
        "seconds": 9.0,
        "claims": {first: measure},
        "failures": [{"cell": "Cell 3", "error": f"ClaimFailed: {second}: se exige"}],
    }
    evidence = pages.gather(CLAIMS, {})
    titles = {name: name for name in NOTEBOOKS}

    def rows(run):
        text = pages.places(CLAIMS, evidence, [run], NOTEBOOKS, titles)
        assert "| Afirmación | Se exige | TensorFlow, CPU | JAX, CPU |" in text
        row = r'^\| <a href="afirmaciones.html#{}">.*\| (.*) \|$'
        return [re.search(row.format(id), text, re.MULTILINE)[1] for id in (first, second, third)]

    assert rows(run) == ["12.5", "no se cumple", "no se midió"]
    assert rows(run | {"key": "otra"})[0] == "12.5 †"


def test_the_seconds_of_each_place_are_compared():
    """Los segundos de los cuadernos que se ejecutaron en todos, con el total en veces TensorFlow."""
    first, second = list(NOTEBOOKS)[:2]
    titles = {name: name for name in NOTEBOOKS}

    def run(backend, notebook, seconds):
        return {"backend": backend, "device": "cpu", "notebook": notebook, "seconds": seconds}

    runs = [run("jax", first, 10.0), run("tensorflow", first, 20.0), run("tensorflow", second, 90.0)]
    text = pages.places([], {}, runs, NOTEBOOKS, titles)
    assert "| Cuaderno | JAX, CPU | TensorFlow, CPU |" in text
    assert f"| [{first}](../{first}.md) | 10 | 20 |" in text
    assert "| En veces TensorFlow | 0.50 | 1.00 |" in text
    for alone in (runs[1:], [runs[0], run("torch", first, 30.0)]):  # sin otro lugar, o sin TensorFlow
        assert "## Lo que tardan" not in pages.places([], {}, alone, NOTEBOOKS, titles)


def test_yaml_is_kept_readable():
    """Un campo por línea y ninguno repetido, que YAML callaría: los cambios se revisan entrada a entrada."""
    text = (sources.ROOT / "claims" / "claims.yml").read_text("utf8")
    for field in FIELDS:
        assert len(re.findall(rf"^[- ] {field}: ", text, re.MULTILINE)) == len(CLAIMS), field
