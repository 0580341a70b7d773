"""Deriva lo que nadie edita a mano: cuadernos, ejercicios, registros y páginas. Se usa desde el Makefile.

python tools/notebooks.py derive   ejecuta lo que cambió y escribe los archivos derivados
python tools/notebooks.py check    no ejecuta ni escribe: dice qué archivo derivado no es lo que su fuente da
python tools/notebooks.py book     llena la caché con las salidas guardadas y construye el HTML sin ejecutar nada
"""

import concurrent.futures
import difflib
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

import addresses
import exercises
import sources
from sources import ROOT, Stale

BUILD = ROOT / "_build"
CACHE = BUILD / ".jupyter_cache"
PARALLEL = 2  # cuadernos a la vez: el presupuesto es de dos núcleos


def execute_stale() -> list[str]:
    """Ejecuta los cuadernos cuyas salidas ya no valen, de dos en dos o, los que el Makefile dice, solos.

    Devuelve los que fallaron.
    """
    stale = [docname for docname in sources.docnames() if not sources.is_current(docname)]
    alone = [docname for docname in stale if sources.is_alone(docname)]
    failed = []
    for docnames, at_once in (([name for name in stale if name not in alone], PARALLEL), (alone, 1)):
        with concurrent.futures.ProcessPoolExecutor(at_once) as pool:
            runs = {pool.submit(sources.execute, docname): docname for docname in docnames}
            for run in concurrent.futures.as_completed(runs):
                docname = runs[run]
                if error := run.exception():
                    failed.append(docname)
                    print(f"{docname}.md: falla al ejecutarse.\n{error}", flush=True)
                else:
                    print(f"{docname}.md: ejecutado en {run.result():.0f} s", flush=True)
    return failed


def seed_cache() -> dict:
    """Deja las salidas guardadas en la caché de Jupyter Book y los cuadernos completos en EXECUTED, y los devuelve."""
    from jupyter_cache import get_cache

    cache = get_cache(CACHE)
    notebooks = {docname: sources.with_outputs(docname) for docname in sources.docnames()}
    for docname, notebook in notebooks.items():
        path = sources.EXECUTED / f"{docname}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        cache.cache_notebook_file(path, uri=str(ROOT / f"{docname}.md"), check_validity=False, overwrite=True)
    return notebooks


def forget_old_layout() -> None:
    """Si cambió el aspecto del libro y ninguna página, Sphinx no copiaría nada: se empieza de cero el HTML."""
    index = BUILD / "html" / "index.html"
    layout = [path for folder in ("_static", "_ext", "locale") for path in (ROOT / "book" / folder).rglob("*.*")]
    if index.exists() and any(path.stat().st_mtime > index.stat().st_mtime for path in layout if path.suffix != ".pyc"):
        shutil.rmtree(BUILD / "html")


def build(builder: str) -> None:
    """Construye el libro con un constructor de Sphinx; los avisos son errores.

    Si falla se borran los doctrees: la siguiente construcción callaría los avisos de las páginas ya leídas.
    """
    chosen = ["html"] if builder == "html" else ["custom", "--custom-builder", builder]
    command = ["jupyter-book", "build", str(ROOT), "-W", "--keep-going", "-n", "--quiet", "--builder", *chosen]
    if subprocess.run([str(Path(sys.executable).with_name(command[0])), *command[1:]], cwd=ROOT).returncode:
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
        sys.exit("El libro tiene avisos o errores: están en las líneas anteriores.")


def derive(target: Path) -> None:
    """Escribe en ``target`` todos los archivos derivados, a partir de las fuentes y de las salidas guardadas."""
    import pages  # importa el paquete y con él matplotlib: construir el libro no lo necesita

    notebooks = seed_cache()
    pages.write(target, notebooks)
    build("notebooks")
    for docname in notebooks:
        derived = nbformat.read(BUILD / "notebooks" / f"{docname}.ipynb", as_version=4)
        _write(target / f"{docname}.ipynb", derived)
        if docname.startswith("solutions/"):
            slug = docname.removeprefix("solutions/")
            _write(target / "exercises" / f"{slug}.ipynb", exercises.cut(derived, slug))


def check() -> list[str]:
    """Lo que en el árbol no es lo que darían las fuentes, con archivo, celda y orden."""
    old = [docname for docname in sources.docnames() if not sources.is_current(docname)]
    problems = [
        f"{docname}.ipynb: sus salidas son de otro código, afirmaciones, paquete, datos o versiones: make notebooks."
        for docname in old
    ]
    problems += [
        f"{path.relative_to(ROOT)}: su dirección no es la de _config.yml. Ejecuta make address."
        for path in addresses.rewritten()
    ]
    target = BUILD / "check"
    shutil.rmtree(target, ignore_errors=True)
    derive(target)
    wanted = {path.relative_to(target) for path in target.rglob("*") if path.is_file()}
    for name in sorted(wanted):
        problems += _differences(name, (ROOT / name), (target / name))
    for folder, pattern in (("lectures", "*.ipynb"), ("solutions", "*.ipynb"), ("exercises", "*.ipynb")):
        extra = {path.relative_to(ROOT) for path in (ROOT / folder).glob(pattern)} - wanted
        problems += [f"{name}: ya no tiene fuente. Bórralo: git rm {name}." for name in sorted(extra)]
    extra = {path.relative_to(ROOT) for path in (ROOT / "claims" / "evidence").glob("*.json")} - wanted
    problems += [f"{name}: ya no hay afirmación con ese id. Bórralo: git rm {name}." for name in sorted(extra)]
    return problems


def _differences(name: Path, stored: Path, wanted: Path) -> list[str]:
    if not stored.exists():
        return [f"{name}: falta. Ejecuta make notebooks."]
    if stored.read_text("utf8") == wanted.read_text("utf8"):
        return []
    if name.suffix != ".ipynb":
        lines = zip(stored.read_text("utf8").splitlines(), wanted.read_text("utf8").splitlines(), strict=False)
        line = next((number for number, (a, b) in enumerate(lines, start=1) if a != b), 1)
        return [f"{name}, línea {line}: no es lo que dan sus fuentes. Ejecuta make notebooks."]
    cells = [nbformat.read(path, as_version=4).cells for path in (stored, wanted)]
    pairs = enumerate(zip(*cells, strict=False), start=1)
    for number, (mine, right) in pairs:
        if mine != right:
            diff = difflib.unified_diff(mine.source.splitlines(), right.source.splitlines(), lineterm="", n=0)
            shown = "\n".join(f"    {line}" for line in list(diff)[2:8])
            return [f"{name}, celda {number}: no es lo que da su fuente. Ejecuta make notebooks.\n{shown}".rstrip()]
    return [f"{name}: difieren el número de celdas o los metadatos. Ejecuta make notebooks."]


def _write(path: Path, notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def main(command: str) -> None:
    if command == "derive":
        failed = execute_stale()
        if failed:
            sys.exit(f"No se deriva nada hasta que se ejecuten sin error: {', '.join(failed)}.")
        derive(ROOT)
    elif command == "check":
        if problems := check():
            sys.exit("\n".join(problems))
        print("Todo lo derivado es lo que dan sus fuentes.")
    else:
        seed_cache()
        forget_old_layout()
        build("html")
        print(f"El libro está en {(BUILD / 'html' / 'index.html').as_uri()}")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Stale as problem:
        sys.exit(str(problem))
