"""El registro de afirmaciones: cada entrada la mide una celda, cada medida es del código de ahora, no sobra nada."""

import json
import re

import pytest

import pages
import sources

CLAIMS = pages.load("claims.yml")
COVERAGE = pages.load("coverage.yml")
NOTEBOOKS = {docname: sources.with_outputs(docname) for docname in sources.docnames()}
PUBLISHED = {docname.removeprefix("lectures/") for docname in NOTEBOOKS if docname.startswith("lectures/")}
FIELDS = ["id", "sources", "says", "chapter", "kind", "measures", "expected", "verdict", "why"]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_an_entry_is_complete_and_well_formed(claim):
    assert list(claim) == FIELDS
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim["id"])
    assert claim["kind"] in {"exact", "statistical", "hardware"}
    assert claim["verdict"] in pages.VERDICTS
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


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_the_evidence_was_measured_by_the_present_code(claim):
    """El registro lleva la huella del código, los datos y las versiones que lo midieron."""
    path = sources.ROOT / "claims" / "evidence" / f"{claim['id']}.json"
    records = json.loads(path.read_text("utf8"))["records"]
    docname = f"lectures/{claim['chapter']}"
    [record] = [record for record in records if record["origin"] == docname]
    assert record["key"] == sources.execution_key(NOTEBOOKS[docname])
    assert record["date"] and record["versions"]["python"]
    assert len(record["values"]) >= (5 if claim["kind"] == "statistical" else 1)


def test_there_is_no_evidence_of_nothing():
    stored = {path.stem for path in (sources.ROOT / "claims" / "evidence").glob("*.json")}
    assert stored == {claim["id"] for claim in CLAIMS}


def test_the_pages_are_what_the_files_say(tmp_path):
    pages.write(tmp_path, NOTEBOOKS)
    written = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert {path.name for path in written} >= {"afirmaciones.md", "estado.md", "erratas.md", "mapa-de-fuentes.md"}
    for path in written:
        assert path.read_text("utf8") == (sources.ROOT / path.relative_to(tmp_path)).read_text("utf8"), path.name


def test_the_ledger_counts_each_verdict():
    text = (sources.ROOT / "book" / "afirmaciones.md").read_text("utf8")
    for verdict in pages.VERDICTS:
        count = sum(claim["verdict"] == verdict for claim in CLAIMS)
        assert f"| {verdict.capitalize()} | {count} |" in text


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


def test_yaml_is_kept_readable():
    """Un campo por línea y ninguno repetido, que YAML callaría: los cambios se revisan entrada a entrada."""
    text = (sources.ROOT / "claims" / "claims.yml").read_text("utf8")
    for field in FIELDS:
        assert len(re.findall(rf"^[- ] {field}: ", text, re.MULTILINE)) == len(CLAIMS), field
