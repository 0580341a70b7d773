"""El estilo de las figuras: se aplica entero, y sus colores se ven y se distinguen."""

import itertools
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from recurrentes.plots import COLORS, use_style

matplotlib.use("agg")  # sin pantalla

# Machado, Oliveira y Fernandes (2009), severidad 1, sobre RGB lineal: cómo ve cada forma de daltonismo.
VISION = {
    "común": np.eye(3),
    "protanopía": np.reshape(
        [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998], (3, 3)
    ),
    "deuteranopía": np.reshape(
        [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881], (3, 3)
    ),
    "tritanopía": np.reshape(
        [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900], (3, 3)
    ),
}


def linear(color):
    """RGB lineal de un color sRGB."""
    rgb = np.array(matplotlib.colors.to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast_on_white(color):
    """Contraste de WCAG 2 con el blanco, de 1 a 21."""
    return 1.05 / (linear(color) @ [0.2126, 0.7152, 0.0722] + 0.05)


def lab(rgb):
    """CIELAB (D65) de un color en RGB lineal: ahí la distancia se parece a la que se percibe."""
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_instruments_of_this_module():
    """Negro sobre blanco da 21, blanco sobre blanco 1, y el blanco está a 100 del negro en CIELAB."""
    assert contrast_on_white("black") == pytest.approx(21)
    assert contrast_on_white("white") == pytest.approx(1)
    assert lab(linear("white")) - lab(linear("black")) == pytest.approx([100, 0, 0], abs=0.1)


@pytest.mark.parametrize("role", COLORS)
def test_lines_are_visible_on_white(role):
    """Todos los colores sirven para una línea: contraste 3:1 o más (WCAG 1.4.11)."""
    assert re.fullmatch("#[0-9A-F]{6}", COLORS[role])
    assert contrast_on_white(COLORS[role]) >= 3


@pytest.mark.parametrize("vision", VISION)
def test_colors_are_told_apart(vision):
    """Dos colores cualesquiera distan al menos 15 en CIELAB, también con daltonismo (se nota desde 2 o 3)."""
    seen = {role: lab(VISION[vision] @ linear(color)) for role, color in COLORS.items()}
    distances = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(COLORS, 2)}
    assert min(distances.values()) > 15, min(distances, key=distances.get)


def test_the_style_is_applied():
    """Tamaño, rejilla, marcos y el orden de los colores son los del curso."""
    with plt.rc_context():
        plt.rcdefaults()
        use_style()
        figure, axes = plt.subplots()
        lines = [axes.plot([0, 1])[0].get_color() for _ in COLORS]
        assert lines == list(COLORS.values())
        assert figure.get_size_inches().tolist() == [7, 3.2] and figure.get_dpi() == 100
        assert axes.xaxis.get_gridlines()[0].get_visible()
        assert not axes.spines["top"].get_visible() and not axes.spines["right"].get_visible()
        assert figure.get_layout_engine().__class__.__name__ == "ConstrainedLayoutEngine"
        assert not axes.legend(["serie"]).get_frame_on()
        plt.close(figure)


def test_importing_does_not_change_the_style():
    """El estilo solo cambia al pedirlo."""
    import importlib

    from recurrentes import plots

    with plt.rc_context():
        plt.rcdefaults()
        importlib.reload(plots)
        assert plt.rcParams["axes.grid"] is False
