"""Lo común a las pruebas: Hypothesis repetible, sin plazos y sin archivos propios en el repositorio."""

import tempfile

from hypothesis import configuration, settings

configuration.set_hypothesis_home_dir(tempfile.gettempdir() + "/hypothesis")
settings.register_profile("curso", database=None, deadline=None, derandomize=True)
settings.load_profile("curso")
