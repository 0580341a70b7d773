"""Lo común a las pruebas: un navegador, Hypothesis repetible y nada escrito fuera de una carpeta temporal."""

import os
import shutil
import tempfile

import pytest
from hypothesis import configuration, settings

_home = tempfile.TemporaryDirectory()  # se borra al terminar
configuration.set_hypothesis_home_dir(_home.name)
settings.register_profile("curso", database=None, deadline=None, derandomize=True)
settings.load_profile("curso")
for name in ("KERAS_HOME", "MPLCONFIGDIR"):  # donde Keras y matplotlib guardan sus preferencias
    os.environ.setdefault(name, _home.name)


def pytest_configure(config):
    """Declara las marcas propias."""
    config.addinivalue_line("markers", "data: necesita los datos reales (RECURRENTES_DATA, la caché o la red)")


@pytest.fixture(scope="session")
def browser():
    """Chromium, el mismo para todas las pruebas de la sesión: dos a la vez no pueden estar abiertos."""
    from playwright.sync_api import Error, sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    flags = (
        "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync"
    )
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=flags.split())
        except Error as error:
            pytest.fail(
                "No se pudo abrir Chromium. Instala el del sistema (sudo apt install chromium) o el de Playwright "
                f"(.venv/bin/python -m playwright install chromium). {error}"
            )
        yield chromium
        chromium.close()
