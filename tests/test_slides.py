"""Las diapositivas de cada capítulo: llevan sus figuras y preguntas, caben, y no piden nada a nadie."""

import re

import pytest
from test_site import AXE, AXE_OPTIONS, RUN_AXE, SITE, new_tab, site, soup  # noqa: F401

pytestmark = pytest.mark.slow

CHAPTERS = sorted(path.stem for path in (SITE / "lectures").glob("*.html"))
#: Recorre las diapositivas y devuelve las que no caben.
TOO_BIG = """async () => {
  await document.fonts.ready;
  const big = [];
  for (const slide of document.querySelectorAll(".slides section:not(:has(section))")) {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    if (slide.scrollHeight > 720 || slide.scrollWidth > slide.clientWidth) big.push(`${h}.${v} ${slide.innerText}`);
  }
  return big;
}"""


@pytest.fixture(scope="module")
def tab(browser):
    page = new_tab(browser, 1280, "light")
    yield page
    page.context.close()


def test_there_is_a_deck_for_every_chapter():
    assert CHAPTERS and {path.stem for path in (SITE / "diapositivas").glob("*.html")} == set(CHAPTERS)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_deck_has_what_is_shown_in_the_chapter(name):
    chapter, deck = soup(SITE / "lectures" / f"{name}.html"), soup(SITE / "diapositivas" / f"{name}.html")
    assert deck.html["lang"] == "es" and deck.h1.get_text() in chapter.h1.get_text()
    figures = [[image["alt"] for image in page.select("figure img")] for page in (chapter.article, deck)]
    assert figures[0] == figures[1]
    for image in deck.find_all("img"):
        assert (SITE / "diapositivas" / image["src"]).is_file()
    boxes = [len(page.find_all(class_="admonition-title", string=re.compile("Predice"))) for page in (chapter, deck)]
    assert boxes[0] == boxes[1] > 0
    claims = [len(page.select("div.claim")) for page in (chapter.article, deck)]
    assert claims[0] == claims[1]


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_slide_fits_and_asks_nobody(site, tab, name):  # noqa: F811
    tab.goto("about:blank")  # lo que quede a medias de la anterior se cancela aquí
    tab.problems.clear()
    tab.goto(f"{site}diapositivas/{name}.html")
    assert tab.evaluate(TOO_BIG) == []
    assert tab.problems == []


def test_a_slide_that_does_not_fit_is_found(site, tab):  # noqa: F811
    tab.goto(f"{site}diapositivas/{CHAPTERS[0]}.html")
    tab.evaluate("document.querySelector('.slides section section').style.height = '2000px'")
    assert len(tab.evaluate(TOO_BIG)) == 1


def test_the_slides_are_accessible(site, tab):  # noqa: F811
    tab.goto(f"{site}diapositivas/{CHAPTERS[0]}.html#/2/1")
    tab.evaluate(AXE)
    assert [violation["id"] for violation in tab.evaluate(RUN_AXE, AXE_OPTIONS)] == []
