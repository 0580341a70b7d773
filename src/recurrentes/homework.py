"""La entrega de los deberes del capítulo 09: escribirla desde el cuaderno y verificarla sin fiarse de ella.

    python -m recurrentes.homework entrega/ [otra/entrega/ …] [--json]

Una entrega es una carpeta con tres archivos de texto en UTF-8:

- ``predictions.csv``, con cabecera ``id,probability,baseline``: por reseña de prueba, la probabilidad de que sea
  positiva según el modelo recurrente y según la línea base; positiva es la que pasa de 0.5;
- ``history.csv``, con cabecera ``model,epoch,loss,accuracy,val_loss,val_accuracy``: una fila por modelo
  (``recurrent``, ``baseline``) y época, contadas desde 1;
- ``manifest.json``, un objeto con ``format`` (1), ``author``, ``seed``, ``epochs``, ``accuracy``,
  ``baseline_accuracy``, ``comparison`` («mejor», «peor» o «sin diferencia clara»: qué dice del modelo recurrente la
  prueba de McNemar), ``models`` (la arquitectura de ``recurrent`` y la de ``baseline``, en texto), ``versions`` y
  ``date``.

El orden de filas y columnas, las columnas y archivos de más, CRLF y la marca BOM dan igual. Todo lo que se puede
recalcular se recalcula; no se ejecuta ni se deserializa nada de la entrega, y no se sigue ningún enlace que haya
dentro. Quien califica debe dar la orden desde una carpeta suya, o como ``python -P -m recurrentes.homework``: sin
``-P``, Python importa antes que nada los módulos de la carpeta en que está.

La orden termina con 0 si la entrega cumple, 1 si no cumple y 2 si algo no se puede leer; con varias, con el mayor. Si
no están las reseñas de prueba con que comprobar, termina con 2 y solo dice en la salida de errores qué hacer. Con
``--json`` escribe por cada carpeta una línea, con un objeto de estos campos, siempre todos:

- ``format``: 1; ``folder``: la carpeta, como se escribió; ``exit``: 0, 1 o 2; ``status``: «cumple», «no cumple» o
  «no se puede leer»;
- ``author`` y ``seed``, los declarados, o ``null`` si no valen;
- recalculados, o ``null`` si no se pudo: ``accuracy`` y ``baseline_accuracy``; ``only_one_right``, cuántas reseñas
  acierta solo el modelo recurrente y cuántas solo la línea base; ``difference`` e ``interval`` (en puntos porcentuales,
  IC 95 %), ``p_value`` y ``comparison``; y ``digest``, el SHA-256 de las predicciones: dos entregas con el mismo son
  copias, aunque cambie el orden de las filas;
- ``findings``: lista de ``{"point", "ok", "message"}``, siempre los mismos puntos y en el mismo orden; ``ok`` es
  ``true``, ``false``, o ``null`` si no se pudo comprobar porque antes falla otro punto.
"""

import argparse
import csv
import datetime
import hashlib
import io
import json
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from recurrentes import claims, data

__all__ = ["COMPARISONS", "EPOCHS", "MIN_ACCURACY", "Finding", "Report", "verify", "write"]

#: Épocas que pide el enunciado para el modelo recurrente.
EPOCHS = 5
#: Exactitud de prueba que se exige.
MIN_ACCURACY = 0.85
#: Por encima, ninguna red entrenada desde cero con estas reseñas: lo mira una persona.
MAX_ACCURACY = 0.97
#: Por debajo, la línea base no es un rival: cualquier red densa entrenada la supera.
MIN_BASELINE = 0.7
#: Lo que la prueba de McNemar (5 %) permite decir del modelo recurrente frente a la línea base.
COMPARISONS = ("mejor", "peor", "sin diferencia clara")

