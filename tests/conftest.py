"""Lo común a las pruebas: Hypothesis repetible, sin plazos y sin archivos propios en el repositorio."""

import tempfile

from hypothesis import configuration, settings

_home = tempfile.TemporaryDirectory()  # se borra al terminar
configuration.set_hypothesis_home_dir(_home.name)
settings.register_profile("curso", database=None, deadline=None, derandomize=True)
settings.load_profile("curso")


def pytest_configure(config):
    """Declara las marcas propias."""
    config.addinivalue_line("markers", "data: necesita los datos reales (RECURRENTES_DATA, la caché o la red)")
