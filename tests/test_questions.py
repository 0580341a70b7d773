"""Las preguntas de cada apartado: cómo se escriben, qué dicen si están mal, dónde van y cómo responden en la página."""

import re
import subprocess
import sys

import nbformat
import pytest
from test_site import AXE, AXE_OPTIONS, ROOT, SITE, new_tab, site

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import questions

__all__ = ["site"]  # lo que se toma prestado de las pruebas del sitio

CHAPTERS = sorted((ROOT / "lectures").glob("*.md"))
#: Apartados que no explican nada.
NOTHING_TO_ASK = {"Resumen", "Ejercicios", "Fuentes"}
QUESTION = re.compile(r"^:::\{pregunta\}\n(.*?)\n:::$", re.MULTILINE | re.DOTALL)
AT_THE_END = re.compile(r"(?:\n+:::\{pregunta\}\n(?:(?!\n:::).)*\n:::)+\Z", re.DOTALL)

CHOICE = """¿Qué hace $f_t=1$?

- [ ] Borrar.
  Eso es $f_t=0$.
- [x] Conservar.
  Multiplica por uno.
- [ ] Escribir.
  Escribe la entrada.
"""
NUMBER = """¿Cuánto es?

= 2 / 3 ± 0.01
  Dos tercios.
!= 3 / 2
  al revés.
"""
ORDER = """Ordena.

1. Uno.
  El primero.
2. Dos.
  Tras el uno.
3. Tres.
  Tras el dos.
"""


def sections(text):
    """(título, texto) de cada apartado de segundo nivel de un capítulo."""
    text = re.sub(r"^(```|~~~).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)  # un «## » de código no es un título
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        yield title, re.sub(r"(\n|\([\w-]+\)=)*\Z", "", body)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_section_ends_with_two_or_three_questions(path):
    wrong = {}
    for title, body in sections(path.read_text("utf8")):
        last = AT_THE_END.search(body)
        count = len(QUESTION.findall(last[0])) if last else 0
        if title not in NOTHING_TO_ASK and count not in (2, 3):
            wrong[title] = count
    assert wrong == {}, "Cada apartado acaba con dos o tres preguntas; estos, con otras."


def test_a_section_without_questions_is_noticed():
    asked = f":::{{pregunta}}\n{CHOICE}:::\n"
    text = f"# T\n\n## Con\n\nTexto.\n\n{asked}\n{asked}\n(etiqueta)=\n"
    text += f"## En medio\n\n{asked}\nTexto.\n\n## Sin\n\nTexto.\n"
    found = {title: AT_THE_END.search("\n" + body) for title, body in sections(text)}
    assert len(QUESTION.findall(found["Con"][0])) == 2
    assert found["En medio"] is None and found["Sin"] is None


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_question_can_be_read(path):
    """Lo exige también la construcción del libro; aquí, sin construirlo."""
    asked = QUESTION.findall(path.read_text("utf8"))
    assert len(asked) == path.read_text("utf8").count(":::{pregunta}")
    for body in asked:
        questions.parse(body.splitlines())


def test_three_kinds():
    choice, number, order = (questions.parse(body.splitlines()) for body in (CHOICE, NUMBER, ORDER))
    assert (choice.kind, number.kind, order.kind) == ("choice", "number", "order")
    assert [answer.right for answer in choice.answers] == [False, True, False]
    assert choice.answers[1].text == "Conservar." and choice.answers[1].why == ["Multiplica por uno."]
    assert (number.answers[0].value, number.tolerance, number.answers[1].value) == (2 / 3, 0.01, 1.5)
    assert questions.shuffled(order) != [0, 1, 2] and sorted(questions.shuffled(order)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("expression", "value"), [("4 * (3 * (2 + 3) + 3)", 72), ("log(2)", 0.693147), ("sum(range(4))", 6)]
)
def test_numbers_are_computed(expression, value):
    assert questions.evaluate(expression, 0) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "text"), [(72, "72"), (2 / 3, "0.6667"), (-0.0, "0"), (40800, "40800"), (1e-5, "1e-05")]
)
def test_numbers_as_they_are_read(value, text):
    assert questions.shown(value) == text


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("- [x] Sí.\n  Porque sí.", 0, "falta el enunciado: escríbelo antes de las respuestas."),
        (
            "¿Qué?\n",
            0,
            "faltan las respuestas: opciones («- [x] la buena», «- [ ] otra»), un número («= expresión», "
            "«!= un error común») o pasos en orden («1. primero»).",
        ),
        (
            CHOICE.replace("  Eso", "Eso"),
            3,
            "«Eso es $f_t=0$.» no es una respuesta; si explica la anterior, sángrala dos espacios.",
        ),
        (
            CHOICE + "1. Otra cosa.\n  Porque sí.",
            8,
            "«1.» no va con las anteriores: usa la misma forma en todas.",
        ),
        (
            CHOICE.replace("  Multiplica por uno.\n", ""),
            4,
            "falta por qué «Conservar.»: explícalo en la línea siguiente, sangrado dos espacios.",
        ),
        (
            CHOICE.replace("[ ]", "[x]", 1),
            2,
            "hay 2 opciones con «- [x]» de 3: hace falta una buena y al menos dos malas.",
        ),
        (
            NUMBER.replace("!= 3 / 2", "= 3 / 2"),
            2,
            "escribe primero «= expresión» y después, con «!= expresión», los errores comunes.",
        ),
        (NUMBER.replace("3 / 2", "0.67"), 4, "«0.67» también da 0.6667, la respuesta: cámbialo."),
        (
            NUMBER.replace("3 / 2", "3 / x"),
            4,
            "«3 / x» no se puede calcular (name 'x' is not defined): escribe una expresión de Python como "
            "«4 * (3 + 2)».",
        ),
        (ORDER.split("3.")[0], 2, "con menos de tres pasos no hay nada que ordenar: escribe más."),
    ],
    ids=["sin enunciado", "sin respuestas", "sin sangrar", "mezcla", "sin porqué", "dos buenas", "dos números"]
    + ["error que acierta", "expresión", "pocos pasos"],
)
def test_malformed_questions_say_what_to_write(body, line, message):
    with pytest.raises(questions.Malformed) as problem:
        questions.parse(body.splitlines())
    assert (problem.value.line, str(problem.value)) == (line, message)


