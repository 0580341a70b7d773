"""Los cuadernos fuente (lectures/*.md y solutions/*.md): leerlos, saber si sus salidas valen y ejecutarlos."""

import hashlib
import json
import os
import re
import time
from functools import cache
from pathlib import Path

import jupytext
import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
EXECUTED = ROOT / "_build" / "executed"  # lo último que se ejecutó aquí; vale lo mismo que lo confirmado en git
FOLDERS = ("lectures", "solutions")
#: Segundos que puede tardar un cuaderno en dos núcleos; los capítulos largos por diseño tienen el suyo.
BUDGETS = {
    "lectures": 120,
    "solutions": 90,
    "lectures/07-comparativa": 300,
    "lectures/09-texto": 300,
    "solutions/09-texto": 180,
}
CLAIM_CALL = re.compile(r'claims\.check\(\s*"([^"]*)"')
IMPORT = re.compile(r"^\s*(?:from|import) +recurrentes[^\n(]*(?:\([^)]*\))?", re.M)
RECORDS_CALL = re.compile(r'records\.load\(\s*["\']([^"\']*)')


class Stale(Exception):
    """Un archivo derivado no es lo que su fuente da; el mensaje nombra archivo, celda y la orden que lo arregla."""


def docnames() -> list[str]:
    """Documentos con cuaderno, como los llama Sphinx: «lectures/01-series-temporales»."""
    return sorted(f"{folder}/{path.stem}" for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))


def read(docname: str) -> nbformat.NotebookNode:
    """El cuaderno fuente, sin salidas."""
    path = ROOT / f"{docname}.md"
    if "format_name: myst" not in path.read_text("utf8").partition("\n---\n")[0]:
        raise Stale(f"{docname}.md: falta la cabecera de jupytext con «format_name: myst»; sin ella no es un cuaderno.")
    return jupytext.read(path)


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def checked_claims(notebook) -> list[str]:
    """Los ids que comprueban sus celdas, en orden."""
    return [id for cell in code_cells(notebook) for id in CLAIM_CALL.findall(cell.source)]


def loaded_records(notebook) -> dict[str, str]:
    """Los registros de los estudios que leen sus celdas, por nombre; los que no existen, vacíos."""
    names = {name for cell in code_cells(notebook) for name in RECORDS_CALL.findall(cell.source)}
    paths = {name: ROOT / "studies" / "records" / f"{name}.jsonl" for name in names}
    return {name: path.read_text("utf8") if path.exists() else "" for name, path in paths.items()}


def yaml_file(name: str) -> list[dict]:
    """Las entradas de un archivo de claims/: no las cambies, que las comparten todos los que lo leen."""
    return _parsed((ROOT / "claims" / name).read_text("utf8"))


@cache
def _parsed(text: str) -> list[dict]:
    return yaml.load(text, yaml.CSafeLoader)  # el de Python tarda seis veces más


