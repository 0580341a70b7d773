"""Lo que el sitio da a otros programas (tarjeta, mapa del sitio, índice y novedades) y la página del paquete."""

import importlib
import re
import struct
import sys
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from test_site import PAGES, SITE, soup

import recurrentes
import sources
from addresses import site

sys.path.insert(0, str(sources.ROOT / "book" / "_ext"))

import discovery

pytestmark = pytest.mark.slow

ATOM = "{http://www.w3.org/2005/Atom}"
CHANGELOG = """# Cambios

## Sin publicar

- Lo `nuevo`.

## 0.2.0 (2027-03-01)

- Lo segundo.

## 0.1.0 (2026-12-01)

- Lo primero.
"""


def public(url):
    """El archivo del sitio construido que corresponde a una dirección del publicado."""
    assert url.startswith(site())
    return SITE / url.removeprefix(site())


def test_every_page_says_how_to_be_shared():
    for name in PAGES:
        if name in ("genindex.html", "search.html"):
            continue
        head = BeautifulSoup((SITE / name).read_text("utf8").partition("</head>")[0], "html.parser")
        tags = {tag["property"]: tag["content"] for tag in head.find_all("meta", property=True)}
        assert public(tags["og:url"]) == SITE / name
        assert tags["og:description"] == head.find("meta", {"name": "description"})["content"]
        assert tags["og:title"] and "<" not in tags["og:title"]
        assert public(tags["og:image"]).is_file()
        feed = head.find("link", rel="alternate", type="application/atom+xml")["href"]
        assert (SITE / name).parent.joinpath(feed).resolve() == SITE / discovery.FEED


def test_the_card_has_the_size_it_declares_and_weighs_little():
    content = (SITE / discovery.CARD).read_bytes()
    assert struct.unpack(">II", content[16:24]) == (1200, 630)
    assert len(content) <= 80_000


def test_the_sitemap_lists_every_page():
    tree = ElementTree.parse(SITE / discovery.SITEMAP)
    listed = [public(node.text) for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert sorted(listed) == [SITE / name for name in PAGES if name not in ("genindex.html", "search.html")]


def test_the_index_links_the_text_of_every_page():
    text = (SITE / discovery.INDEX).read_text("utf8")
    linked = re.findall(r"^- \[.+\]\((.+)\)$", text, re.MULTILINE)
    assert all("# " in public(url).read_text("utf8") for url in linked)
    assert len(linked) == len(set(linked)) == len([name for name in PAGES if "/" in name])
    assert text.startswith("# Redes neuronales recurrentes\n\n> ")


def test_the_feed_tells_the_changes():
    feed = ElementTree.parse(SITE / discovery.FEED).getroot()
    changelog = (sources.ROOT / "CHANGELOG.md").read_text("utf8")
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == changelog.count("\n## ")
    assert entries[0].find(f"{ATOM}content").text.count("<li>") == len(re.findall("^- ", changelog, re.MULTILINE))


def test_a_release_keeps_its_date_and_its_name_in_the_feed():
    feed = ElementTree.fromstring(discovery.feed(CHANGELOG, "2027-05-01T10:00:00+00:00"))
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.find(f"{ATOM}title").text for entry in entries] == ["Sin publicar", "0.2.0", "0.1.0"]
    dates = [entry.find(f"{ATOM}updated").text for entry in entries]
    assert dates == ["2027-05-01T10:00:00+00:00", "2027-03-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00"]
    assert feed.find(f"{ATOM}updated").text == dates[0]
    assert "Lo <code>nuevo</code>" in entries[0].find(f"{ATOM}content").text
    ids = [entry.find(f"{ATOM}id").text for entry in entries]
    assert len(set(ids)) == 3 and not any(" " in id for id in ids)


@pytest.mark.parametrize("name", [*recurrentes.__all__, "homework"])
def test_everything_public_in_the_package_is_documented(name):
    module = importlib.import_module(f"recurrentes.{name}")
    page = soup(SITE / "book" / "paquete.html")
    assert not re.search(r":(raises|param|type|returns?)\b", page.article.get_text())
    missing = [each for each in module.__all__ if not page.find(id=f"recurrentes.{name}.{each}")]
    assert missing == []