_MODELS = ("recurrent", "baseline")
_CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
_LIMITS = {"predictions.csv": 16_000_000, "history.csv": 1_000_000, "manifest.json": 1_000_000}  # bytes
_MAX_ROWS = 100_000
_MIN_VALUES = 20  # probabilidades distintas; con menos, son etiquetas disfrazadas
_TOLERANCE = 5e-5  # una exactitud declarada puede venir redondeada a cuatro decimales
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Finding:
    """Un punto de la verificación: ``ok`` es None si no se pudo comprobar porque antes falla otro."""

    point: str
    ok: bool | None
    message: str


@dataclass(frozen=True, repr=False)
class Report:
    """El resultado de verificar una entrega; impreso, lo explica punto por punto."""

    folder: str
    findings: tuple[Finding, ...]
    measured: dict = field(default_factory=dict)

    @property
    def exit(self) -> int:
        """0 si cumple, 1 si no cumple, 2 si algo no se puede leer."""
        if any(finding.point in _SOURCES and not finding.ok for finding in self.findings):
            return 2
        return 0 if all(finding.ok for finding in self.findings) else 1

    @property
    def status(self) -> str:
        return ("cumple", "no cumple", "no se puede leer")[self.exit]

    def to_json(self) -> str:
        """El informe en una línea de JSON; los campos los describe la cabecera del módulo."""
        head = {"format": 1, "folder": self.folder, "exit": self.exit, "status": self.status}
        return json.dumps(head | self.measured | {"findings": [asdict(finding) for finding in self.findings]})

    def __repr__(self) -> str:
        mark = {True: "[sí]", False: "[NO]", None: "[--]"}
        lines = [f"{mark[finding.ok]} {finding.point}: {finding.message}" for finding in self.findings]
        done = sum(bool(finding.ok) for finding in self.findings)
        return "\n".join([*lines, f"La entrega {self.status}: {done} de {len(lines)} puntos."])


class _Problem(Exception):
    """Por qué un punto no se cumple: qué se requería, qué llegó y qué hacer."""


def verify(folder: str | os.PathLike, *, labels: pd.Series | None = None) -> Report:
    """Verifica una entrega punto por punto. Nada de lo que contenga la carpeta lanza una excepción.

    Parameters
    ----------
    folder : la carpeta que se entrega.
    labels : etiqueta verdadera, 0 o 1, de cada reseña, con su id por índice. Si no se dan, las de la parte de prueba de
        ``data.load_imdb``.

    Returns
    -------
    Report : impreso, lo explica; ``report.exit`` es lo que devuelve la orden.
    """
    made = {"carpeta": Path(folder), "etiquetas": labels}
    findings = []
    for point, needs, function in _STEPS:
        if missing := [need for need in needs if need not in made]:
            findings.append(Finding(point, None, f"sin comprobar; antes hay que arreglar {' y '.join(missing)}."))
            continue
        try:
            made[point], message = function(*(made[need] for need in needs))
            findings.append(Finding(point, True, message))
        except _Problem as problem:
            findings.append(Finding(point, False, str(problem)))
    return Report(str(folder), tuple(findings), _measured(made))


