"""Del cuaderno de soluciones al de ejercicios, con los preprocesadores de nbgrader y los textos en español."""

import copy

import nbformat

CODE_STUB = '# ESCRIBE AQUÍ TU CÓDIGO\nraise NotImplementedError("Sustituye esta línea por tu solución.")'
TEXT_STUB = "*Escribe aquí tu respuesta.*"
OPEN_POINTS = 3  # puntos de una pregunta abierta, que califica el profesor


def complete(metadata: dict) -> dict:
    """Los metadatos que nbgrader exige, a partir de los pocos que escribe el autor de la celda."""
    base = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    base |= {"locked": bool(metadata.get("grade")) and not metadata.get("solution")}
    return base | dict(metadata)


def open_answer(grade_id: str) -> dict:
    """Metadatos de la celda de prosa que responde a una pregunta abierta."""
    return complete({"grade_id": grade_id, "grade": True, "solution": True, "points": OPEN_POINTS})


def cut(solved: nbformat.NotebookNode, slug: str) -> nbformat.NotebookNode:
    """El cuaderno que recibe el alumno: huecos en lugar de soluciones, comprobaciones, y nada ejecutado."""
    from nbgrader.preprocessors import (
        CheckCellMetadata,
        ClearHiddenTests,
        ClearOutput,
        ClearSolutions,
        ComputeChecksums,
        LockCells,
    )

    handout = copy.deepcopy(solved)
    handout.metadata.pop("recurrentes")
    handout.cells[0].source = handout.cells[0].source.replace(f"solutions/{slug}.ipynb", f"exercises/{slug}.ipynb")
    clear = ClearSolutions(code_stub={"python": CODE_STUB}, text_stub=TEXT_STUB)
    steps = [LockCells(), clear, ClearOutput(), ClearHiddenTests(), ComputeChecksums(), CheckCellMetadata()]
    resources = {"unique_key": slug}
    for step in steps:
        handout, resources = step.preprocess(handout, resources)
    for cell in handout.cells:
        if "hide-cell" in cell.metadata.get("tags", []):
            cell.metadata["tags"].remove("hide-cell")
    return handout
