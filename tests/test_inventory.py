"""El mapa de fuentes y las erratas: nada de lo que dicen las fuentes se queda sin tratar, y todo lleva a su sitio."""

import re

import pytest

import inventory
import sources

CLAIMS = sources.yaml_file("claims.yml")
COVERAGE = sources.yaml_file("coverage.yml")
NOTEBOOKS = {docname: sources.read(docname) for docname in sources.docnames() if docname.startswith("lectures/")}
WHERE = inventory.places(COVERAGE, CLAIMS, NOTEBOOKS)
BOOK = sources.ROOT / "book"


def headings(docname):
    prose = (cell.source for cell in NOTEBOOKS[docname].cells if cell.cell_type == "markdown")
    return [heading for text in prose for heading in inventory.HEADING.findall(text)]


def not_covered(coverage, where):
    """Los elementos sin ningún sitio, con un apartado que no existe o con los dos modos de decirlo a la vez."""
    return [
        item["id"]
        for item in coverage
        if not where[item["id"]]
        or any(section not in headings(docname) for docname, section, _ in where[item["id"]])
        or ("place" in item and len(where[item["id"]]) > 1)
    ]


def test_every_item_of_the_sources_is_covered():
    assert len(WHERE) == 325
    assert not_covered(COVERAGE, WHERE) == []


@pytest.mark.parametrize("spoil", [{}, {"place": "Un apartado que no existe"}], ids=["sin sitio", "sitio inventado"])
def test_an_item_that_is_not_covered_is_found(spoil):
    item = next(item for item in COVERAGE if "place" in item)
    bad = {name: value for name, value in item.items() if name != "place"} | spoil
    assert not_covered([bad], inventory.places([bad], [], NOTEBOOKS)) == [item["id"]]


def test_a_place_is_said_only_where_no_cell_measures():
    measured = next(item for item in COVERAGE if "place" not in item)
    bad = measured | {"place": "Fuentes"}
    coverage = [bad if item is measured else item for item in COVERAGE]
    assert not_covered([bad], inventory.places(coverage, CLAIMS, NOTEBOOKS)) == [bad["id"]]


def entries(name):
    """Los elementos de una página, por su clave, con su texto."""
    text = (BOOK / name).read_text("utf8")
    return dict(re.findall(r'^- <span id="(S\d-\d{3})"></span>(.*?)(?=^- <span|^#|\Z)', text, re.MULTILINE | re.DOTALL))


def test_the_map_shows_every_item_with_its_cells_and_verdicts():
    shown = entries("mapa-de-fuentes.md")
    assert list(shown) == [item["id"] for item in COVERAGE]
    for claim in CLAIMS:
        for id in claim["sources"]:
            link = f'<a href="../lectures/{claim["chapter"]}.html#claim-{claim["id"]}">{claim["id"]}</a>'
            assert f'{link} (<span class="verdict verdict-{claim["verdict"]}">' in shown[id]


def test_every_erratum_leads_to_what_shows_it():
    shown = entries("erratas.md")
    assert sorted(shown) == sorted(item["id"] for item in COVERAGE if "suspect" in item)
    for id, text in shown.items():
        for docname, _, claim in WHERE[id]:
            assert f'href="../{docname}.html#{"claim-" + claim["id"] if claim else ""}' in text


def test_the_table_counts_what_the_page_shows():
    """Cada número de la tabla es el de los elementos que quedan a la vista con su botón."""
    text = (BOOK / "mapa-de-fuentes.md").read_text("utf8")
    shown = entries("mapa-de-fuentes.md")
    total = [int(number) for number in re.search(r"\| \*\*Todas\*\* \|(.*)\|", text)[1].split("|")]
    assert total == [325, *(sum(f"verdict-{state}" in each for each in shown.values()) for state in inventory.STATES)]
    for name, work in inventory.works().items():
        row = re.search(rf"^\| {{ref}}`{name} .*?\|(.*)\|$", text, re.MULTILINE)[1]
        assert int(row.split("|")[0]) == sum(id.startswith(name) for id in shown)
        assert f"## {name}: *{work}*" in text
