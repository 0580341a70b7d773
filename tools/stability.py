"""Repite los cuadernos con otras semillas y dice, de cada afirmación, cuántas veces se cumple y con cuánta holgura.

    python tools/stability.py 20 lectures/03-sru.ipynb …   # lo que falte para 20 repeticiones de cada uno

Cada repetición se guarda en cuanto termina en claims/stability.jsonl, con la huella de las celdas que ejecutó: si se
corta no se pierde ninguna, y un cuaderno cuyas celdas cambian vuelve a empezar.
"""

import argparse
import ast
import hashlib
import json
import sys
from pathlib import Path

import nbformat
import numpy as np

import sources
from recurrentes import claims, records
from sources import ROOT

sys.path.insert(0, str(ROOT))

from studies import runner

PATH = ROOT / "claims" / "stability.jsonl"
#: Parte de su holgura habitual que una afirmación tiene que conservar en la peor repetición.
ENOUGH = 0.05


def cells_key(docname: str) -> str:
    """Huella del código que se repite."""
    text = json.dumps([cell.source for cell in sources.code_cells(sources.read(docname))])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def grid(docnames: list[str], repetitions: int) -> list[dict]:
    """Una repetición tras otra, cada una con todos los cuadernos."""
    keys = {docname: cells_key(docname) for docname in docnames}
    return [
        {"notebook": docname, "repetition": k, "cells": keys[docname]}
        for k in range(1, repetitions + 1)
        for docname in docnames
    ]


def measure(notebook: str, repetition: int, cells: str) -> dict:
    """Ejecuta el cuaderno con otras semillas: lo que midió cada afirmación y las celdas que fallaron."""
    import keras  # noqa: F401  con Keras cargado, el registro dice también su backend
    from nbclient import NotebookClient

    source = sources.read(notebook)
    first = nbformat.v4.new_code_cell(
        f"import sys\nsys.path.append({str(ROOT / 'tools')!r})\nimport reseed\nreseed.start({repetition})"
    )
    last = nbformat.v4.new_code_cell("reseed.measured")
    source.cells = [first, *source.cells, last]
    place = {"metadata": {"path": str((ROOT / notebook).parent)}}
    client = NotebookClient(source, timeout=900, allow_errors=True, resources=place)
    client.execute(env=sources.kernel_environ(notebook))
    errors = [
        {"cell": number, "error": f"{output.ename}: {output.evalue}"[:200]}
        for number, cell in enumerate(sources.code_cells(source)[1:-1], start=1)
        for output in cell.outputs
        if output.output_type == "error"
    ]
    measured = ast.literal_eval(last.outputs[-1]["data"]["text/plain"])
    rounded = {id: [float(f"{low:.6g}"), float(f"{high:.6g}"), holds] for id, (low, high, holds) in measured.items()}
    return {"claims": rounded, "errors": errors}


def forget_changed(docnames: list[str]) -> None:
    """Deja en el archivo solo las repeticiones de las celdas de ahora."""
    if not PATH.exists():
        return
    keys = {docname: cells_key(docname) for docname in docnames}
    lines = [json.loads(line) for line in PATH.read_text("utf8").splitlines()]
    kept = [line for line in lines if line["params"]["cells"] == keys.get(line["params"]["notebook"])]
    if len(kept) < len(lines):
        print(f"Repeticiones olvidadas, de celdas que ya no son las mismas: {len(lines) - len(kept)}.")
        PATH.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), "utf8")


def summary(runs: list[dict], entries: dict[str, dict]) -> list[dict]:
    """De cada afirmación repetida: cuántas veces se cumple y qué parte de su holgura habitual queda en la peor.

    La holgura es la distancia de la mediana de las repeticiones a la cota; 1 es que la peor es como la mediana y 0 que
    toca la cota. Lo que se mide igual en todas, o se exige exacto, no la gasta.
    """
    rows = {}
    for run in runs:
        for id, values in run["metrics"]["claims"].items():
            rows.setdefault(id, []).append((*values, run["params"]["notebook"]))
    return [_row(id, entries[id], values) for id, values in rows.items() if id in entries]


def _row(id: str, entry: dict, values: list) -> dict:
    lows, highs, holds, notebooks = map(list, zip(*values, strict=True))
    expected, left = entry["expected"], 1.0
    for key, ends, sign in (("min", lows, 1), ("max", highs, -1)):
        if key in expected and expected.get("min") != expected.get("max"):
            distances = sign * (np.array(ends) - expected[key])
            worst, typical = distances.min(), np.median(distances)
            if worst != typical:
                left = min(left, worst / typical if typical > 0 else -np.inf)
    row = {"id": id, "notebook": notebooks[0], "repetitions": len(values), "holds": sum(holds), "left": float(left)}
    return row | {"sound": all(holds) and left >= ENOUGH}


def report(rows: list[dict], runs: list[dict]) -> str:
    """La tabla: primero lo que hay que rediseñar, después el recuento."""
    weak = sorted((row for row in rows if not row["sound"]), key=lambda row: row["left"])
    lines = [
        f"{row['id']}: se cumple {row['holds']} de {row['repetitions']}; peor holgura, {row['left']:.0%}"
        for row in weak
    ]
    failures = [
        f"{params['notebook']}, repetición {params['repetition']}, celda {error['cell']}: {error['error']}"
        for params, metrics in ((run["params"], run["metrics"]) for run in runs)
        for error in metrics["errors"]
    ]
    sound = len(rows) - len(weak)
    return "\n".join([*lines, *failures, f"{sound} de {len(rows)} afirmaciones repetidas se sostienen con holgura."])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("stability")
    parser.add_argument("repetitions", type=int)
    parser.add_argument("notebooks", nargs="*", help="rutas .ipynb; si no se dan, todos")
    options = parser.parse_args(arguments)
    chosen = [str(Path(path).with_suffix("")) for path in options.notebooks] or sources.docnames()
    forget_changed(sources.docnames())
    alone = [name for name in chosen if sources.is_alone(name)]
    paired = [name for name in chosen if name not in alone]
    failed = runner.run(grid(paired, options.repetitions), measure, PATH, workers=2) if paired else 0
    failed += runner.run(grid(alone, options.repetitions), measure, PATH) if alone else 0
    runs = records.parse(PATH)
    rows = summary(runs, claims.entries())
    print(report(rows, runs))
    return int(failed or not all(row["sound"] for row in rows) or any(run["metrics"]["errors"] for run in runs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
