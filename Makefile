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

ONLY ?= $(sort $(wildcard lectures/*.ipynb solutions/*.ipynb))
# Los que miden tiempos o se acercan a su presupuesto se ejecutan solos, con los dos núcleos; el resto, de dos en dos.
export ALONE := $(foreach name,05-lstm 07-comparativa 08-arquitecturas 09-texto 10-seq2seq 11-generacion 12-cnn-rnn 14-rendimiento 15-usos-y-limites,lectures/$(name).ipynb)
NBVAL := $(BIN)/pytest -p nbval_plugin --nbval --nbval-current-env --nbval-cell-timeout=600 \
	--nbval-kernel-startup-timeout=120 --nbval-sanitize-with=tests/sanitize.cfg -q

.PHONY: help book serve test test-fast test-notebooks notebooks check format lock address bench study venv-book venv

help:  ## Enumera las órdenes
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

book: venv-book  ## Construye el libro en _build/html, sin ejecutar nada y sin TensorFlow
	@$(BIN)/python tools/notebooks.py book

serve: book  ## Construye el libro y lo sirve en http://localhost:8000
	@$(BIN)/python -m webbrowser http://localhost:8000 || true
	@$(BIN)/python -m http.server --bind localhost --directory _build/html 8000

test: venv  ## Todo lo que ejecuta la integración continua
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@rm -rf _build/.doctrees _build/html
	@$(MAKE) --no-print-directory check book
	@$(BIN)/pytest -n 2 --dist worksteal
	@$(MAKE) --no-print-directory test-notebooks

test-fast: venv  ## Las pruebas que no ejecutan cuadernos ni abren el navegador
	@$(BIN)/pytest -m "not slow"

test-notebooks: venv  ## Vuelve a ejecutar los cuadernos y compara: make test-notebooks ONLY="lectures/01-a.ipynb"
	@if [ -n "$(filter-out $(ALONE),$(ONLY))" ]; then $(NBVAL) -n 2 --dist loadfile $(filter-out $(ALONE),$(ONLY)); fi
	@if [ -n "$(filter $(ALONE),$(ONLY))" ]; then $(NBVAL) $(filter $(ALONE),$(ONLY)); fi

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
