#!/bin/sh
# Recompila los archivos de versiones fijas a partir de los rangos de pyproject.toml («make lock»).
# Una resolución conjunta los hace compatibles entre sí: se instalan en el mismo entorno.
set -eu
all=$(mktemp)
trap 'rm -f "$all"' EXIT
compile() { uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header "$@" pyproject.toml; }
compile --upgrade --extra chapters --extra book --extra test -o "$all"
header() { printf '# Derivado de pyproject.toml con «make lock»: no lo edites a mano.\n'; }
{ header; compile -c "$all" --extra chapters; } > requirements.txt
{ header; compile -c "$all" --extra book; } > requirements-book.txt
{ header; compile -c "$all" --extra test; } > requirements-test.txt
# Solo los dos paquetes: lo que pide PyTorch depende de la máquina (en Linux, si no es el de CPU, varios GB de CUDA).
{ header; compile -c "$all" --extra backends --no-deps | grep -E "^(jax|torch)="; } > requirements-backends.txt
