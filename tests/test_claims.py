"""Afirmaciones: cotas, intervalos a mano, mensajes completos y el registro que viaja en la salida."""

import json
import re
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recurrentes import claims

ONE_TO_FIVE = [1, 2, 3, 4, 5]
# Media 3; s = sqrt(2.5); t de Student con 4 grados de libertad al 97.5 % = 2.776445 (tabla): 3 ± 2.776445 sqrt(2.5 / 5)
LOW, HIGH = 1.036757, 4.963243


@pytest.fixture
def define(monkeypatch):
    """Define las afirmaciones de la prueba, en lugar de las del curso; devuelve con qué añadir una."""
    known = {}
    monkeypatch.setattr(claims, "entries", lambda: known)

    def add(expected, *, id="a", kind="exact", verdict="confirmada", says="Dos y dos son cuatro."):
        entry = {"id": id, "kind": kind, "verdict": verdict, "says": says, "measures": "la suma", "expected": expected}
        return known.setdefault(id, entry)

    return add


@pytest.mark.parametrize(
    ("expected", "value"),
    [({"min": 4, "max": 4}, 4), ({"min": 4}, 5.5), ({"max": 4}, -1e9), ({"min": 4, "max": 6}, [4, 5, 6])],
    ids=["exacta", "mínimo", "máximo", "varios valores"],
)
def test_a_value_within_bounds_passes(define, expected, value):
    """Las cotas se incluyen; con varios valores deben cumplir todos."""
    entry = define(expected)
    measured = claims.check("a", value)
    assert measured.entry is entry
    assert measured.record["values"] == np.atleast_1d(value).tolist()
    assert measured.record["mean"] == np.mean(value)
    assert measured.record["interval"] is None


@pytest.mark.parametrize(
    ("expected", "value", "bounds", "measured"),
    [
        ({"min": 4, "max": 4}, 4.001, "= 4", "4.001"),
        ({"min": 0.25}, 0.2, "≥ 0.25", "0.2"),
        ({"max": 1234567}, 1234568, "≤ 1234567", "1234568"),
        ({"max": 3}, [1, 2, 4], "≤ 3", "2.333333333"),
    ],
)
def test_a_value_out_of_bounds_fails(define, expected, value, bounds, measured):
    """El mensaje da lo exigido, lo medido con todas sus cifras, la frase y qué hacer."""
    define(expected)
    message = (
        f"a: se exige {bounds} y se midió {measured}. «Dos y dos son cuatro.» ya no se sostiene como «confirmada»: "
        "busca qué cambió antes de tocar el texto; no muevas la cota para que pase."
    )
    with pytest.raises(claims.ClaimFailed, match=f"^{re.escape(message)}$"):
        claims.check("a", value)


def test_the_interval_by_hand(define):
    """El intervalo de 1, 2, 3, 4 y 5 es el de la tabla de la t."""
    define({"min": 1, "max": 5}, kind="statistical")
    record = claims.check("a", ONE_TO_FIVE).record
    assert record["mean"] == 3
    assert record["interval"] == pytest.approx([LOW, HIGH], abs=1e-6)


@pytest.mark.parametrize(
    ("expected", "passes"),
    [({"min": 1.03}, True), ({"min": 1.04}, False), ({"max": 4.97}, True), ({"max": 4.96}, False)],
)
def test_the_whole_interval_must_fit(define, expected, passes):
    """En una afirmación estadística no basta la media: el intervalo entero cae en lo esperado."""
    define(expected, kind="statistical")
    if passes:
        claims.check("a", ONE_TO_FIVE)
    else:
        with pytest.raises(claims.ClaimFailed, match=re.escape("se midió 3 (IC 95 %: 1.036756839 a 4.963243161). «")):
            claims.check("a", ONE_TO_FIVE)


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=30))
def test_the_interval_is_scipy_s(values):
    """Coincide con ``scipy.stats.t.interval`` y contiene la media."""
    from scipy import stats

    low, high = claims._interval(np.array(values))
    scale = stats.sem(values)
    assert low <= np.mean(values) + 1e-6 and np.mean(values) - 1e-6 <= high
    if scale > 0:
        assert [low, high] == pytest.approx(stats.t.interval(0.95, len(values) - 1, np.mean(values), scale), abs=1e-6)


