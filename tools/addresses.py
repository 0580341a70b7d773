"""Direcciones del curso, derivadas todas de ``_config.yml``: el repositorio, el sitio publicado y los cuadernos."""

from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]

#: Dónde se abre un cuaderno de GitHub en cada servicio.
SERVICES = {
    "Colab": "https://colab.research.google.com/github/{repo}/blob/{branch}/{path}",
    "Binder": "https://mybinder.org/v2/gh/{repo}/{branch}?urlpath=lab/tree/{path}",
    "Kaggle": "https://kaggle.com/kernels/welcome?src=https://github.com/{repo}/blob/{branch}/{path}",
}


@cache
def config() -> dict:
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))


def repository() -> tuple[str, str]:
    """Dirección y rama del repositorio."""
    return config()["repository"]["url"], config()["repository"]["branch"]


def site() -> str:
    """Dirección del sitio publicado, terminada en barra."""
    return config()["html"]["baseurl"].rstrip("/") + "/"


def launch_urls(repository_url: str, branch: str, path: str) -> dict[str, str]:
    """Las direcciones que abren en cada servicio el cuaderno ``path`` (relativo a la raíz del repositorio).

    >>> launch_urls("https://github.com/ana/curso", "main", "lectures/01-a.ipynb")["Colab"]
    'https://colab.research.google.com/github/ana/curso/blob/main/lectures/01-a.ipynb'
    """
    repo = repository_url.rstrip("/").removesuffix(".git").removeprefix("https://github.com/")
    return {name: url.format(repo=repo, branch=branch, path=path) for name, url in SERVICES.items()}