def execution_key(notebook) -> str:
    """Huella de todo lo que decide las salidas: código, afirmaciones, registros, paquete, datos y versiones fijas.

    La prosa no entra, ni la celda de instalación (solo actúa fuera del repositorio), ni los comentarios del paquete, ni
    los módulos suyos que el cuaderno no importa; el registro de datos y las huellas de los pesos, solo con el módulo
    que los lee.
    """
    package = ROOT / "src" / "recurrentes"
    ids = set(checked_claims(notebook))
    entries = yaml_file("claims.yml")
    pins = (ROOT / "requirements.txt").read_text("utf8").splitlines()
    parts = {
        "cells": [(cell.source, tags(cell)) for cell in code_cells(notebook) if "install" not in tags(cell)],
        "claims": [entry for entry in entries if entry["id"] in ids],
        "package": _modules(notebook),
        "pins": sorted(line for line in pins if not line.startswith("#")),
    }
    if "data" in parts["package"]:
        parts["data"] = yaml.safe_load((package / "registry.yml").read_text("utf8"))
    if "weights" in parts["package"]:
        parts["weights"] = (package / "trained" / "SHA256SUMS").read_text("ascii")
    if found := loaded_records(notebook):
        parts["records"] = found
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def with_outputs(docname: str) -> nbformat.NotebookNode:
    """El cuaderno fuente con las salidas guardadas de ese mismo código, aunque otra cosa haya cambiado desde entonces.

    Raises
    ------
    Stale : si no hay salidas para el código de ahora.
    """
    source, problems, chosen = read(docname), [], None
    key = execution_key(source)
    for path in (ROOT / f"{docname}.ipynb", EXECUTED / f"{docname}.ipynb"):
        if not path.exists():
            problems.append(f"{docname}.ipynb no existe")
            continue
        stored = nbformat.read(path, as_version=4)
        if problem := _mismatch(docname, source, stored):
            problems.append(problem)
        elif stored.metadata["recurrentes"]["key"] == key:
            chosen = stored
            break
        else:
            chosen = chosen or stored
    if not chosen:
        raise Stale(f"{problems[0]}: ejecuta make notebooks.")
    for cell, done in zip(code_cells(source), code_cells(chosen), strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    source.metadata["recurrentes"] = chosen.metadata["recurrentes"]
    return source


def is_current(docname: str) -> bool:
    """Si las salidas guardadas son las del código, las afirmaciones, el paquete, los datos y las versiones de ahora."""
    try:
        notebook = with_outputs(docname)
    except Stale:
        return False
    return notebook.metadata["recurrentes"]["key"] == execution_key(notebook)


def execute(docname: str) -> float:
    """Ejecuta el cuaderno en un núcleo nuevo, guarda el resultado en EXECUTED y devuelve los segundos.

    Raises
    ------
    nbclient.exceptions.CellExecutionError : si una celda falla; no se guarda nada.
    """
    from nbclient import NotebookClient  # solo los necesita quien ejecuta
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    notebook = read(docname)
    key = execution_key(notebook)
    start = time.perf_counter()
    folder = (ROOT / docname).parent
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute(env=kernel_environ(docname))
    seconds = time.perf_counter() - start
    notebook, _ = CoalesceStreamsPreprocessor().preprocess(notebook, {})  # lo impreso llega en trozos al azar
    for cell in code_cells(notebook):
        cell.metadata.pop("execution", None)  # horas de cada celda: romperían la clave de jupyter-cache
    date = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    notebook.metadata["recurrentes"] = {"key": key, "seconds": round(seconds, 1), "date": date, **environment()}
    path = EXECUTED / f"{docname}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return seconds


def is_alone(docname: str) -> bool:
    """Si se ejecuta sin otro al lado, con los dos núcleos: lo dice el Makefile."""
    return f"{docname}.ipynb" in os.environ.get("ALONE", "").split()


def kernel_environ(docname: str) -> dict[str, str]:
    """Las variables de su núcleo; a los que van de dos en dos, el Makefile les deja una CPU a cada uno."""
    limits = "" if is_alone(docname) else os.environ.get("ONE_CORE", "")
    return {**os.environ, **dict(word.split("=") for word in limits.split())}


def environment() -> dict:
    """Con qué se ejecuta, para la página de estado."""
    import keras  # noqa: F401  con Keras cargado, el registro dice también su backend

    from recurrentes import claims

    place = claims.environment()
    return {name: place[name] for name in ("backend", "device", "machine", "versions")}


def budget(docname: str) -> int:
    return BUDGETS.get(docname) or BUDGETS[docname.split("/")[0]]


def _modules(notebook) -> dict[str, list[str]]:
    """El código de los módulos del paquete que importa el cuaderno, y de los que importan ellos."""
    paths = {path.stem: path for path in (ROOT / "src" / "recurrentes").glob("*.py")}
    used, pending = {"__init__": []}, [cell.source for cell in code_cells(notebook)]
    while pending:
        words = {word for line in IMPORT.findall(pending.pop()) for word in re.findall(r"\w+", line)}
        for name in words & (paths.keys() - used.keys()):
            used[name] = _code(paths[name].read_text("utf8"))
            pending.append("\n".join(used[name]))
    return used


def _code(text: str) -> list[str]:
    """Las líneas que no están en blanco ni son solo un comentario: la misma huella con cualquier versión de Python."""
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _mismatch(docname: str, source, stored) -> str | None:
    """La primera celda de código en que difieren fuente y derivado, salvo la de instalación, o None."""
    mine, theirs = code_cells(source), code_cells(stored)
    for number, (cell, done) in enumerate(zip(mine, theirs, strict=False), start=1):
        same = (cell.source, tags(cell)) == (done.source, tags(done))
        if not same and not ("install" in tags(cell) and "install" in tags(done)):
            first = next(iter(cell.source.splitlines()), "")
            return f"{docname}.ipynb, celda de código {number} («{first[:60]}»): no es la de {docname}.md"
    if len(mine) != len(theirs):
        return f"{docname}.ipynb: tiene {len(theirs)} celdas de código y {docname}.md, {len(mine)}"
    return None