def write(
    folder: str | os.PathLike,
    *,
    author: str,
    seed: int,
    ids: Sequence[str],
    probability: np.ndarray,
    baseline: np.ndarray,
    histories: Mapping[str, object],
    models: Mapping[str, object],
    accuracy: float,
    baseline_accuracy: float,
    comparison: str,
) -> Path:
    """Escribe los tres archivos de la entrega en ``folder``, que se crea si no existe.

    Parameters
    ----------
    author : quien entrega.
    seed : la que se dio a ``keras.utils.set_random_seed``.
    ids : (N,), los de las reseñas de prueba, sin repetir.
    probability, baseline : (N,) o (N, 1), la probabilidad de que cada reseña sea positiva según cada modelo.
    histories, models : diccionarios con claves ``"recurrent"`` y ``"baseline"``: lo que devolvió ``fit`` (o su
        ``history``), con ``metrics=["accuracy"]`` y datos de validación, y la red (o un texto que la describa).
    accuracy, baseline_accuracy : la exactitud de prueba de cada modelo, de 0 a 1, que tú has calculado.
    comparison : uno de ``COMPARISONS``.

    Returns
    -------
    Path : la carpeta.

    Raises
    ------
    ValueError : si un argumento no es lo que se requiere. En ese caso no se escribe nada.
    """
    ids = [str(name) for name in ids]
    if not ids or len(set(ids)) < len(ids):
        raise ValueError(f"ids: se requieren ids sin repetir y llegaron {len(ids)}, {len(set(ids))} distintos.")
    columns = {"id": ids, "probability": _column("probability", probability, len(ids))}
    columns["baseline"] = _column("baseline", baseline, len(ids))
    if not isinstance(author, str) or not author.strip():
        raise ValueError(f"author={author!r}: se requiere tu nombre, un texto que no esté vacío.")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed={seed!r}: se requiere el entero, de 0 a 2**32 - 1, que diste a set_random_seed.")
    for name, value in (("accuracy", accuracy), ("baseline_accuracy", baseline_accuracy)):
        if not isinstance(value, float | int | np.floating) or not 0 <= value <= 1:
            raise ValueError(f"{name}={value!r}: se requiere la proporción de aciertos, un número de 0 a 1.")
    if comparison not in COMPARISONS:
        raise ValueError(f"comparison={comparison!r}: se requiere una de {COMPARISONS}.")
    for name, given in (("histories", histories), ("models", models)):
        if not isinstance(given, Mapping) or set(given) != set(_MODELS):
            arrived = sorted(given) if isinstance(given, Mapping) else type(given).__name__
            raise ValueError(f"{name}: se requiere un diccionario con claves {_MODELS} y llegó {arrived}.")
    curves = {name: _curves(name, histories[name]) for name in _MODELS}
    environment = claims.environment()
    manifest = {
        "format": 1,
        "author": author.strip(),
        "seed": int(seed),
        "epochs": len(curves["recurrent"]),
        "accuracy": float(accuracy),
        "baseline_accuracy": float(baseline_accuracy),
        "comparison": comparison,
        "models": {name: models[name] if isinstance(models[name], str) else _architecture(models[name])
                   for name in _MODELS},
        "versions": environment["versions"],
        "backend": environment["backend"],
        "device": environment["device"],
        "date": environment["date"],
    }  # fmt: skip
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    options = {"index": False, "encoding": "utf8", "lineterminator": "\n"}
    pd.DataFrame(columns).to_csv(folder / "predictions.csv", **options)
    pd.concat(curves.values()).to_csv(folder / "history.csv", **options)
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (folder / "manifest.json").write_text(text, "utf8", newline="\n")
    return folder


