"""Las fórmulas en MathML, la hoja de estilos podada y el libro en PDF."""

import sys
from pathlib import Path

import pytest
import tinycss2
from pypdf import PdfReader

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

from formulas import mathml  # noqa: E402
from weight import pruned  # noqa: E402

import pdf  # noqa: E402

THIN = '<mspace width="0.167em" />'
MINUS = '<mo lspace="0" rspace="0">−</mo>'


@pytest.mark.parametrize(
    ("latex", "display", "expected"),
    [
        ("h_{t-1}", "inline", f"<msub><mi>h</mi><mrow><mi>t</mi>{MINUS}<mn>1</mn></mrow></msub>"),
        (r"2\ln x", "inline", f"<mn>2</mn>{THIN}<mi>ln</mi>{THIN}<mi>x</mi>"),
        (r"\mathrm{MAE}", "inline", "<mi>MAE</mi>"),
        ("a=-b", "inline", '<mi>a</mi><mo>=</mo><mo form="prefix">−</mo><mi>b</mi>'),
        ("a/b", "inline", '<mi>a</mi><mo lspace="0" rspace="0">/</mo><mi>b</mi>'),
        (r"x \sim y", "inline", "<mi>x</mi><mo>∼</mo><mi>y</mi>"),
        (r"\boldsymbol{\varepsilon}", "inline", "<mrow><mi>𝜺</mi></mrow>"),
        (r"\max_t h", "block", f"<munder><mi>max</mi><mi>t</mi></munder>{THIN}<mi>h</mi>"),
        (r"\max_t h", "inline", f"<msub><mi>max</mi><mi>t</mi></msub>{THIN}<mi>h</mi>"),
    ],
)
def test_formulas_are_set_as_tex_does(latex, display, expected):
    found = mathml(latex, display)
    assert found == found[: found.index(">") + 1] + expected + "</math>"


def test_aligned_lines_have_their_columns():
    found = mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "block")
    assert (found.count("<mtr>"), found.count('columnalign="left"'), "&" in found) == (2, 2, False)


def test_only_what_no_page_uses_is_pruned():
    css = "a{b:c}.si,.no:hover{b:c}@media print{#no{b:c}.si:not(.otra){b:c}}@font-face{d:e}"
    rules = tinycss2.parse_stylesheet(css)
    assert pruned(rules, {"si", "otra"}) == "a{b:c}.si{b:c}@media print{.si:not(.otra){b:c}}@font-face{d:e}"


@pytest.mark.slow
def test_printed_book_numbers_its_index(browser, tmp_path):
    pages = [pdf.FRONT, "book/como-usar.html", "book/licencia.html"]
    pdf.print_book(browser, pages, tmp_path / "book.pdf")
    book = PdfReader(tmp_path / "book.pdf")
    places = book.named_destinations
    index = next(text for page in book.pages if "\nÍndice\n" in (text := page.extract_text()))
    for name in pages[1:]:
        number = book.get_destination_page_number(places[f"/{pdf.place(name)}"]) + 1
        title = book.pages[number - 1].extract_text().splitlines()[1]  # tras el número de página
        assert f"{title} {number}" in " ".join(index.split())
    assert [round(float(side) / 72 * 25.4) for side in book.pages[0].mediabox[2:]] == [210, 297]


@pytest.mark.slow
def test_book_is_read_in_order():
    order = pdf.reading_order()
    assert order[0] == pdf.FRONT and order[-1] == "book/licencia.html"
    assert order.index("lectures/05-lstm.html") + 1 == order.index("solutions/05-lstm.html")
