"""Deberes: entregas buenas, malas, falsificadas y rotas de muchas maneras; ninguna lanza una excepción."""

import csv
import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
from math import comb
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurrentes import data, homework

N = 400
IDS = [f"test/{'pos' if i % 2 else 'neg'}/{i // 2}_{7 + i % 4}.txt" for i in range(N)]
LABELS = pd.Series(np.arange(N) % 2, index=pd.Index(IDS, name="id"), name="label")
CURVES = {name: [0.5, 0.4, 0.3, 0.2, 0.1] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}


def guesses(wrong, *, rng, labels=LABELS):
    """Probabilidades que fallan exactamente en las reseñas de índice ``wrong``."""
    right = np.ones(len(labels), bool)
    right[wrong] = False
    sure = rng.uniform(0.51, 0.99, len(labels))
    return np.where((labels == 1) == right, sure, 1 - sure)


def arguments(*, wrong=range(40), base_wrong=range(320, 400), labels=LABELS, **changes):
    """Los argumentos de una entrega que cumple: 90 % frente a 80 %."""
    rng = np.random.default_rng(0)
    wrong, base_wrong = list(wrong), list(base_wrong)
    good = {
        "author": "Ana Pérez",
        "seed": 7,
        "ids": list(labels.index),
        "probability": guesses(wrong, rng=rng, labels=labels),
        "baseline": guesses(base_wrong, rng=rng, labels=labels),
        "histories": {"recurrent": CURVES, "baseline": {name: values[:3] for name, values in CURVES.items()}},
        "models": {"recurrent": "Embedding; Bidirectional(LSTM(64)); Dense(1)", "baseline": "Embedding; Dense(1)"},
        "accuracy": 1 - len(wrong) / len(labels),
        "baseline_accuracy": 1 - len(base_wrong) / len(labels),
        "comparison": "mejor",
    }
    return good | changes