def _column(name: str, values: np.ndarray, n_ids: int) -> np.ndarray:
    """(N,) o (N, 1) -> (N,), comprobado."""
    try:
        values = np.asarray(values, float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: se requieren números y llegó {type(values).__name__}.") from None
    if values.shape not in ((n_ids,), (n_ids, 1)):
        raise ValueError(f"{name}: se requiere forma ({n_ids},), un número por id, y llegó {values.shape}.")
    wrong = ~((values >= 0) & (values <= 1))  # también NaN
    if wrong.any():
        raise ValueError(
            f"{name}: se requieren probabilidades de 0 a 1 y {wrong.sum()} no lo son (la primera, {values[wrong][0]}). "
            f"¿Acaba la red en una sigmoide?"
        )
    return values.ravel()


def _curves(name: str, history: object) -> pd.DataFrame:
    """Una fila por época, de lo que devuelve ``fit`` o de su diccionario."""
    history = getattr(history, "history", history)
    try:
        table = pd.DataFrame({key: np.asarray(history[key], float) for key in _CURVES})
        if table.empty:
            raise ValueError
    except (IndexError, KeyError, TypeError, ValueError):
        arrived = sorted(history) if isinstance(history, Mapping) else type(history).__name__
        raise ValueError(
            f"histories[{name!r}]: se requieren {_CURVES}, con un número por época, y llegó {arrived}. "
            f'Compila con metrics=["accuracy"] y da a fit datos de validación.'
        ) from None
    table.insert(0, "epoch", range(1, len(table) + 1))
    table.insert(0, "model", name)
    return table


def _architecture(network: object) -> str:
    """Las capas de una red de Keras, con sus unidades y sus parámetros, en texto."""

    def describe(layer):
        inner = getattr(layer, "forward_layer", None) or getattr(layer, "layer", None)
        inside = describe(inner) if inner else getattr(layer, "units", getattr(layer, "output_dim", ""))
        return f"{type(layer).__name__}({inside})"

    if not hasattr(network, "layers"):
        raise ValueError(f"models: se requiere una red de Keras o un texto y llegó {type(network).__name__}.")
    layers = [f"{describe(layer)}: {layer.count_params()}" for layer in network.layers]
    return f"{'; '.join(layers)}; parámetros: {network.count_params()}"


# Leer: nada se abre sin mirar antes qué es y cuánto ocupa.


def _text(folder: Path, name: str) -> str:
    try:
        if folder.is_symlink() or not folder.is_dir():
            raise _Problem(f"{_shown(str(folder))} no es una carpeta. Da la ruta de la que escribió el cuaderno.")
        info = (folder / name).lstat()
        if stat.S_ISLNK(info.st_mode):
            raise _Problem("es un enlace a otro lugar, y no se sigue. Entrega el archivo mismo.")
        if not stat.S_ISREG(info.st_mode):
            raise _Problem("no es un archivo corriente. Entrega el que escribió el cuaderno.")
        if info.st_size > _LIMITS[name]:
            raise _Problem(f"ocupa {info.st_size} bytes y se admiten {_LIMITS[name]}. Entrega solo lo que se pide.")
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        raise _Problem("falta. Ejecuta la última celda del cuaderno y entrega la carpeta entera.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise _Problem(f"no se puede abrir ({reason}). Revisa sus permisos.") from None
    if not content.strip():
        raise _Problem("está vacío. Vuelve a escribir la entrega desde el cuaderno.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "otra codificación, o no es texto"
        raise _Problem(f"no es UTF-8 (byte {error.start}): es {guess}. Guárdalo como UTF-8.") from None
    if "\0" in text:
        raise _Problem("contiene bytes nulos: es UTF-16 o no es texto. Guárdalo como UTF-8.")
    return text


def _table(text: str, required: Sequence[str]) -> pd.DataFrame:
    """Las columnas pedidas de un CSV, todo texto, con el número de línea por índice."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if any(header.count(name) != 1 for name in required):
            hint = " Las columnas van separadas por comas." if ";" in text[:200] or "\t" in text[:200] else ""
            raise _Problem(
                f"la cabecera es {_shown(','.join(header))} y se requiere {','.join(required)}, cada una una vez.{hint}"
            )
        places = [header.index(name) for name in required]
        rows, lines = [], []
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise _Problem(
                    f"la línea {reader.line_num} tiene {len(row)} celdas y la cabecera {len(header)}. ¿Está cortado, o "
                    f"usa comas decimales?"
                )
            if len(rows) == _MAX_ROWS:
                raise _Problem(f"tiene más de {_MAX_ROWS} filas. Entrega una por reseña de prueba.")
            rows.append([row[place].strip() for place in places])
            lines.append(reader.line_num)
    except csv.Error as error:
        raise _Problem(f"no es un CSV (línea {reader.line_num}: {error}). Escríbelo desde el cuaderno.") from None
    return pd.DataFrame(rows, index=lines, columns=list(required), dtype=object)


def _read_predictions(folder: Path) -> tuple[pd.DataFrame, str]:
    table = _table(_text(folder, "predictions.csv"), ("id", "probability", "baseline"))
    return table, f"leído, {len(table)} filas."


def _read_history(folder: Path) -> tuple[pd.DataFrame, str]:
    table = _table(_text(folder, "history.csv"), ("model", "epoch", *_CURVES))
    return table, f"leído, {len(table)} filas."


def _read_manifest(folder: Path) -> tuple[dict, str]:
    try:
        manifest = json.loads(_text(folder, "manifest.json"))
    except json.JSONDecodeError as error:
        raise _Problem(f"no es JSON válido (línea {error.lineno}). Escríbelo desde el cuaderno.") from None
    except (ValueError, RecursionError):  # un entero de miles de cifras, o miles de corchetes
        raise _Problem("no es un JSON razonable. Escríbelo desde el cuaderno.") from None
    if not isinstance(manifest, dict):
        raise _Problem(f"se requiere un objeto, entre llaves, y llegó {_kind(manifest)}.")
    if type(manifest.get("format")) is not int or manifest["format"] != 1:
        raise _Problem(
            f"se requiere `format` = 1 y llegó {_kind(manifest.get('format'))}. Escríbelo desde el cuaderno."
        )
    return manifest, "leído."


def _read_labels(labels: pd.Series | None) -> tuple[pd.Series, str]:
    if labels is None:
        try:
            labels = data.load_imdb("test")["label"]
        except data.DataError as error:
            raise _Problem(f"no están las etiquetas con que comprobar la entrega. {error}") from None
    return labels, f"{len(labels)} etiquetas para comprobar."


# Comprobar: cada función recibe lo que ya se leyó o calculó, y devuelve lo que calcula y el mensaje del punto cumplido.


def _rows(table: pd.DataFrame, labels: pd.Series) -> tuple[pd.DataFrame, str]:
    """Cada reseña de prueba, una vez."""
    repeated = table["id"][table["id"].duplicated()]
    unknown = table["id"][~table["id"].isin(labels.index)]
    missing = labels.index[~labels.index.isin(table["id"])]
    faults = [("repetidas", repeated.tolist()), ("desconocidas", unknown.tolist()), ("que faltan", missing.tolist())]
    found = [f"{len(ids)} {what} (la primera, {_shown(ids[0])})" for what, ids in faults if ids]
    if found:
        raise _Problem(f"se requieren las {len(labels)} reseñas de prueba, cada una una vez, y hay {', '.join(found)}.")
    return table, f"están las {len(labels)} reseñas de prueba, cada una una vez."


def _probabilities(table: pd.DataFrame, labels: pd.Series) -> tuple[pd.DataFrame, str]:
    """Dos columnas de probabilidades de verdad, y la etiqueta de cada fila."""
    scores = {"label": labels.to_numpy()}
    for column in ("probability", "baseline"):
        numbers = pd.Series(_numbers(table, column, high=1), index=table["id"])
        if (distinct := numbers.nunique()) < _MIN_VALUES:
            raise _Problem(
                f"`{column}` solo tiene {distinct} valores distintos: parecen etiquetas y no probabilidades. Entrega "
                f"la salida de la sigmoide, sin redondear."
            )
        scores[column] = numbers.reindex(labels.index).to_numpy()
    return pd.DataFrame(scores, index=labels.index), "las dos columnas son números de 0 a 1."


def _accuracy(scores: pd.DataFrame, manifest: dict) -> tuple[float, str]:
    return _claimed(scores, "probability", manifest, "accuracy")


def _enough(scores: pd.DataFrame) -> tuple[None, str]:
    accuracy = _right(scores, "probability").mean()
    if accuracy < MIN_ACCURACY:
        raise _Problem(
            f"se requiere {MIN_ACCURACY} o más y las predicciones aciertan {accuracy:.4f}. Mejora el modelo."
        )
    return None, f"{accuracy:.4f} llega a {MIN_ACCURACY}."


def _plausible(scores: pd.DataFrame) -> tuple[None, str]:
    right = _right(scores, "probability")
    doubt = "Es sospechoso y tiene que verlo una persona: ¿ha visto el modelo las reseñas de prueba?"
    if right.all():
        raise _Problem(f"las predicciones coinciden con todas las etiquetas de prueba. {doubt}")
    if right.mean() > MAX_ACCURACY:
        raise _Problem(
            f"{right.mean():.4f} pasa de {MAX_ACCURACY}, más de lo que logra una red como la pedida. {doubt}"
        )
    return None, f"no pasa de {MAX_ACCURACY}."


def _baseline(scores: pd.DataFrame, manifest: dict) -> tuple[float, str]:
    accuracy, message = _claimed(scores, "baseline", manifest, "baseline_accuracy")
    if accuracy > MAX_ACCURACY:
        raise _Problem(f"acierta {accuracy:.4f}, más de {MAX_ACCURACY}. Es sospechoso y tiene que verlo una persona.")
    if accuracy < MIN_BASELINE:
        raise _Problem(
            f"acierta {accuracy:.4f}, y una red densa entrenada pasa de {MIN_BASELINE}: así la comparación no es "
            f"honesta. Entrena los dos con el mismo cuidado."
        )
    return accuracy, message


def _comparison(scores: pd.DataFrame, manifest: dict) -> tuple[None, str]:
    measured = _mcnemar(scores)
    ours, theirs = measured["only_one_right"]
    if ours + theirs == 0 or np.allclose(scores["probability"], scores["baseline"], rtol=0, atol=0.01):
        raise _Problem(
            "`baseline` repite las predicciones de `probability`: entrega las de otro modelo, sin recurrencia."
        )
    verdict, (low, high) = measured["comparison"], measured["interval"]
    words = {
        "mejor": "el modelo recurrente es significativamente mejor que la línea base",
        "peor": "el modelo recurrente es significativamente peor que la línea base",
        "sin diferencia clara": "no se demuestra diferencia entre el modelo recurrente y la línea base",
    }
    message = (
        f"{words[verdict]}: {measured['difference']:+.2f} puntos (IC 95 %: {low:+.2f} a {high:+.2f}); de las "
        f"{ours + theirs} reseñas en que solo acierta uno, {ours} son del recurrente y {theirs} de la línea base "
        f"(McNemar, p = {measured['p_value']:.2g})."
    )
    if manifest.get("comparison") != verdict:
        raise _Problem(
            f"{message} En el manifiesto, `comparison` debe decir lo mismo, {verdict!r}, y llegó "
            f"{_kind(manifest.get('comparison'))}."
        )
    return None, message


def _mcnemar(scores: pd.DataFrame) -> dict:
    """McNemar exacta y, de los mismos desacuerdos, el intervalo de la diferencia (Clopper-Pearson), en puntos."""
    right, base_right = _right(scores, "probability"), _right(scores, "baseline")
    ours, theirs = int((right & ~base_right).sum()), int((base_right & ~right).sum())
    test = stats.binomtest(ours, max(ours + theirs, 1), 0.5)
    points = 100 / len(scores)  # lo que vale una reseña
    interval = [(2 * limit - 1) * (ours + theirs) * points for limit in test.proportion_ci(0.95, method="exact")]
    verdict = "sin diferencia clara" if test.pvalue >= 0.05 else "mejor" if ours > theirs else "peor"
    return {
        "only_one_right": [ours, theirs],
        "difference": round((ours - theirs) * points, 4),
        "interval": [round(float(limit), 4) for limit in interval],
        "p_value": float(test.pvalue),
        "comparison": verdict,
    }


def _epochs(history: pd.DataFrame, manifest: dict) -> tuple[None, str]:
    for column in _CURVES:
        _numbers(history, column, high=1 if "accuracy" in column else 1e6)
    _numbers(history, "epoch", high=1e6)
    for model, wanted in (("recurrent", EPOCHS), ("baseline", None)):
        found = sorted(float(cell) for cell in history["epoch"][history["model"] == model])
        if found != list(range(1, (wanted or max(len(found), 1)) + 1)):
            arrived = ", ".join(f"{epoch:g}" for epoch in found[:20]) or "ninguna"
            raise _Problem(
                f"en el historial, de `{model}` se requieren las épocas de 1 a {wanted or 'la última'}, una fila cada "
                f"una, y hay: {arrived}."
            )
    declared = _number(manifest, "epochs", 1e6)
    if declared != EPOCHS:
        raise _Problem(f"el manifiesto dice `epochs` = {declared:g} y se requieren {EPOCHS}.")
    return None, f"{EPOCHS} del modelo recurrente, con sus métricas, y {len(found)} de la línea base."


def _seed(manifest: dict) -> tuple[int, str]:
    seed = manifest.get("seed")
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise _Problem(f"se requiere en el manifiesto `seed`, un entero de 0 a 2**32 - 1, y llegó {_kind(seed)}.")
    return seed, f"{seed}."


def _versions(manifest: dict) -> tuple[None, str]:
    versions = manifest.get("versions")
    if not isinstance(versions, dict):
        raise _Problem(f"se requiere en el manifiesto `versions`, un objeto, y llegó {_kind(versions)}.")
    required = ("python", "numpy", "keras")
    for name in required:
        if not isinstance(versions.get(name), str) or not versions[name][:1].isdigit():
            raise _Problem(
                f"se requiere la versión de {name}, un texto como «3.11.7», y llegó {_kind(versions.get(name))}."
            )
    return None, ", ".join(f"{name} {_shown(versions[name])[1:-1]}" for name in required) + "."


def _models(manifest: dict) -> tuple[None, str]:
    """La arquitectura declarada: no se puede recalcular, pero un descuido se ve."""
    models = manifest.get("models")
    for name in _MODELS:
        text = models.get(name) if isinstance(models, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise _Problem(
                f"se requiere en el manifiesto `models.{name}`, un texto con las capas, y llegó {_kind(text)}."
            )
        if bool(re.search("lstm|gru|rnn", text, re.IGNORECASE)) != (name == "recurrent"):
            wanted = "una capa recurrente" if name == "recurrent" else "solo capas sin recurrencia"
            raise _Problem(f"`models.{name}` debe nombrar {wanted} y dice {_shown(text)}.")
    return None, "recurrente el uno, sin recurrencia la otra."


def _author(manifest: dict) -> tuple[str, str]:
    author = manifest.get("author")
    if not isinstance(author, str) or not author.strip():
        raise _Problem(f"se requiere en el manifiesto `author`, tu nombre, y llegó {_kind(author)}.")
    date = manifest.get("date")
    try:
        when = datetime.datetime.fromisoformat(date)
    except (TypeError, ValueError):
        raise _Problem(
            f"se requiere en el manifiesto `date`, una fecha como «2026-01-31T10:00:00», y llegó {_kind(date)}."
        ) from None
    return author, f"{_shown(author)[1:-1]}, el {when:%Y-%m-%d}."


def _right(scores: pd.DataFrame, column: str) -> np.ndarray:
    """Qué reseñas acierta un modelo: positiva es la que pasa de 0.5, como en Keras."""
    return ((scores[column] > 0.5) == (scores["label"] == 1)).to_numpy()


def _claimed(scores: pd.DataFrame, column: str, manifest: dict, key: str) -> tuple[float, str]:
    """La exactitud recalculada, si es la declarada."""
    accuracy, claimed = float(_right(scores, column).mean()), _number(manifest, key, 1)
    if abs(accuracy - claimed) > _TOLERANCE + 1e-12:
        raise _Problem(
            f"el manifiesto dice `{key}` = {claimed:.5f} y de las predicciones sale {accuracy:.5f}. Declara la que "
            f"sale de las predicciones que entregas, con umbral 0.5."
        )
    return accuracy, f"{accuracy:.4f}, recalculada de las predicciones, es la declarada."


def _number(manifest: dict, key: str, high: float) -> float:
    value = manifest.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= high:
        raise _Problem(f"se requiere en el manifiesto `{key}`, un número de 0 a {high:g}, y llegó {_kind(value)}.")
    return float(value)


def _numbers(table: pd.DataFrame, column: str, high: float) -> list[float]:
    """La columna como números; NaN, infinito, vacío o con coma decimal no lo son."""
    numbers = [float(cell) if _NUMBER.fullmatch(cell) else np.inf for cell in table[column]]
    wrong = [place for place, number in enumerate(numbers) if number > high]
    if wrong:
        cell = table[column].iloc[wrong[0]]
        raise _Problem(
            f"`{column}`: se requieren números de 0 a {high:g}, con punto decimal, y {len(wrong)} celdas no lo son; la "
            f"primera, {_shown(cell)}, en la línea {table.index[wrong[0]]}."
        )
    return numbers


def _shown(text: str) -> str:
    """Un texto que llegó, entre comillas, acortado y sin caracteres de control."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


def _kind(value: object) -> str:
    if value is None:
        return "nada"
    if isinstance(value, str):
        return f"el texto {_shown(value)}"
    return {bool: "un booleano", list: "una lista", dict: "un objeto"}.get(
        type(value)
    ) or f"el número {_shown(str(value))[1:-1]}"


def _measured(made: dict) -> dict:
    """Los campos del informe que son datos; None lo que no se pudo calcular."""
    names = (
        "accuracy",
        "baseline_accuracy",
        "only_one_right",
        "difference",
        "interval",
        "p_value",
        "comparison",
        "digest",
    )
    measured = {"author": made.get("autoría"), "seed": made.get("semilla")} | dict.fromkeys(names)
    scores = made.get("probabilidades")
    if scores is not None:
        table = scores[["probability", "baseline"]].round(6).to_csv(lineterminator="\n")
        measured["accuracy"] = float(_right(scores, "probability").mean())
        measured["baseline_accuracy"] = float(_right(scores, "baseline").mean())
        measured |= _mcnemar(scores) | {"digest": hashlib.sha256(table.encode()).hexdigest()}
    return measured


#: Los puntos, en orden: qué necesita cada uno de los anteriores y quién lo comprueba.
_STEPS: list[tuple[str, tuple[str, ...], Callable]] = [
    ("predictions.csv", ("carpeta",), _read_predictions),
    ("history.csv", ("carpeta",), _read_history),
    ("manifest.json", ("carpeta",), _read_manifest),
    ("reseñas de prueba", ("etiquetas",), _read_labels),
    ("filas", ("predictions.csv", "reseñas de prueba"), _rows),
    ("probabilidades", ("filas", "reseñas de prueba"), _probabilities),
    ("exactitud", ("probabilidades", "manifest.json"), _accuracy),
    ("exactitud mínima", ("probabilidades",), _enough),
    ("exactitud verosímil", ("probabilidades",), _plausible),
    ("línea base", ("probabilidades", "manifest.json"), _baseline),
    ("comparación", ("probabilidades", "manifest.json"), _comparison),
    ("épocas", ("history.csv", "manifest.json"), _epochs),
    ("semilla", ("manifest.json",), _seed),
    ("versiones", ("manifest.json",), _versions),
    ("modelos", ("manifest.json",), _models),
    ("autoría", ("manifest.json",), _author),
]
_SOURCES = ("predictions.csv", "history.csv", "manifest.json", "reseñas de prueba")


def main(arguments: Sequence[str]) -> int:
    """La orden ``python -m recurrentes.homework``."""
    parser = argparse.ArgumentParser("python -m recurrentes.homework", description="Verifica entregas de los deberes.")
    parser.add_argument("folders", nargs="+", metavar="CARPETA", help="la carpeta de una entrega")
    parser.add_argument("--json", action="store_true", help="un objeto JSON por carpeta, uno por línea")
    options = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # una consola sin UTF-8 no impide leer el informe
    try:
        labels, _ = _read_labels(None)  # una vez para toda la clase
    except _Problem as problem:
        print(f"No se puede verificar: {problem}", file=sys.stderr)
        return 2
    worst = 0
    for folder in options.folders:
        report = verify(folder, labels=labels)
        worst = max(worst, report.exit)
        if options.json:
            print(report.to_json())
        else:
            print(f"{folder}\n{report}\n" if len(options.folders) > 1 else report)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