@pytest.mark.parametrize(
    ("value", "kind", "expected", "message"),
    [
        (
            [1, 2, 3, 4],
            "statistical",
            {"min": 0},
            "a: se requieren al menos 5 semillas y llegaron 4: repite con más.",
        ),
        (7, "statistical", {"min": 0}, "a: se requieren al menos 5 semillas y llegaron 1: repite con más."),
        (np.nan, "exact", {"min": 0}, "a: se requieren valores finitos y llegó [nan]: busca de dónde salen."),
        (
            [1, np.inf],
            "hardware",
            {"min": 0},
            "a: se requieren valores finitos y llegó [1.0, inf]: busca de dónde salen.",
        ),
        ([], "exact", {"min": 0}, "a: se requiere un número o una lista de números y llegó la forma (0,)."),
        (
            np.ones((5, 2)),
            "statistical",
            {"min": 0},
            "a: se requiere un número o una lista de números y llegó la forma (5, 2).",
        ),
        (1, "exact", {}, "a: expected requiere min, max o ambos y tiene []: corrige claims.yml."),
        (1, "exact", {"mín": 0}, "a: expected requiere min, max o ambos y tiene ['mín']: corrige claims.yml."),
    ],
    ids=["cuatro semillas", "un número", "NaN", "infinito", "vacía", "matriz", "sin cotas", "cota mal escrita"],
)
def test_what_cannot_be_checked_is_refused(define, value, kind, expected, message):
    """Cada error dice qué se requiere, qué llegó y el remedio."""
    define(expected, kind=kind)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        claims.check("a", value)


def test_an_unknown_id_is_refused(define):
    """Una errata en el id no pasa inadvertida."""
    message = "id='b': no está en claims.yml. Añade la entrada o corrige el nombre."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        claims.check("b", 1)


@pytest.mark.parametrize("verdict", ["confirmada", "matizada", "refutada"])
def test_the_plain_text_is_stable(define, verdict):
    """El texto plano, que nbval compara, lleva id, veredicto y cotas, y no lo medido: no cambia entre ejecuciones."""
    define({"min": 0.1, "max": 42000}, verdict=verdict)
    texts = {repr(claims.check("a", value)) for value in (1, 2.5, 41999)}
    assert texts == {f"[a] {verdict}: ≥ 0.1 y ≤ 42000"}


def test_what_jupyter_shows(define):
    """La salida lleva el texto, la tarjeta y el registro, este con el tipo MIME que nbval no compara."""
    from IPython.core.formatters import DisplayFormatter

    define({"min": 0}, kind="statistical", verdict="refutada", says="a < b & «c»")
    measured = claims.check("a", ONE_TO_FIVE)
    bundle, _ = DisplayFormatter().format(measured)
    assert bundle.keys() == {"text/plain", "text/html", claims.MIME}
    assert bundle["text/plain"] == "[a] refutada: ≥ 0"
    assert bundle[claims.MIME] == measured.record
    card = bundle["text/html"]
    assert 'class="claim claim-refutada" id="claim-a"' in card
    assert "<strong>Afirmación refutada.</strong> a &lt; b &amp; «c»" in card
    assert "la suma: <strong>3 (IC 95 %: 1.037 a 4.963; 5 semillas)</strong>; se exige ≥ 0." in card


def pending(define):
    """Una entrada que espera a una GPU."""
    entry = define({"min": 2}, kind="hardware", verdict="pendiente", says="a < b")
    entry["device"] = "gpu"
    return entry


def test_what_waits_for_a_gpu_is_shown_without_a_record(define):
    """Sin medida hay tarjeta, que lo dice, y ningún registro."""
    from IPython.core.formatters import DisplayFormatter

    entry = pending(define)
    waiting = claims.check("a", None)
    assert waiting.entry is entry
    bundle, _ = DisplayFormatter().format(waiting)
    assert bundle.keys() == {"text/plain", "text/html"}
    assert bundle["text/plain"] == "[a] pendiente de GPU: ≥ 2"
    assert "<strong>Afirmación pendiente de GPU.</strong> a &lt; b" in bundle["text/html"]
    assert 'class="claim claim-pendiente" id="claim-a"' in bundle["text/html"]
    assert "<strong>sin medir</strong>; se exigirá ≥ 2." in bundle["text/html"]


def test_a_measure_of_what_is_pending_asks_for_its_verdict(define):
    """En cuanto hay medida, la entrada no puede seguir pendiente."""
    pending(define)
    message = "a: está pendiente de GPU y ya llegó una medida: dale su veredicto en claims.yml."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        claims.check("a", [3.0])


@pytest.mark.parametrize(("device", "verdict"), [(None, "pendiente"), (None, "confirmada"), ("gpu", "confirmada")])
def test_nothing_else_can_go_without_a_measure(define, device, verdict):
    """None solo vale para una entrada de GPU sin veredicto."""
    entry = define({"min": 2}, kind="hardware", verdict=verdict)
    if device:
        entry["device"] = device
    with pytest.raises(ValueError, match=r"^a: se requieren valores finitos y llegó \[nan\]"):
        claims.check("a", None)


