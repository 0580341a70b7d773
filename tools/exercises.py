"""Del cuaderno de soluciones al de ejercicios, con los preprocesadores y la configuración de nbgrader."""

import copy

import nbformat

from sources import ROOT

OPEN_POINTS = 3  # puntos de una pregunta abierta, que califica el profesor


def complete(metadata: dict) -> dict:
    """Los metadatos que nbgrader exige, a partir de los pocos que escribe el autor de la celda."""
    checks = bool(metadata.get("grade")) and not metadata.get("solution")
    base = {"grade": False, "solution": False, "locked": checks, "task": False, "schema_version": 3}
    return base | dict(metadata)


def open_answer(grade_id: str) -> dict:
    """Metadatos de la celda de prosa que responde a una pregunta abierta."""
    return complete({"grade_id": grade_id, "grade": True, "solution": True, "points": OPEN_POINTS})


def cut(solved: nbformat.NotebookNode, slug: str) -> nbformat.NotebookNode:
    """El cuaderno que recibe el alumno: huecos en lugar de soluciones, comprobaciones, y nada ejecutado."""
    from nbgrader import preprocessors as nbgrader
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    handout = copy.deepcopy(solved)
    handout.metadata.pop("recurrentes")
    handout.cells[0].source = handout.cells[0].source.replace(f"solutions/{slug}.ipynb", f"exercises/{slug}.ipynb")
    for cell in handout.cells:  # en el libro la solución está plegada; aquí es el hueco que hay que ver
        if "hide-cell" in cell.metadata.get("tags", []):
            cell.metadata["tags"].remove("hide-cell")
    resources = {"unique_key": slug}
    for step in (
        "LockCells",
        "ClearSolutions",
        "ClearOutput",
        "ClearHiddenTests",
        "ComputeChecksums",
        "CheckCellMetadata",
    ):
        handout, resources = getattr(nbgrader, step)(config=config).preprocess(handout, resources)
    return handout
