"""Integración continua y documentos del repositorio: fijados, sin permisos de más y sin referencias que no existan."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import recurrentes

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / ".github/pull_request_template.md"]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE))


def by_name(path):
    return str(path.relative_to(ROOT))


def steps(content):
    """Los pasos de todos los trabajos; el que llama a otro flujo no tiene."""
    return [step for job in content["jobs"].values() for step in job.get("steps", [])]


@pytest.fixture(params=WORKFLOWS, ids=by_name)
def workflow(request):
    """El texto y el contenido de cada flujo de trabajo."""
    text = request.param.read_text("utf8")
    return text, yaml.safe_load(text)


def test_the_workflows_are_there():
    """Integración continua, publicación, canario y GPU."""
    assert {"ci.yml", "publish.yml", "canary.yml", "gpu.yml"} <= {path.name for path in WORKFLOWS}


def test_actions_are_pinned(workflow):
    """Cada acción se fija por el hash de su revisión, con la versión en un comentario."""
    text, content = workflow
    pinned = re.findall(r"uses: ([\w./-]+@[0-9a-f]{40}) # v\d+\.\d+\.\d+$", text, re.MULTILINE)
    used = [step["uses"] for step in steps(content) if "uses" in step]
    assert pinned == used


def test_one_revision_of_each_action():
    """La misma acción se usa en la misma revisión en todos los flujos."""
    used = {match for path in WORKFLOWS for match in re.findall(r"uses: (\S+)@(\S+ # \S+)", path.read_text("utf8"))}
    names = [name for name, _ in used]
    assert len(names) == len(set(names))


def test_permissions_are_least(workflow):
    """Arriba no se concede nada; cada trabajo pide lo suyo, y escribir en el repositorio no lo pide ninguno."""
    _, content = workflow
    assert content["permissions"] == {}
    for job in content["jobs"].values():
        assert job["permissions"].get("contents", "read") == "read"
        assert "uses" in job or job["timeout-minutes"] <= 120


def test_nothing_is_published_untested():
    """Publicar espera a que pasen las pruebas, que son las mismas de cada propuesta."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text("utf8"))["jobs"]
    assert jobs["test"]["uses"] == "./.github/workflows/ci.yml"
    assert jobs["build"]["needs"] == "test" and jobs["deploy"]["needs"] == "build"


def test_the_gpu_workflow_separates_running_from_writing():
    """Lo que ejecuta código no puede escribir en ningún sitio; lo que escribe no descarga el repositorio."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/gpu.yml").read_text("utf8"))["jobs"]
    assert jobs["gpu"]["needs"] == "text" and jobs["report"]["needs"] == "gpu"
    assert jobs["text"]["permissions"] == jobs["gpu"]["permissions"] == {"contents": "read"}
    assert jobs["report"]["permissions"] == {"issues": "write"}
    assert not any("checkout" in step.get("uses", "") for step in jobs["report"]["steps"])
    assert any("make test-gpu" in step.get("run", "") for step in jobs["gpu"]["steps"])
    assert any("make text-cache" in step.get("run", "") for step in jobs["text"]["steps"])


def test_credentials_are_not_kept(workflow):
    """El código que se prueba no encuentra la credencial con la que se descargó."""
    _, content = workflow
    checkouts = [step for step in steps(content) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_nothing_untrusted_is_run(workflow):
    """Ninguna orden mezcla expresiones de GitHub con su texto: llegan por variables de entorno."""
    _, content = workflow
    assert not any("${{" in step.get("run", "") for step in steps(content))


@pytest.mark.parametrize("path", [*WORKFLOWS, *DOCUMENTS, ROOT / ".ci/run", ROOT / "CHANGELOG.md"], ids=by_name)
def test_make_targets_exist(path):
    """Cada orden de make que se nombra está en el Makefile."""
    named = re.findall(r"(?:`|^ *|run: +)make ([a-z][a-z-]*)", path.read_text("utf8"), re.MULTILINE)
    assert set(named) <= TARGETS, set(named) - TARGETS


def test_contributing_lists_the_commands_of_ci():
    """CONTRIBUTING nombra la orden que ejecuta la integración continua, y cabe en una pantalla."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf8")
    assert "`make test`" in text and len(text.splitlines()) <= 50


@pytest.mark.parametrize("path", DOCUMENTS, ids=by_name)
def test_relative_links_exist(path):
    """Los enlaces a archivos del repositorio llevan a archivos que están."""
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)\)", path.read_text("utf8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_launch_links_name_notebooks():
    """Los cuadernos que abren Colab, Binder y Kaggle desde el README tienen su fuente, y están los tres servicios."""
    text = (ROOT / "README.md").read_text("utf8")
    opened = re.findall(r"(colab|binder|kaggle)[^)]*?/(lectures/[\w-]+)\.ipynb\)", text)
    sources = {str(path.relative_to(ROOT).with_suffix("")) for path in ROOT.glob("lectures/*.md")}
    assert sorted(opened) == sorted((service, name) for service in ("colab", "binder", "kaggle") for name in sources)


def test_the_pull_request_template_is_short():
    """Seis casillas como mucho."""
    text = (ROOT / ".github/pull_request_template.md").read_text("utf8")
    assert 1 <= text.count("- [ ]") <= 6


@pytest.mark.parametrize("name", ["error", "contenido"])
def test_issue_templates(name):
    """Los formularios tienen lo que GitHub exige, y los campos que hacen falta son obligatorios."""
    form = yaml.safe_load((ROOT / f".github/ISSUE_TEMPLATE/{name}.yml").read_text("utf8"))
    assert form["name"] and form["description"]
    labels = [field["attributes"]["label"] for field in form["body"]]
    assert len(labels) == len(set(labels))
    assert sum(field.get("validations", {}).get("required", False) for field in form["body"]) >= 3


def test_the_citation_matches_the_package():
    """La cita lleva los campos obligatorios de CFF 1.2.0, y la versión y la licencia del paquete."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["message"] and citation["title"] and citation["authors"][0]["name"]
    assert citation["version"] == project["version"] == recurrentes.__version__
    assert project["license"] in citation["license"]
    assert citation["repository-code"] == project["urls"]["Repository"]


def test_licences_are_complete():
    """Está entero el texto de las dos licencias."""
    assert "THIS SOFTWARE IS PROVIDED" in (ROOT / "LICENSE").read_text("utf8")
    text = (ROOT / "LICENSE-texto").read_text("utf8")
    assert all(f"Section {number} -- " in text for number in range(1, 9))


def test_binder_and_devcontainer():
    """Binder instala las versiones fijas y el paquete, con un Python que admite el proyecto."""
    lines = (ROOT / ".binder/requirements.txt").read_text("utf8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["-r ../requirements.txt", "-e ."]
    assert (ROOT / ".binder/runtime.txt").read_text("utf8") == "python-3.12\n"
    devcontainer = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf8"))
    assert devcontainer["image"].endswith("python:3.12")
    assert set(devcontainer["postCreateCommand"].removeprefix("make ").split()) <= TARGETS