@pytest.mark.slow
def test_a_malformed_question_stops_the_build(tmp_path):
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'book' / '_ext')!r})\n"
        "extensions = ['myst_parser', 'questions']\nmyst_enable_extensions = ['colon_fence', 'dollarmath']\n"
        f"html_static_path = [{str(ROOT / 'book' / '_static')!r}]\n"
    )
    page = tmp_path / "index.md"
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(tmp_path), str(tmp_path / "html")]

    def build(text):
        page.write_text(text, "utf8")
        return subprocess.run(command, capture_output=True, text=True)

    start = "# Título\n\nTexto.\n\n:::{pregunta}\n"
    wrong = build(start + CHOICE.replace("  Multiplica por uno.\n", "") + ":::\n")
    assert wrong.returncode == 1
    assert f"{page}:10: ERROR: Pregunta mal escrita: falta por qué «Conservar.»" in wrong.stderr
    right = build(start + CHOICE + ":::\n")
    assert (right.returncode, right.stderr) == (0, "")
    html = (tmp_path / "html" / "index.html").read_text("utf8")
    assert "questions.js" in html and html.index("Eso es") > html.index("<details>") > html.index("Conservar.")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_notebooks_fold_the_answer(path):
    """En el cuaderno derivado, cada pregunta va con su respuesta plegada, que Jupyter y Colab despliegan."""
    cells = nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    asked = path.read_text("utf8").count(":::{pregunta}")
    answer = r"<details>\n<summary>Ver la respuesta</summary>\n\n(.*?)\n\n</details>"
    folded = re.findall(rf"\*\*Pregunta \d+\*\*.*?{answer}", text, re.S)
    assert len(folded) == asked > 0
    assert all(len(answer) > 20 for answer in folded)


# En el navegador


@pytest.fixture(scope="module")
def page(browser, site):
    """El capítulo 5, que tiene preguntas de las tres clases."""
    tab = new_tab(browser, 390, "light")
    tab.goto(f"{site}lectures/05-lstm.html")
    yield tab
    tab.context.close()


def form(page, kind, place=0):
    found = page.locator(f'form.question[data-kind="{kind}"]').nth(place)
    found.scroll_into_view_if_needed()
    return found


def check(form):
    """Pulsa «Comprobar» y devuelve lo que dice la región viva."""
    form.get_by_role("button", name="Comprobar").click()
    return form.get_by_role("status").inner_text()