VERSIONS = {"python": "3.11.7", "numpy": "2.4.6", "keras": "3.15.1", "tensorflow": "2.21.0"}
ENVIRONMENT = {"backend": "tensorflow", "device": "cpu", "versions": VERSIONS, "date": "2026-01-31T10:00:00+00:00"}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Escribir una entrega no depende de que haya Keras en la máquina de las pruebas."""
    monkeypatch.setattr(homework.claims, "environment", lambda: dict(ENVIRONMENT))


@pytest.fixture
def entrega(tmp_path):
    """Una entrega que cumple."""
    return homework.write(tmp_path / "entrega", **arguments())


def verify(folder, labels=LABELS):
    return homework.verify(folder, labels=labels)


def finding(report, point):
    return next(finding for finding in report.findings if finding.point == point)


# Entregas que cumplen.


def test_a_good_submission_meets_every_point(entrega):
    """Cada punto, y lo medido."""
    report = verify(entrega)
    assert (report.exit, report.status) == (0, "cumple")
    assert all(finding.ok for finding in report.findings)
    assert report.measured["accuracy"] == 0.9 and report.measured["baseline_accuracy"] == 0.8
    assert report.measured["only_one_right"] == [80, 40] and report.measured["difference"] == 10
    assert str(report).endswith("La entrega cumple: 16 de 16 puntos.")
    assert "0.9000, recalculada de las predicciones, es la declarada." in str(report)


def test_the_comparison_is_that_of_a_textbook():
    """p exacta y límites calculados aparte: 80 y 40 desacuerdos de 400."""
    rng = np.random.default_rng(0)
    scores = pd.DataFrame({"label": LABELS, "probability": guesses(range(40), rng=rng)})
    scores["baseline"] = guesses(range(320, 400), rng=rng)
    measured = homework._mcnemar(scores)
    assert measured["p_value"] == pytest.approx(2 * sum(comb(120, k) for k in range(41)) / 2**120)
    low, high = measured["interval"]
    wald = 1.96 * np.sqrt(120 - 40**2 / 400) / 400 * 100
    assert low == pytest.approx(10 - wald, abs=0.5) and high == pytest.approx(10 + wald, abs=0.5)


@pytest.mark.parametrize(
    "base_wrong, comparison, words",
    [
        (range(320, 400), "mejor", "es significativamente mejor"),
        (range(40, 85), "sin diferencia clara", "no se demuestra diferencia"),
        (range(50, 55), "peor", "es significativamente peor"),
    ],
    ids=["mejor", "sin diferencia", "peor"],
)
def test_an_honest_comparison_meets_whoever_wins(tmp_path, base_wrong, comparison, words):
    """No se exige que gane el modelo recurrente, sino decir quién gana."""
    given = arguments(wrong=range(40), base_wrong=base_wrong, comparison=comparison)
    if comparison == "peor":
        given["baseline_accuracy"] = 1 - 15 / N
        given["baseline"] = guesses(range(50, 65), rng=np.random.default_rng(1))
    report = verify(homework.write(tmp_path / "entrega", **given))
    assert report.exit == 0, report
    assert words in finding(report, "comparación").message


def rewrite(path, change):
    path.write_bytes(change(path.read_bytes()))


def shuffled(content):
    head, *rows = content.decode().splitlines(keepends=True)
    return "".join([head, *np.random.default_rng(1).permutation(rows)]).encode()


def with_columns(content):
    lines = content.decode().splitlines()
    return "\n".join(f'"nota, {i}",{line},x' for i, line in enumerate(lines)).encode()


def reversed_columns(content):
    return "\n".join(",".join(line.split(",")[::-1]) for line in content.decode().splitlines()).encode()


@pytest.mark.parametrize(
    "change",
    [
        shuffled,
        with_columns,
        reversed_columns,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.rstrip(),
        lambda content: content + b"\n\n",
        lambda content: content.replace(b",", b" , "),
    ],
    ids=["filas", "columnas de más", "orden de columnas", "CRLF", "BOM", "sin salto final", "vacías", "espacios"],
)
def test_harmless_variations_meet_and_are_the_same_work(entrega, change):
    """Y la huella es la misma: se ve que es una copia."""
    before = verify(entrega)
    rewrite(entrega / "predictions.csv", change)
    (entrega / "notas.txt").write_text("otro archivo", "utf8")
    after = verify(entrega)
    assert after.exit == 0, after
    assert after.measured["digest"] == before.measured["digest"]


# Entregas que no cumplen o que no se pueden leer: cada una, con el punto que lo dice.


def edit(**changes):
    """Cambia campos del manifiesto; los que valen ... se quitan."""

    def damage(folder):
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text("utf8")) | changes
        path.write_text(json.dumps({key: value for key, value in manifest.items() if value is not ...}), "utf8")

    return damage


def raw(name, change):
    """Cambia los bytes de un archivo."""
    return lambda folder: rewrite(folder / name, change if callable(change) else lambda content: change)


def table(name, change):
    """Cambia un CSV como lista de filas, la cabecera primera."""

    def damage(folder):
        with (folder / name).open(newline="", encoding="utf8") as file:
            rows = list(csv.reader(file))
        with (folder / name).open("w", newline="", encoding="utf8") as file:
            csv.writer(file).writerows(change(rows) or rows)

    return damage


def cell(row, column, value, name="predictions.csv"):
    def change(rows):
        rows[row][column] = value

    return table(name, change)


def column(place, function):
    return table("predictions.csv", lambda rows: rows[:1] + [put(row, place, function(row)) for row in rows[1:]])


def put(row, place, value):
    return [*row[:place], value, *row[place + 1 :]]


def replace_by(name, make):
    """Pone otra cosa en lugar del archivo."""

    def damage(folder):
        (folder / name).unlink()
        make(folder / name)

    return damage


P, H, M = "predictions.csv", "history.csv", "manifest.json"
TRUE = dict(zip(IDS, LABELS, strict=True))
DAMAGES = {
    # id: (qué se estropea, salida, punto, parte del mensaje)
    "falta predictions": (lambda folder: (folder / P).unlink(), 2, P, "falta. Ejecuta la última celda"),
    "falta history": (lambda folder: (folder / H).unlink(), 2, H, "falta."),
    "falta manifest": (lambda folder: (folder / M).unlink(), 2, M, "falta."),
    "vacío": (raw(P, b""), 2, P, "está vacío"),
    "solo espacios": (raw(M, b" \n"), 2, M, "está vacío"),
    "solo cabecera": (raw(P, b"id,probability,baseline\n"), 1, "filas", f"{N} que faltan"),
    "sin cabecera": (table(P, lambda rows: rows[1:]), 2, P, "se requiere id,probability,baseline"),
    "columna repetida": (cell(0, 2, "probability"), 2, P, "la cabecera es 'id,probability,probability'"),
    "cortado en una fila": (raw(P, lambda c: c[: c.rindex(b",")]), 2, P, "tiene 2 celdas y la cabecera 3"),
    "cortado por filas": (raw(P, lambda c: c[: c.index(b"\n", 5000) + 1]), 1, "filas", "que faltan"),
    "UTF-16": (raw(P, lambda c: c.decode().encode("utf-16")), 2, P, "no es UTF-8 (byte 0): es UTF-16"),
    "UTF-16 sin marca": (raw(P, lambda c: c.decode().encode("utf-16-le")), 2, P, "bytes nulos"),
    "Latin-1": (raw(M, lambda c: c.decode().encode("latin-1")), 2, M, "no es UTF-8"),
    "binario": (raw(P, np.random.default_rng(0).bytes(4000)), 2, P, "no es UTF-8"),
    "pickle": (raw(P, pickle.dumps({"a": 1})), 2, P, "no es UTF-8"),
    "punto y coma": (raw(P, lambda c: c.replace(b",", b";")), 2, P, "van separadas por comas"),
    "tabulador": (raw(H, lambda c: c.replace(b",", b"\t")), 2, H, "van separadas por comas"),
    "coma decimal": (raw(P, lambda c: c.replace(b".", b",")), 2, P, "¿Está cortado, o usa comas decimales?"),
    "coma decimal entre comillas": (cell(3, 1, "0,5"), 1, "probabilidades", "la primera, '0,5', en la línea 4"),
    "comilla sin cerrar": (raw(P, lambda c: c.replace(b"\n", b'\n"', 1)), 2, P, "no es un CSV"),
    "fila ancha": (table(P, lambda rows: put(rows, 5, rows[5] + ["1"])), 2, P, "la línea 6 tiene 4 celdas"),
    "id repetido": (table(P, lambda rows: [*rows, rows[1]]), 1, "filas", "1 repetidas (la primera, 'test/neg/0_7"),
    "id desconocido": (cell(1, 0, "train/neg/0_7.txt"), 1, "filas", "1 desconocidas (la primera, 'train/neg/0_7.txt')"),
    "fila que falta": (table(P, lambda rows: rows[:-1]), 1, "filas", "1 que faltan"),
    "demasiadas filas": (raw(P, lambda c: c + b"a,1,1\n" * 100_001), 2, P, "más de 100000 filas"),
    "NaN": (cell(2, 1, "nan"), 1, "probabilidades", "`probability`: se requieren números de 0 a 1"),
    "infinito": (cell(2, 2, "inf"), 1, "probabilidades", "`baseline`: se requieren números de 0 a 1"),
    "celda vacía": (cell(2, 1, ""), 1, "probabilidades", "la primera, '', en la línea 3"),
    "mayor que 1": (cell(2, 1, "1.0001"), 1, "probabilidades", "1 celdas no lo son"),
    "negativa": (cell(2, 1, "-0.1"), 1, "probabilidades", "'-0.1'"),
    "desbordada": (cell(2, 1, "1e999"), 1, "probabilidades", "'1e999'"),
    "porcentajes": (column(1, lambda row: f"{100 * float(row[1]):.3f}"), 1, "probabilidades", "celdas no lo son"),
    "cifras árabes": (cell(2, 1, "٠.٥"), 1, "probabilidades", "celdas no lo son"),
    "escapes de terminal": (cell(2, 1, "\x1b[2J"), 1, "probabilidades", r"'\x1b[2J'"),
    "decisiones": (column(1, lambda row: str(round(float(row[1])))), 1, "probabilidades", "parecen etiquetas"),
    "línea base constante": (column(2, lambda row: "0.5"), 1, "probabilidades", "`baseline` solo tiene 1 valores"),
    "línea base repetida": (column(2, lambda row: row[1]), 1, "comparación", "repite las predicciones"),
    "línea base casi repetida": (
        column(2, lambda row: f"{float(row[1]) * 0.999:.6f}"), 1, "comparación", "repite las predicciones"),
    "carpeta por archivo": (replace_by(P, Path.mkdir), 2, P, "no es un archivo corriente"),
    "FIFO": (replace_by(P, os.mkfifo), 2, P, "no es un archivo corriente"),
    "enlace roto": (replace_by(H, lambda path: path.symlink_to("nada")), 2, H, "es un enlace"),
    "sin permiso": (lambda folder: (folder / M).chmod(0), 2, M, "no se puede abrir"),
    "enorme": (lambda folder: os.truncate(folder / P, 10**12), 2, P, "ocupa 1000000000000 bytes"),
    "JSON enorme": (lambda folder: os.truncate(folder / M, 10**9), 2, M, "se admiten 1000000"),
    "JSON cortado": (raw(M, lambda c: c[:-20]), 2, M, "no es JSON válido"),
    "JSON hondo": (raw(M, b'{"format":' + b"[" * 400_000), 2, M, "no es un JSON razonable"),
    "JSON entero sin fin": (raw(M, b'{"seed": 1' + b"0" * 10_000 + b"}"), 2, M, "no es un JSON razonable"),
    "JSON lista": (raw(M, b"[1, 2]"), 2, M, "se requiere un objeto, entre llaves, y llegó una lista"),
    "formato ajeno": (edit(format=2), 2, M, "se requiere `format` = 1 y llegó el número 2"),
    "formato booleano": (edit(format=True), 2, M, "llegó un booleano"),
    "accuracy falsa": (edit(accuracy=0.95), 1, "exactitud", "0.95000 y de las predicciones sale 0.90000"),
    "accuracy casi": (edit(accuracy=0.9001), 1, "exactitud", "dice `accuracy` = 0.90010"),
    "accuracy en texto": (edit(accuracy="0.9"), 1, "exactitud", "y llegó el texto '0.9'"),
    "accuracy NaN": (edit(accuracy=float("nan")), 1, "exactitud", "y llegó el número nan"),
    "accuracy booleana": (edit(accuracy=True), 1, "exactitud", "y llegó un booleano"),
    "accuracy inmensa": (edit(accuracy=10**400), 1, "exactitud", "y llegó el número 1"),
    "accuracy ausente": (edit(accuracy=...), 1, "exactitud", "y llegó nada"),
    "línea base falsa": (edit(baseline_accuracy=0.5), 1, "línea base", "dice `baseline_accuracy` = 0.50000"),
    "línea base ausente": (edit(baseline_accuracy=...), 1, "línea base", "y llegó nada"),
    "comparación falsa": (edit(comparison="sin diferencia clara"), 1, "comparación", "debe decir lo mismo, 'mejor'"),
    "comparación rara": (edit(comparison=[[]]), 1, "comparación", "y llegó una lista"),
    "cuatro épocas": (table(H, lambda rows: put(rows, 5, rows[6])[:6]), 1, "épocas", "hay: 1, 2, 3, 4."),
    "épocas repetidas": (cell(5, 1, "4", H), 1, "épocas", "hay: 1, 2, 3, 4, 4."),
    "sin curva de la línea base": (table(H, lambda rows: rows[:6]), 1, "épocas", "de `baseline` se requieren"),
    "historia NaN": (cell(2, 2, "nan", H), 1, "épocas", "`loss`: se requieren números"),
    "historia imposible": (cell(2, 3, "1.5", H), 1, "épocas", "`accuracy`: se requieren números de 0 a 1"),
    "épocas declaradas": (edit(epochs=10), 1, "épocas", "dice `epochs` = 10 y se requieren 5"),
    "sin semilla": (edit(seed=...), 1, "semilla", "y llegó nada"),
    "semilla en texto": (edit(seed="7"), 1, "semilla", "y llegó el texto '7'"),
    "semilla inmensa": (edit(seed=2**32), 1, "semilla", "se requiere en el manifiesto `seed`"),
    "sin versiones": (edit(versions=...), 1, "versiones", "un objeto, y llegó nada"),
    "sin la de Keras": (edit(versions={"python": "3.11.7", "numpy": "2.4.6"}), 1, "versiones", "la versión de keras"),
    "versión numérica": (edit(versions=VERSIONS | {"keras": 3.15}), 1, "versiones", "y llegó el número 3.15"),
    "sin modelos": (edit(models=[]), 1, "modelos", "models.recurrent"),
    "sin recurrencia": (edit(models={"recurrent": "Dense", "baseline": "Dense"}), 1, "modelos", "una capa recurrente"),
    "línea base recurrente": (edit(models={"recurrent": "GRU", "baseline": "GRU"}), 1, "modelos", "sin recurrencia"),
    "sin autoría": (edit(author="  "), 1, "autoría", "tu nombre"),
    "sin fecha": (edit(date=20260131), 1, "autoría", "una fecha como"),
}  # fmt: skip


@pytest.mark.parametrize("damage, exit, point, message", DAMAGES.values(), ids=DAMAGES)
def test_each_damage_gets_its_finding(entrega, damage, exit, point, message):
    """Nunca una excepción: el punto que falla, qué llegó y qué hacer."""
    if damage is DAMAGES["sin permiso"][0] and os.geteuid() == 0:
        pytest.skip("a root no le falta ningún permiso")
    damage(entrega)
    report = verify(entrega)
    assert report.exit == exit, report
    assert finding(report, point).ok is False
    assert message in finding(report, point).message
    json.loads(report.to_json())


@pytest.mark.parametrize("n_wrong, exit", [(60, 0), (61, 1), (12, 0), (11, 1)])
def test_the_limits_are_inclusive(tmp_path, n_wrong, exit):
    """0.85 llega, 0.8475 no; 0.97 es creíble, 0.9725 no."""
    given = arguments(wrong=range(n_wrong), base_wrong=range(N - 100, N))
    report = verify(homework.write(tmp_path / "entrega", **given))
    assert report.exit == exit, report
    point = "exactitud mínima" if n_wrong > 50 else "exactitud verosímil"
    assert finding(report, point).ok is (exit == 0)


def test_predictions_that_are_the_labels_are_suspicious(tmp_path):
    """Aunque lleguen disfrazadas de probabilidades."""
    report = verify(homework.write(tmp_path / "entrega", **arguments(wrong=[])))
    assert report.exit == 1
    message = finding(report, "exactitud verosímil").message
    assert message.startswith("las predicciones coinciden con todas las etiquetas de prueba. Es sospechoso")


@pytest.mark.parametrize("n_wrong, message", [(200, "no es honesta"), (8, "Es sospechoso")])
def test_a_baseline_has_to_be_a_trained_one(tmp_path, n_wrong, message):
    """Ni un rival de paja, ni las etiquetas."""
    given = arguments(base_wrong=range(N - n_wrong, N), comparison="mejor" if n_wrong > 40 else "peor")
    report = verify(homework.write(tmp_path / "entrega", **given))
    assert report.exit == 1
    assert message in finding(report, "línea base").message


def test_a_probability_of_one_half_is_negative(tmp_path):
    """Como en Keras: positiva es la que pasa de 0.5."""
    given = arguments()
    given["probability"][[0, 2, 4, 41, 43]] = 0.5  # tres negativas falladas pasan a acertarse; dos positivas, al revés
    report = verify(homework.write(tmp_path / "entrega", **given | {"accuracy": 0.9025}))
    assert report.exit == 0, report


def test_what_cannot_be_checked_says_why(entrega):
    """Sin las predicciones se comprueba lo demás."""
    (entrega / P).unlink()
    report = verify(entrega)
    skipped = finding(report, "comparación")
    assert skipped.ok is None and skipped.message == "sin comprobar; antes hay que arreglar probabilidades."
    assert finding(report, "épocas").ok and finding(report, "semilla").ok
    assert report.measured["accuracy"] is None and report.measured["seed"] == 7


def test_without_the_dataset_it_says_what_to_do(entrega, monkeypatch):
    """Y no parece culpa de quien entrega."""

    def absent(split):
        raise data.DataError("No se pudo descargar. Comprueba la conexión.")

    monkeypatch.setattr(data, "load_imdb", absent)
    report = homework.verify(entrega)
    assert report.exit == 2
    expected = "no están las etiquetas con que comprobar la entrega. No se pudo descargar. Comprueba la conexión."
    assert finding(report, "reseñas de prueba").message == expected


# Nada de fuera se lee, y nada de dentro se ejecuta.


@pytest.mark.parametrize("name", [P, H, M])
def test_links_are_not_followed(entrega, tmp_path, name):
    """Aunque lleven a un archivo que cumpliría."""
    (entrega / name).rename(tmp_path / name)
    (entrega / name).symlink_to(tmp_path / name)
    report = verify(entrega)
    assert report.exit == 2
    assert finding(report, name).message == "es un enlace a otro lugar, y no se sigue. Entrega el archivo mismo."


def test_the_folder_itself_is_not_a_link(entrega, tmp_path):
    (tmp_path / "enlace").symlink_to(entrega)
    report = verify(tmp_path / "enlace")
    assert report.exit == 2 and "no es una carpeta" in finding(report, P).message


@pytest.mark.parametrize("folder", ["no/existe", "", "archivo", "a\0b", "x" * 5000], ids=repr)
def test_a_folder_that_is_not_one(tmp_path, monkeypatch, folder):
    """Una ruta imposible es un punto que no se cumple."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archivo").write_text("x", "utf8")
    assert verify(folder).exit == 2


opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)


def test_only_its_three_files_are_opened(entrega):
    """Ni siquiera se mira lo demás, esté donde esté."""
    manifest = json.loads((entrega / M).read_text("utf8"))
    for name in ("secreto.txt", "numpy.py", "predictions.pkl"):
        (entrega / name).write_text("raise SystemExit('ejecutado')", "utf8")
    (entrega / M).write_text(json.dumps(manifest | {"predictions": "/etc/passwd"}), "utf8")
    opened.clear()
    assert verify(entrega).exit == 0
    assert sorted(set(opened)) == sorted(str(entrega / name) for name in (P, H, M))


# Escribir.


class Layer:
    """Lo que `write` mira de una capa."""

    def __init__(self, n_params, **attributes):
        self.count_params = lambda: n_params
        vars(self).update(attributes)


LSTM, Dense, Bidirectional = (type(name, (Layer,), {}) for name in ("LSTM", "Dense", "Bidirectional"))


def test_networks_and_histories_are_described(tmp_path):
    """Las redes y los historiales de Keras, tal cual; las probabilidades, (N, 1)."""
    layers = [Bidirectional(4, forward_layer=LSTM(2, units=64)), Dense(3, units=1)]
    network = SimpleNamespace(layers=layers, count_params=lambda: 7)
    given = arguments(models={"recurrent": network, "baseline": "Dense(1)"})
    given["histories"] = {name: SimpleNamespace(history=CURVES) for name in given["histories"]}
    given["probability"] = given["probability"].astype("float32")[:, None]
    folder = homework.write(tmp_path / "entrega", **given)
    manifest = json.loads((folder / M).read_text("utf8"))
    assert manifest["models"]["recurrent"] == "Bidirectional(LSTM(64)): 4; Dense(1): 3; parámetros: 7"
    assert manifest["author"] == "Ana Pérez" and manifest["versions"] == VERSIONS and manifest["epochs"] == 5
    assert len((folder / H).read_text("utf8").splitlines()) == 11
    assert verify(folder).exit == 0


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"ids": IDS[:-1] + IDS[:1]}, "ids: se requieren ids sin repetir y llegaron 400, 399 distintos."),
        ({"probability": np.ones(3)}, "probability: se requiere forma (400,), un número por id, y llegó (3,)."),
        ({"baseline": ["a"] * N}, "baseline: se requieren números y llegó list."),
        (
            {"baseline": np.full(N, -2.0)},
            "baseline: se requieren probabilidades de 0 a 1 y 400 no lo son (la primera, -2.0). ¿Acaba la red en una "
            "sigmoide?",
        ),
        ({"author": " "}, "author=' ': se requiere tu nombre, un texto que no esté vacío."),
        ({"seed": None}, "seed=None: se requiere el entero, de 0 a 2**32 - 1, que diste a set_random_seed."),
        ({"accuracy": 87}, "accuracy=87: se requiere la proporción de aciertos, un número de 0 a 1."),
        (
            {"baseline_accuracy": "1"},
            "baseline_accuracy='1': se requiere la proporción de aciertos, un número de 0 a 1.",
        ),
        (
            {"comparison": "gano"},
            "comparison='gano': se requiere una de ('mejor', 'peor', 'sin diferencia clara').",
        ),
        (
            {"models": {"recurrent": "LSTM"}},
            "models: se requiere un diccionario con claves ('recurrent', 'baseline') y llegó ['recurrent'].",
        ),
        ({"models": {"recurrent": 3, "baseline": 3}}, "models: se requiere una red de Keras o un texto y llegó int."),
        (
            {"histories": {"recurrent": {"loss": [1.0]}, "baseline": CURVES}},
            "histories['recurrent']: se requieren ('loss', 'accuracy', 'val_loss', 'val_accuracy'), con un número por "
            "época, y llegó ['loss']. Compila con metrics=[\"accuracy\"] y da a fit datos de validación.",
        ),
        (
            {"histories": {"recurrent": 3, "baseline": CURVES}},
            "histories['recurrent']: se requieren ('loss', 'accuracy', 'val_loss', 'val_accuracy'), con un número por "
            'época, y llegó int. Compila con metrics=["accuracy"] y da a fit datos de validación.',
        ),
    ],
)
def test_write_says_what_was_required(tmp_path, changes, message):
    """Y no deja nada escrito."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        homework.write(tmp_path / "entrega", **arguments(**changes))
    assert not (tmp_path / "entrega").exists()


# Daños al azar.


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Los bytes de los tres archivos de una entrega que cumple, y una carpeta donde ponerlos."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(homework.claims, "environment", lambda: dict(ENVIRONMENT))
        folder = homework.write(tmp_path_factory.mktemp("daños") / "entrega", **arguments())
    return folder, {name: (folder / name).read_bytes() for name in (P, H, M)}


def report_on(files, **changed):
    folder, contents = files
    for name, content in contents.items():
        (folder / name).write_bytes(changed.get(name.split(".")[0], content))
    report = verify(folder)
    assert report.exit in (0, 1, 2) and len(report.findings) == 16
    json.loads(report.to_json())
    return report


def rows_of(files):
    head, *rows = files[1][P].decode().splitlines(keepends=True)
    return head, rows


@given(st.sampled_from([P, H, M]), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=20))
def test_flipped_bytes_never_break_it(files, name, flips):
    """Si aun así cumple, los números que se leen son los que se declaran."""
    content = bytearray(files[1][name])
    for place, value in flips:
        content[place % len(content)] = value
    report = report_on(files, **{name.split(".")[0]: bytes(content)})
    if report.exit == 0:
        assert abs(report.measured["accuracy"] - 0.9) < 1e-4 and report.measured["comparison"] == "mejor"


@given(st.sampled_from([P, H, M]), st.integers(0, 10**6))
def test_truncation_never_meets(files, name, cut):
    """Salvo si lo único que falta son las cifras o el salto del final."""
    content = files[1][name]
    cut %= len(content)
    report = report_on(files, **{name.split(".")[0]: content[:cut]})
    if cut <= content.rstrip().rindex(b"\n"):
        assert report.exit != 0


@given(st.sets(st.integers(0, N - 1), max_size=3), st.sets(st.integers(0, N - 1), max_size=3), st.integers(0, 99))
def test_only_complete_rows_meet_in_any_order(files, dropped, repeated, seed):
    """Quitar o repetir alguna no pasa; barajarlas da igual."""
    head, rows = rows_of(files)
    kept = [place for place in range(N) if place not in dropped] + sorted(repeated)
    order = np.random.default_rng(seed).permutation(kept)
    report = report_on(files, predictions=(head + "".join(rows[place] for place in order)).encode())
    assert (report.exit == 0) == (sorted(kept) == list(range(N)))


@given(st.integers(0, N - 1), st.integers(0, 2), st.one_of(st.text(max_size=8), st.floats().map(repr)))
def test_a_replaced_cell_meets_only_if_the_decision_is_the_same(files, place, column, value):
    """Otro id, otra decisión o algo que no es una probabilidad no pasan."""
    head, rows = rows_of(files)
    cells = rows[place].rstrip("\n").split(",")
    before, cells[column] = cells[column], value
    changed = [*rows[:place], ",".join(cells) + "\n", *rows[place + 1 :]]
    report = report_on(files, predictions=(head + "".join(changed)).encode("utf8", "surrogatepass"))
    if report.exit == 0:
        same = value.strip() == before if column == 0 else (float(value) > 0.5) == (float(before) > 0.5)
        assert same and (column == 0 or 0 <= float(value) <= 1)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from([*arguments(), "format", "versions", "date", "epochs", None]),
)
def test_any_json_gets_a_report(files, value, key):
    """Cualquier valor en cualquier campo, o en lugar del objeto entero."""
    manifest = value if key is None else json.loads(files[1][M]) | {key: value}
    report = report_on(files, manifest=json.dumps(manifest).encode())
    if key in ("accuracy", "comparison", "epochs", "format"):
        assert (report.exit == 0) == (value == json.loads(files[1][M])[key] and type(value) is not bool)


# La orden.


def test_the_command_prints_one_json_a_folder(entrega, tmp_path, monkeypatch, capsys):
    """Un objeto por línea, con los campos que promete el módulo, y el mayor de los códigos."""
    monkeypatch.setattr(data, "load_imdb", lambda split: pd.DataFrame({"label": LABELS}))
    assert homework.main([str(entrega), str(tmp_path / "nada"), "--json"]) == 2
    good, absent = map(json.loads, capsys.readouterr().out.splitlines())
    assert list(good) == list(absent) and set(good) == {
        *("format", "folder", "exit", "status", "author", "seed", "accuracy", "baseline_accuracy", "only_one_right"),
        *("difference", "interval", "p_value", "comparison", "digest", "findings"),
    }
    for name in good:
        assert f"``{name}``" in homework.__doc__
    assert [one["point"] for one in good["findings"]] == [one["point"] for one in absent["findings"]]
    assert (good["exit"], good["author"], good["seed"], absent["exit"]) == (0, "Ana Pérez", 7, 2)


def test_the_command_without_the_dataset(entrega, monkeypatch, capsys):
    """Lo dice una vez, y no por cada entrega."""

    def absent(split):
        raise data.DataError("Comprueba la conexión.")

    monkeypatch.setattr(data, "load_imdb", absent)
    assert homework.main([str(entrega), str(entrega)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "No se puede verificar: no están las etiquetas con que comprobar la entrega. Comprueba la conexión.\n"
    )


def test_a_teacher_needs_no_keras():
    """El verificador se importa donde Keras no está."""
    code = "import sys; sys.modules['keras'] = None; import recurrentes.homework"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.data
def test_the_command_with_the_real_reviews(tmp_path):
    """De punta a punta, en una consola que no sabe escribir tildes."""
    labels = data.load_imdb("test")["label"]
    rng = np.random.default_rng(0)
    wrong, base_wrong = rng.choice(len(labels), (2, 3000), replace=False)
    base_wrong = np.concatenate([base_wrong, np.setdiff1d(np.arange(len(labels)), wrong)[:1000]])
    base_wrong = np.unique(base_wrong)
    given = arguments(wrong=wrong, base_wrong=base_wrong, labels=labels)
    folder = homework.write(tmp_path / "entrega", **given)
    command = [sys.executable, "-m", "recurrentes.homework", str(folder)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "" and "est?n las 25000 rese?as de prueba" in done.stdout
    assert "La entrega cumple: 16 de 16 puntos." in done.stdout
    digest = hashlib.sha256((folder / P).read_bytes()).hexdigest()
    edit(accuracy=0.99)(folder)
    done = subprocess.run([*command, "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    report = json.loads(done.stdout)
    assert done.returncode == report["exit"] == 1 and report["accuracy"] == 0.88
    assert hashlib.sha256((folder / P).read_bytes()).hexdigest() == digest  # verificar no escribe