def test_a_gpu_claim_says_what_measured_its_records(define, monkeypatch):
    """El registro lleva con qué midió el estudio, no con qué se lee."""
    pending(define)["verdict"] = "confirmada"
    place = {"device": "gpu", "machine": "una con GPU", "versions": {"jax": "1"}}
    rows = [place | {"backend": "torch", "date": "2026-01-02"}, place | {"backend": "jax", "date": "2026-01-01"}]
    monkeypatch.setattr(claims.records, "load", lambda name: pd.DataFrame(rows))
    record = claims.check("a", [2.5, 3.0]).record
    assert record == {"id": "a", "values": [2.5, 3.0], "mean": 2.75, "interval": None} | place | {
        "backend": "jax, torch",
        "date": "2026-01-02",
    }


@pytest.mark.parametrize(
    ("value", "shown"), [(0.123456, "0.1235"), (9648, "9648"), (41932.4, "41932"), (-1234567.0, "-1234567")]
)
def test_numbers_in_the_card_read_well(define, value, shown):
    """La tarjeta no usa notación científica para lo que se cuenta por miles o millones."""
    define({"min": -1e9})
    assert f"<strong>{shown}</strong>" in claims.check("a", value)._repr_mimebundle_()["text/html"]


def test_the_record_is_complete(define):
    """El registro lleva lo que hace falta para repetir la medida, y se puede escribir como JSON."""
    define({"min": 0}, kind="statistical")
    before = datetime.now(UTC).replace(microsecond=0)
    record = claims.check("a", np.array(ONE_TO_FIVE)).record
    assert json.loads(json.dumps(record)) == record
    assert record.keys() == {"id", "values", "mean", "interval", "backend", "device", "machine", "versions", "date"}
    assert (record["id"], record["values"]) == ("a", [1.0, 2.0, 3.0, 4.0, 5.0])
    assert before <= datetime.fromisoformat(record["date"]) <= datetime.now(UTC)
    assert record["versions"]["numpy"] == np.__version__
    assert record["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(("devices", "device"), [(["cpu:0"], "cpu"), (["gpu:0", "gpu:1"], "gpu")])
def test_the_environment_says_backend_and_device(monkeypatch, devices, device):
    """Con Keras cargado se anota su backend y el aparato que usaría."""
    fake = SimpleNamespace(
        config=SimpleNamespace(backend=lambda: "jax"), distribution=SimpleNamespace(list_devices=lambda: devices)
    )
    monkeypatch.setitem(sys.modules, "keras", fake)
    found = claims.environment()
    assert (found["backend"], found["device"]) == ("jax", device)


@pytest.mark.parametrize(("available", "device"), [(False, "cpu"), (True, "gpu")])
def test_the_environment_with_torch(monkeypatch, available, device):
    """Con PyTorch, Keras no tiene con qué decir los aparatos, y se le pregunta a PyTorch."""
    fake = SimpleNamespace(config=SimpleNamespace(backend=lambda: "torch"), distribution=None)
    monkeypatch.setitem(sys.modules, "keras", fake)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: available)))
    found = claims.environment()
    assert (found["backend"], found["device"]) == ("torch", device)


def test_the_environment_without_keras(monkeypatch):
    """Sin Keras cargado, lo medido es de NumPy y de la CPU, y no se carga Keras para saberlo."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    found = claims.environment()
    assert (found["backend"], found["device"]) == ("numpy", "cpu")
    assert "keras" not in sys.modules


@pytest.mark.parametrize(("backend", "raises"), [("tensorflow", True), ("jax", False)])
def test_a_claim_about_some_backends(define, monkeypatch, backend, raises):
    """Donde no se exige, la medida se anota y se muestra igual."""
    entry = define({"max": 4})
    entry["backends"] = ["tensorflow"]
    here = claims.environment()
    monkeypatch.setattr(claims, "environment", lambda: here | {"backend": backend})
    if raises:
        with pytest.raises(claims.ClaimFailed):
            claims.check(entry["id"], 1e9)
    else:
        shown = claims.check(entry["id"], 1e9)
        assert shown.record["mean"] == 1e9 and "con TensorFlow" in shown._card()


def test_the_version_of_the_cpu_only_package():
    """De TensorFlow vale la versión de ``tensorflow`` o la de ``tensorflow-cpu``; de un paquete ausente, ninguna."""
    assert re.match(r"2\.\d+", claims._version("tensorflow"))
    assert claims._version("no-such-package") is None


def test_the_entries_are_those_of_the_repository(pytestconfig):
    """En un clon se leen las de ``claims/claims.yml``, por id."""
    source = yaml.safe_load((pytestconfig.rootpath / "claims/claims.yml").read_text("utf8"))
    claims.entries.cache_clear()
    assert claims.entries() == {entry["id"]: entry for entry in source}
