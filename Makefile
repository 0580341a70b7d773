# Las órdenes del curso. Solo necesitan python3 (3.11 o posterior) y git; «make» sin más las enumera.
PYTHON ?= python3
BIN := .venv/bin
# Lo mismo al ejecutar y al comparar: sin avisos de TensorFlow, con la misma aritmética y el mismo orden de conjuntos.
export TF_ENABLE_ONEDNN_OPTS := 0
export TF_CPP_MIN_LOG_LEVEL := 3
export PYTHONHASHSEED := 0
export KERAS_BACKEND ?= tensorflow
export PYTHONPATH := tools:tests
export JUPYTER_PREFER_ENV_PATH := 1

BACKENDS ?= tensorflow jax torch
N ?= 5
ONLY ?= $(sort $(wildcard lectures/*.ipynb solutions/*.ipynb))
# Van de dos en dos, con un núcleo cada uno, que es como menos tardan; solos, con los dos, los que miden lo que ganan dos.
export ALONE := lectures/12-cnn-rnn.ipynb lectures/14-rendimiento.ipynb
export ONE_CORE := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1 NPROC=1
NBVAL := $(BIN)/pytest -p nbval_plugin --nbval --nbval-current-env --nbval-cell-timeout=600 \
	--nbval-kernel-startup-timeout=120 --nbval-sanitize-with=tests/sanitize.cfg -q

.PHONY: help book pyodide pdf serve test test-fast test-notebooks test-backends test-gpu text-cache stability notebooks check \
	format lock address bench study venv-book venv venv-backends

help:  ## Enumera las órdenes
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

book: venv-book  ## Construye el libro en _build/html, sin ejecutar nada y sin TensorFlow
	@$(BIN)/python tools/notebooks.py book

pyodide: venv-book  ## Trae el Python que ejecuta celdas en el navegador, para que lo sirva el propio sitio
	@$(BIN)/python tools/pyodide.py

serve: book  ## Construye el libro y lo sirve en http://localhost:8000
	@$(BIN)/python -m webbrowser http://localhost:8000 || true
	@$(BIN)/python -m http.server --bind localhost --directory _build/html 8000

pdf: venv book  ## El libro entero en PDF, en A4, junto al sitio
	@$(BIN)/python tools/pdf.py

test: venv  ## Todo lo que ejecuta la integración continua
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@rm -rf _build/.doctrees _build/html
	@$(MAKE) --no-print-directory check pyodide book
	@$(BIN)/pytest -n 2 --dist worksteal
	@$(MAKE) --no-print-directory test-notebooks

test-fast: venv  ## Las pruebas que no ejecutan cuadernos ni abren el navegador
	@$(BIN)/pytest -m "not slow"

test-notebooks: venv  ## Vuelve a ejecutar los cuadernos y compara: make test-notebooks ONLY="lectures/01-a.ipynb"
	@failed=0; \
	if [ -n "$(filter-out $(ALONE),$(ONLY))" ]; then $(ONE_CORE) $(NBVAL) -n 2 --dist loadfile $(filter-out $(ALONE),$(ONLY)) || failed=1; fi; \
	if [ -n "$(filter $(ALONE),$(ONLY))" ]; then $(NBVAL) $(filter $(ALONE),$(ONLY)) || failed=1; fi; \
	exit $$failed

test-backends: venv-backends  ## La puerta con cada backend de Keras: make test-backends BACKENDS="jax torch" ONLY=…
	@for backend in $(BACKENDS); do echo "== $$backend"; \
		if [ $$backend = torch ]; then export OMP_NUM_THREADS=1; fi; \
		KERAS_BACKEND=$$backend GATE_RECORDS=claims/backends.jsonl $(MAKE) --no-print-directory test-notebooks \
		|| failed="$$failed $$backend"; done; test -z "$$failed" || { echo "Falla con:$$failed"; exit 1; }

stability: venv  ## Repite los cuadernos con otras semillas: make stability N=20 ONLY="lectures/01-a.ipynb"
	@$(BIN)/python tools/stability.py $(N) $(ONLY)

# Ni instala ni exige TensorFlow: el entorno con su GPU lo prepara quien tiene la máquina (.github/workflows/gpu.yml).
test-gpu:  ## El estudio «gpu» y todos los cuadernos en la GPU que haya, con cada backend que la vea
	@test -x $(BIN)/python || { echo "Falta $(BIN): créalo e instala lo que dice .github/workflows/gpu.yml." >&2; exit 1; }
	@export XLA_PYTHON_CLIENT_PREALLOCATE=false TF_FORCE_GPU_ALLOW_GROWTH=true GATE_RECORDS=claims/backends.jsonl; \
	backends=$$($(BIN)/python tools/gpu.py) || exit 1; failed=0; \
	for backend in $$backends; do \
		echo "Con $$backend:"; export KERAS_BACKEND=$$backend; \
		$(BIN)/python -m studies run gpu --seeds 3 --only backend=$$backend || failed=1; \
		$(NBVAL) $(ONLY) || failed=1; \
	done; exit $$failed

text-cache: venv  ## Guarda los textos ya vectorizados, para las máquinas sin TensorFlow
	@export RECURRENTES_TEXT_CACHE=save; $(NBVAL) lectures/09-texto.ipynb solutions/09-texto.ipynb && \
	$(BIN)/python -c "from studies import imdb; imdb.indices(False, 20_000)"
	@$(BIN)/python -c "from recurrentes import text_cache; print(text_cache.folder())"

notebooks: venv  ## Ejecuta lo que cambió y escribe todos los archivos derivados
	@$(BIN)/python tools/notebooks.py derive

check: venv  ## Comprueba, sin escribir, que todo lo derivado es lo que dan sus fuentes
	@$(BIN)/python tools/notebooks.py check

format: venv  ## Da formato al código
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

lock: venv  ## Recompila los requisitos fijos a partir de los rangos de pyproject.toml
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/lock.sh

address: venv  ## Lleva la dirección del repositorio de _config.yml a todos los archivos
	@$(BIN)/python tools/addresses.py

bench: venv  ## Mide las ventanas deslizantes del paquete frente a sus alternativas
	@$(BIN)/python benchmarks/sliding_windows.py

study: venv  ## Hace lo que falta de un estudio: make study NAME=long-memory; sin nombre, los enumera
	@$(BIN)/python -m studies $(if $(NAME),run $(NAME),list)

venv-book:
	@$(PYTHON) tools/bootstrap.py book

venv:
	@$(PYTHON) tools/bootstrap.py all

venv-backends: venv
	@$(PYTHON) tools/bootstrap.py backends
