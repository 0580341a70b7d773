"""Direcciones del curso, derivadas todas de ``_config.yml``: el repositorio, el sitio publicado y los cuadernos.

Como programa («make address») las lleva a los archivos donde tienen que estar escritas a la letra.
"""

import re
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
#: Los archivos que llevan direcciones del curso escritas a la letra.
FILES = ("README.md", "CITATION.cff", "pyproject.toml", "book/como-usar.md", "lectures/*.md", "solutions/*.md")


@cache
def config() -> dict:
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))


def repository() -> tuple[str, str]:
    """Dirección y rama del repositorio."""
    return config()["repository"]["url"], config()["repository"]["branch"]


def site(url: str | None = None) -> str:
    """Dirección del sitio que GitHub Pages publica para el repositorio ``url`` (el del curso), terminada en barra.

    >>> site("https://github.com/ana/curso")
    'https://ana.github.io/curso/'
    """
    owner, name = _repo(url or repository()[0]).split("/")
    return f"https://{owner}.github.io/{name}/"


def launch_urls(repository_url: str, branch: str, path: str) -> dict[str, str]:
    """Las direcciones que abren en cada servicio el cuaderno ``path`` (relativo a la raíz del repositorio).

    >>> launch_urls("https://github.com/ana/curso", "main", "lectures/01-a.ipynb")["Colab"]
    'https://colab.research.google.com/github/ana/curso/blob/main/lectures/01-a.ipynb'
    """
    repo = _repo(repository_url)
    return {name: url.format(repo=repo, branch=branch, path=path) for name, url in SERVICES.items()}


def written() -> tuple[str, str]:
    """La dirección y la rama que llevan escritas los archivos: las de la celda de instalación."""
    source = next(iter(sorted((ROOT / "lectures").glob("*.md")))).read_text("utf8")
    return re.search(r'"git\+(https://[^"@]+)@([^"]+)"', source).groups()


def rewritten() -> dict[Path, str]:
    """Los archivos cuyas direcciones no son las de ``_config.yml``, con el texto que deberían tener."""
    (old_url, old_branch), (url, branch) = written(), repository()
    old_repo, repo = _repo(old_url), _repo(url)
    changes = {
        site(old_url): site(url),
        f"{old_repo}/blob/{old_branch}": f"{repo}/blob/{branch}",
        f"{old_repo}/{old_branch}": f"{repo}/{branch}",
        f"{old_url}@{old_branch}": f"{url}@{branch}",
        old_url: url,
    }
    texts = {}
    for pattern in FILES:
        for path in sorted(ROOT.glob(pattern)):
            before = after = path.read_text("utf8")
            for old, new in changes.items():
                after = after.replace(old, new)
            if after != before:
                texts[path] = after
    return texts


def _repo(url: str) -> str:
    return url.rstrip("/").removesuffix(".git").removeprefix("https://github.com/")


if __name__ == "__main__":
    for path, text in rewritten().items():
        path.write_text(text, "utf8")
        print(f"{path.relative_to(ROOT)}: direcciones al día")