@pytest.mark.slow
def test_choice_explains_each_answer(page):
    asked = form(page, "choice")
    assert check(asked) == "Elige una opción."
    key, options = int(asked.get_attribute("data-key")), asked.get_by_role("radio")
    reasons = asked.locator(".reasons > li")
    for index in range(options.count()):
        options.nth(index).check()
        said = " ".join(check(asked).split())
        assert said.startswith("✓ Correcto." if index == key else "✗ No es así.")
        first_word = reasons.nth(index).text_content().split()[1]  # tras «Sí.» o «No.»
        assert said.split(".", 1)[1].split()[0] == first_word
        assert asked.get_attribute("data-state") == ("right" if index == key else "wrong")


@pytest.mark.slow
def test_choice_works_with_the_keyboard_alone(page):
    asked = form(page, "choice", 1)
    key = int(asked.get_attribute("data-key"))
    asked.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in range(key):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert asked.get_by_role("status").inner_text().startswith("✓ Correcto.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Escribe un número"),
        ("mucho", "Escribe un número"),
        ("0.6", "✓ Correcto."),
        ("0,6", "✓ Correcto."),
        (" 0.6005 ", "✓ Correcto."),
        ("0.61", "✗ No es así. Repasa la cuenta"),
        ("2,6", "✗ No es así. Si te salió 2.6: leíste"),
        ("−0.6", "✗ No es así. Repasa la cuenta"),
    ],
)
def test_number_with_tolerance_point_or_comma(page, typed, said):
    """La primera pregunta numérica del capítulo vale 0.6, con una milésima de margen."""
    asked = form(page, "number")
    asked.get_by_role("textbox").fill(typed)
    asked.get_by_role("textbox").press("Enter")
    assert " ".join(asked.get_by_role("status").inner_text().split()).startswith(said)


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "value"), [("40.800", 40800), ("40,800", 40800), ("40 800", 40800), ("1e-3", 0.001)])
def test_big_numbers_may_be_separated(page, typed, value):
    assert value in page.evaluate("(text) => readings(text)", typed)


@pytest.mark.slow
def test_steps_are_ordered_with_the_keyboard(page):
    asked = form(page, "order")
    said = check(asked)
    assert said.startswith("✗ No es así.") and "no es el de este paso" in said
    steps, n = asked.locator(".options > li"), asked.locator(".options > li").count()
    for place in range(n):  # sube cada paso hasta su sitio
        where = next(i for i in range(n) if steps.nth(i).get_attribute("data-place") == str(place))
        button = steps.nth(where).get_by_role("button", name="Subir")
        button.focus()
        for moved in range(where, place, -1):
            page.keyboard.press("Enter")
            assert asked.get_by_role("status").inner_text() == f"Ahora va en el lugar {moved} de {n}."
            assert page.evaluate("document.activeElement.ariaLabel").startswith("Subir: ")
    assert check(asked).startswith("✓ Correcto.")


@pytest.mark.slow
def test_controls_are_named_and_accessible(page):
    names = page.locator("form.question .moves button").evaluate_all("(all) => all.map((each) => each.ariaLabel)")
    assert names and all(re.fullmatch(r"(Subir|Bajar): \S.+", name, re.S) for name in names)
    assert page.locator("form.question fieldset > legend").count() == page.locator("form.question").count()
    page.evaluate(AXE)
    for mark in ("wrong", "right"):
        asked = form(page, "choice", 2)
        key = int(asked.get_attribute("data-key"))
        asked.get_by_role("radio").nth(key if mark == "right" else (key + 1) % 3).check()
        check(asked)
        assert asked.get_attribute("data-state") == mark
        found = page.evaluate("(options) => axe.run('form.question', options)", AXE_OPTIONS)
        assert [each["id"] for each in found["violations"]] == []
    assert page.problems == []


@pytest.mark.slow
def test_without_javascript_the_answer_is_folded(browser, site):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{site}lectures/05-lstm.html")
    asked = plain.locator("form.question").first
    assert asked.locator("input, button").count() == 0
    assert not asked.locator(".reasons").is_visible()
    asked.locator("summary").click()
    assert asked.locator(".reasons").is_visible()
    context.close()


@pytest.mark.slow
def test_only_pages_with_questions_load_them(site):
    weight = sum((ROOT / "book" / "_static" / name).stat().st_size for name in ("questions.js", "questions.css"))
    assert weight <= 8_000
    for path in SITE.rglob("*.html"):
        if "_static" not in path.parts:
            html = path.read_text("utf8")
            assert ("questions.js" in html) == ('<form class="question"' in html), path.name
