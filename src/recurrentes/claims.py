"""Afirmaciones medidas: cada una se define en ``claims/claims.yml`` y la comprueba exactamente una celda."""

import datetime
import html
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from scipy import stats

from recurrentes import records

__all__ = [
    "BACKENDS",
    "MIME",
    "MIN_SEEDS",
    "PENDING",
    "ClaimFailed",
    "Measured",
    "Pending",
    "bounds_text",
    "check",
    "demand_text",
    "entries",
    "environment",
    "mean_interval",
    "value_text",
]

#: Tipo MIME con el que el registro de una medida viaja en la salida de su celda; nbval no lo compara.
MIME = "application/vnd.recurrentes.claim+json"
#: Semillas que exige una afirmación estadística.
MIN_SEEDS = 5
#: Veredicto de una afirmación que solo se puede medir en una GPU y aún no se ha medido, y cómo se lee.
PENDING = "pendiente"
PENDING_TEXT = "pendiente de GPU"

#: Cómo se escribe cada backend de Keras.
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}

_COLORS = {"confirmada": "#1a7f37", "matizada": "#9a6700", "refutada": "#b3261e", PENDING: "#59636e"}


class ClaimFailed(AssertionError):
    """La medida no cae donde la afirmación dice: el código, los datos o el texto han dejado de ser ciertos."""


@dataclass(frozen=True)
class Measured:
    """Una medida que cumple lo esperado. Se muestra como tarjeta; su texto plano es estable entre ejecuciones."""

    entry: dict
    record: dict

    def __repr__(self) -> str:
        return f"[{self.entry['id']}] {self.entry['verdict']}: {bounds_text(self.entry['expected'])}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/plain": repr(self), "text/html": self._card(), MIME: self.record}

    def _card(self) -> str:
        entry, color = self.entry, _COLORS[self.entry["verdict"]]
        return (
            f'<div class="claim claim-{entry["verdict"]}" id="claim-{entry["id"]}" role="note" '
            f'style="border-left:4px solid {color};padding:.3em .8em">'
            f"<strong>Afirmación {entry['verdict']}.</strong> {html.escape(entry['says'])}<br>"
            f"<small>{html.escape(entry['measures'])}: <strong>{value_text(self.record)}</strong>; "
            f"se exige {demand_text(entry)}. <code>{entry['id']}</code></small></div>"
        )


@dataclass(frozen=True)
class Pending:
    """Una afirmación que se mide en una GPU y todavía no se ha medido: se muestra sin medida y no deja registro."""

    entry: dict

    def __repr__(self) -> str:
        return f"[{self.entry['id']}] {PENDING_TEXT}: {bounds_text(self.entry['expected'])}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/plain": repr(self), "text/html": self._card()}

    def _card(self) -> str:
        entry = self.entry
        return (
            f'<div class="claim claim-{PENDING}" id="claim-{entry["id"]}" role="note" '
            f'style="border-left:4px solid {_COLORS[PENDING]};padding:.3em .8em">'
            f"<strong>Afirmación {PENDING_TEXT}.</strong> {html.escape(entry['says'])}<br>"
            f"<small>{html.escape(entry['measures'])}: <strong>sin medir</strong>; "
            f"se exigirá {bounds_text(entry['expected'])}. <code>{entry['id']}</code></small></div>"
        )


@cache
def entries() -> dict[str, dict]:
    """Las entradas de ``claims.yml`` por id. En un clon se lee el del repositorio; instalado, la copia del paquete."""
    clone = Path(__file__).parents[2] / "claims" / "claims.yml"
    text = (clone if clone.exists() else files("recurrentes").joinpath("claims.yml")).read_text("utf8")
    return {entry["id"]: entry for entry in yaml.safe_load(text)}


