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

__all__ = [
    "MIME",
    "MIN_SEEDS",
    "ClaimFailed",
    "Measured",
    "bounds_text",
    "check",
    "entries",
    "environment",
    "mean_interval",
    "value_text",
]

#: Tipo MIME con el que el registro de una medida viaja en la salida de su celda; nbval no lo compara.
MIME = "application/vnd.recurrentes.claim+json"
#: Semillas que exige una afirmación estadística.
MIN_SEEDS = 5

_COLORS = {"confirmada": "#1a7f37", "matizada": "#9a6700", "refutada": "#b3261e"}


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
            f"se exige {bounds_text(entry['expected'])}. <code>{entry['id']}</code></small></div>"
        )


@cache
def entries() -> dict[str, dict]:
    """Las entradas de ``claims.yml`` por id. En un clon se lee el del repositorio; instalado, la copia del paquete."""
    clone = Path(__file__).parents[2] / "claims" / "claims.yml"
    text = (clone if clone.exists() else files("recurrentes").joinpath("claims.yml")).read_text("utf8")
    return {entry["id"]: entry for entry in yaml.safe_load(text)}


def check(id: str, value: float | Sequence[float]) -> Measured:
    """Comprueba que la medida ``value`` de la afirmación ``id`` cae en lo que ``claims.yml`` espera de ella.

    Parameters
    ----------
    id : el de una entrada de ``claims.yml``.
    value : un número, o la lista de valores por semilla. Si la afirmación es estadística se exigen al menos cinco, y
        lo que debe caer entero en lo esperado es el intervalo de confianza del 95 % de la media (t de Student).

    Returns
    -------
    Measured : se muestra como tarjeta y lleva el registro de la medida.

    Raises
    ------
    ValueError : si no existe la entrada o no acota nada, si faltan semillas o si ``value`` no son números finitos.
    ClaimFailed : si la medida no cumple lo esperado.
    """
    if id not in entries():
        raise ValueError(f"id={id!r}: no está en claims.yml. Añade la entrada o corrige el nombre.")
    entry = entries()[id]
    expected = entry["expected"]
    if not expected or not expected.keys() <= {"min", "max"}:
        raise ValueError(f"{id}: expected requiere min, max o ambos y tiene {sorted(expected)}: corrige claims.yml.")
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
    if low < expected.get("min", -np.inf) or high > expected.get("max", np.inf):
        spread = f" (IC 95 %: {low:.10g} a {high:.10g})" if statistical else ""
        raise ClaimFailed(
            f"{id}: se exige {bounds_text(expected)} y se midió {mean:.10g}{spread}. «{entry['says']}» ya no "
            f"se sostiene como «{entry['verdict']}»: busca qué cambió antes de tocar el texto; no muevas la cota "
            f"para que pase."
        )
    record = {"id": id, "values": values.tolist(), "mean": mean, "interval": interval, **environment()}
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


def environment() -> dict:
    """Con qué se mide: backend de Keras, dispositivo, versiones y fecha (UTC)."""
    backend, device = "numpy", "cpu"
    if keras := sys.modules.get("keras"):
        backend = keras.config.backend()
        device = "gpu" if keras.distribution.list_devices("gpu") else "cpu"
    packages = ["numpy", "scipy", "pandas", "scikit-learn", "keras", backend]
    versions = {name: version for name in packages if (version := _version(name))}
    return {
        "backend": backend,
        "device": device,
        "machine": f"{platform.machine()}, {os.cpu_count()} núcleos",
        "versions": {"python": platform.python_version(), **versions},
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


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


def _number(value: float) -> str:
    """Cuatro cifras, o todas las de la parte entera si son más: 0.1235, 41932, 1234567."""
    return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
