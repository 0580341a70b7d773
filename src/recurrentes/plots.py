"""El aspecto común de las figuras: mismo color para lo mismo en todo el curso, ejes con magnitud y unidad."""

import matplotlib.pyplot as plt

__all__ = ["COLORS", "use_style"]

#: Paleta de Okabe e Ito, distinguible con las formas frecuentes de daltonismo; una clave por papel en la figura. Su
#: naranja, que sobre blanco apenas se ve, deja el sitio al añil de Paul Tol: todas contrastan 3:1 o más.
COLORS = {
    "data": "#0072B2",
    "forecast": "#D55E00",
    "baseline": "#666666",
    "highlight": "#009E73",
    "second": "#CC79A7",
    "third": "#332288",
}


def use_style() -> None:
    """Aplica a matplotlib el estilo del curso: tamaño que cabe en un móvil, rejilla tenue, la paleta de `COLORS`."""
    plt.rcParams.update(
        {
            "figure.figsize": (7, 3.2),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.prop_cycle": plt.cycler(color=list(COLORS.values())),
            "grid.alpha": 0.3,
            "legend.frameon": False,
        }
    )
