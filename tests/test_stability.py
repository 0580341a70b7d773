"""Las repeticiones con otras semillas: cambian el azar y nada más, anotan lo que falla y miden la holgura."""

import json
import subprocess
import sys

import numpy as np
import pytest

import reseed
import sources
import stability

PROGRAM = """
import json
import reseed
reseed.start({repetition})
import keras
import numpy as np
from keras.src.random.seed_generator import SeedGenerator
keras.utils.set_random_seed(3)
kernel = keras.layers.Dense(1)
kernel.build((None, 2))
print(json.dumps([
    np.random.default_rng(0).random(), np.random.default_rng(1).random(), np.random.RandomState(0).rand(),
    float(np.sum(kernel.get_weights()[0])), float(keras.ops.sum(keras.random.normal((2,), seed=SeedGenerator(0)))),
]))
"""


def numbers(repetition):
    """Lo que sortea un programa con sus semillas cambiadas."""
    path = [str(sources.ROOT / folder) for folder in ("tools", "src")]
    code = f"import sys; sys.path[:0] = {path}\n" + PROGRAM.format(repetition=repetition)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_each_repetition_is_another_draw_and_always_the_same():
    """La repetición 0 es el cuaderno tal cual; las demás cambian todos los generadores con semilla."""
    plain, first, again, second = (numbers(repetition) for repetition in (0, 1, 1, 2))
    assert plain[0] == np.random.default_rng(0).random()
    assert first == again
    for a, b, c in zip(plain, first, second, strict=True):
        assert len({a, b, c}) == 3


def test_a_generator_is_left_as_it_is():
    """Solo se cambian los enteros."""
    rng = np.random.default_rng(0)
    assert reseed.moved(rng, 5) is rng and reseed.moved(None, 5) is None
    assert reseed.moved(0, 1) != reseed.moved(0, 2) and reseed.moved(0, 1) != reseed.moved(1, 1)


def test_a_claim_that_does_not_hold_is_noted(monkeypatch):
    """La afirmación que falla no detiene el cuaderno, y queda su medida."""
    from recurrentes import claims

    monkeypatch.setattr(reseed, "measured", {})
    check = claims.check
    reseed._note(check, "seasonal-naive-beats-naive", 0.4)
    reseed._note(check, "seasonal-naive-beats-naive", 1e9)
    assert reseed.measured == {"seasonal-naive-beats-naive": (1e9, 1e9, False)}


def run(*measures, id="uno", errors=()):
    """Las repeticiones de un cuaderno con una afirmación: (menor, mayor, si se cumple) en cada una."""
    return [
        {"params": {"notebook": "a", "repetition": k}, "metrics": {"claims": {id: list(m)}, "errors": list(errors)}}
        for k, m in enumerate(measures, start=1)
    ]


@pytest.mark.parametrize(
    ("expected", "measures", "holds", "left", "sound"),
    [
        ({"min": 1}, [(2, 3, True), (1.5, 3, True), (2, 3, True)], 3, 0.5, True),
        ({"min": 1}, [(2, 3, True), (1.04, 3, True), (2, 3, True)], 3, 0.04, False),
        ({"min": 1}, [(2, 3, True), (0.5, 3, False), (2, 3, True)], 2, -0.5, False),
        ({"max": 4}, [(2, 3, True), (2, 3.9, True), (2, 3, True)], 3, 0.1, True),
        ({"min": 1, "max": 1}, [(1, 1, True)] * 3, 3, 1, True),
        ({"min": 1}, [(1, 1, True)] * 3, 3, 1, True),
    ],
)
def test_what_is_left_of_the_margin(expected, measures, holds, left, sound):
    """La peor repetición, en partes de la distancia habitual a la cota."""
    [row] = stability.summary(run(*measures), {"uno": {"expected": expected}})
    assert (row["repetitions"], row["holds"], row["sound"]) == (3, holds, sound)
    assert row["left"] == pytest.approx(left)


def test_the_report_names_what_has_to_be_redesigned():
    runs = run((2, 3, True), (0.5, 3, False), (2, 3, True), errors=[{"cell": 7, "error": "AssertionError: no"}])[:2]
    text = stability.report(stability.summary(runs, {"uno": {"expected": {"min": 1}}}), runs)
    assert text.splitlines() == [
        "uno: se cumple 1 de 2; peor holgura, -200%",
        "a, repetición 1, celda 7: AssertionError: no",
        "a, repetición 2, celda 7: AssertionError: no",
        "0 de 1 afirmaciones repetidas se sostienen con holgura.",
    ]


def test_a_notebook_whose_cells_change_starts_again(monkeypatch, tmp_path, capsys):
    """Se olvidan sus repeticiones, y se conservan las de los demás."""
    first, second = sources.docnames()[:2]
    path = tmp_path / "stability.jsonl"
    monkeypatch.setattr(stability, "PATH", path)
    lines = [{"params": params} for params in stability.grid([first, second], 2)]
    lines[0]["params"]["cells"] = "otras"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    stability.forget_changed([first, second])
    assert [json.loads(line) for line in path.read_text("utf8").splitlines()] == lines[1:]
    assert capsys.readouterr().out == "Repeticiones olvidadas, de celdas que ya no son las mismas: 1.\n"


@pytest.mark.slow
def test_a_real_notebook_is_repeated():
    """El primer capítulo con otras semillas mide todas sus afirmaciones y no falla ninguna celda."""
    name = "lectures/01-series-temporales"
    found = stability.measure(name, 1, "")
    assert found["errors"] == []
    assert set(found["claims"]) == set(sources.checked_claims(sources.read(name)))
