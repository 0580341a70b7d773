"""Lo común a las pruebas: Hypothesis repetible y sin plazos, y nada escrito fuera de una carpeta temporal."""

import os
import tempfile

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