def check(id: str, value: float | Sequence[float] | None) -> Measured | Pending:
    """Comprueba que la medida ``value`` de la afirmación ``id`` cae en lo que ``claims.yml`` espera de ella.

    Parameters
    ----------
    id : el de una entrada de ``claims.yml``.
    value : un número, o la lista de valores por semilla. Si la afirmación es estadística se exigen al menos cinco, y
        lo que debe caer entero en lo esperado es el intervalo de confianza del 95 % de la media (t de Student).
        Con un backend que no está en ``backends``, si la entrada lo tiene, se anota la medida y no se exige.
        De una afirmación con ``device: gpu`` es lo que dice el estudio «gpu», o None mientras no haya registros suyos.

    Returns
    -------
    Measured : se muestra como tarjeta y lleva el registro de la medida.
    Pending : en lugar de la medida, si la afirmación está pendiente de GPU.

    Raises
    ------
    ValueError : si no existe la entrada o no acota nada, si faltan semillas, si ``value`` no son números finitos, o si
        llega una medida de la afirmación que está pendiente de GPU.
    ClaimFailed : si la medida no cumple lo esperado.
    """
    if id not in entries():
        raise ValueError(f"id={id!r}: no está en claims.yml. Añade la entrada o corrige el nombre.")
    entry = entries()[id]
    expected = entry["expected"]
    if not expected or not expected.keys() <= {"min", "max"}:
        raise ValueError(f"{id}: expected requiere min, max o ambos y tiene {sorted(expected)}: corrige claims.yml.")
    if entry["verdict"] == PENDING and entry.get("device") == "gpu":
        if value is None:
            return Pending(entry)
        raise ValueError(f"{id}: está {PENDING_TEXT} y ya llegó una medida: dale su veredicto en claims.yml.")
    values = np.atleast_1d(np.asarray(value, float))
    if values.ndim > 1 or not values.size:
        raise ValueError(f"{id}: se requiere un número o una lista de números y llegó la forma {values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(f"{id}: se requieren valores finitos y llegó {values.tolist()}: busca de dónde salen.")
    statistical = entry["kind"] == "statistical"
    if statistical and len(values) < MIN_SEEDS:
        raise ValueError(f"{id}: se requieren al menos {MIN_SEEDS} semillas y llegaron {len(values)}: repite con más.")
    mean = float(values.mean())
    interval = _interval(values) if statistical else None
    low, high = interval or (values.min(), values.max())
    here = environment()
    demanded = here["backend"] in entry.get("backends", [here["backend"]])
    if demanded and (low < expected.get("min", -np.inf) or high > expected.get("max", np.inf)):
        spread = f" (IC 95 %: {low:.10g} a {high:.10g})" if statistical else ""
        raise ClaimFailed(
            f"{id}: se exige {bounds_text(expected)} y se midió {mean:.10g}{spread}. «{entry['says']}» ya no "
            f"se sostiene como «{entry['verdict']}»: busca qué cambió antes de tocar el texto; no muevas la cota "
            f"para que pase."
        )
    place = _gpu_environment() if entry.get("device") == "gpu" else here
    record = {"id": id, "values": values.tolist(), "mean": mean, "interval": interval, **place}
    return Measured(entry, record)


def mean_interval(values: Sequence[float]) -> str:
    """Media por semilla e intervalo de confianza del 95 % (t de Student), como texto para imprimir.

    Parameters
    ----------
    values : un valor por semilla, al menos dos.

    Examples
    --------
    >>> mean_interval([1.0, 2.0, 3.0])
    ' 2.000  [-0.484, 4.484]'
    """
    low, high = _interval(np.asarray(values, float))
    return f"{np.mean(values): .3f}  [{low:.3f}, {high:.3f}]"


def value_text(record: dict) -> str:
    """La medida de un registro, con su intervalo y sus semillas si es estadística."""
    value = _number(record["mean"])
    if record["interval"]:
        low, high = record["interval"]
        value += f" (IC 95 %: {_number(low)} a {_number(high)}; {len(record['values'])} semillas)"
    return value


def bounds_text(expected: dict) -> str:
    """Lo que se exige de una medida.

    Examples
    --------
    >>> bounds_text({"min": 0.5, "max": 2})
    '≥ 0.5 y ≤ 2'
    """
    if "min" in expected and expected["min"] == expected.get("max"):
        return f"= {expected['min']:.10g}"
    return " y ".join(f"{sign} {expected[key]:.10g}" for key, sign in (("min", "≥"), ("max", "≤")) if key in expected)


def demand_text(entry: dict) -> str:
    """Lo que exige una afirmación y, si no es con todos, con qué backends.

    Examples
    --------
    >>> demand_text({"expected": {"min": 2}, "backends": ["tensorflow", "torch"]})
    '≥ 2 con TensorFlow y PyTorch'
    """
    where = " y ".join(BACKENDS[name] for name in entry.get("backends", []))
    return bounds_text(entry["expected"]) + (f" con {where}" if where else "")


def environment() -> dict:
    """Con qué se mide: backend de Keras, dispositivo, versiones y fecha (UTC)."""
    backend, device = "numpy", "cpu"
    if keras := sys.modules.get("keras"):
        backend = keras.config.backend()
        device = _device(keras)
    packages = ["numpy", "scipy", "pandas", "scikit-learn", "keras", backend]
    versions = {name: version for name in packages if (version := _version(name))}
    return {
        "backend": backend,
        "device": device,
        "machine": f"{platform.machine()}, {os.cpu_count()} núcleos",
        "versions": {"python": platform.python_version(), **versions},
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _device(keras) -> str:
    """El aparato que Keras usa si nadie dice otra cosa: «gpu», «tpu» o «cpu»."""
    if keras.config.backend() == "torch":  # Keras no sabe decir qué aparatos ve PyTorch
        return "gpu" if sys.modules["torch"].cuda.is_available() else "cpu"
    return keras.distribution.list_devices()[0].partition(":")[0]


def _gpu_environment() -> dict:
    """Con qué midió el estudio «gpu» lo que llega de sus registros: quien los enseña puede no tener GPU."""
    rows = records.load("gpu").sort_values("date")
    last = rows.iloc[-1][["device", "machine", "versions", "date"]].to_dict()
    return {"backend": ", ".join(sorted(set(rows["backend"]))), **last}


def _version(name: str) -> str | None:
    for package in (name, f"{name}-cpu"):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return None


def _interval(values: np.ndarray) -> list[float]:
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return [float(values.mean() - half), float(values.mean() + half)]


def _number(value: float) -> str:
    """Cuatro cifras, o todas las de la parte entera si son más: 0.1235, 41932, 1234567."""
    return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
