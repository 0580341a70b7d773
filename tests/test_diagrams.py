"""Los esquemas: cada pieza en su sitio, las flechas donde dicen los argumentos y el texto legible."""

import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from recurrentes import diagrams
from recurrentes.plots import COLORS, use_style

matplotlib.use("agg")  # sin pantalla

ABC = ["$a$", "$b$", "$c$"]


@pytest.fixture
def ax():
    """Un lienzo holgado, con el estilo del curso."""
    with plt.rc_context():
        use_style()
        fig, axes = diagrams.canvas(11, 6)
        yield axes
        plt.close(fig)


def arrows(ax):
    """Las flechas del lienzo, cada una con sus extremos (centros de las piezas)."""
    found = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return [tuple(tuple(map(float, point)) for point in patch._posA_posB) for patch in found]


def between(start, end):
    """Los extremos que tendría la flecha entre dos piezas."""
    return (start.x, start.y), (end.x, end.y)


def contrast(one, other):
    """Contraste de WCAG 2 entre dos colores, de 1 a 21."""

    def light(color):
        rgb = np.array(to_rgb(color))
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    dark, bright = sorted([light(one), light(other)])
    return (bright + 0.05) / (dark + 0.05)


def test_the_canvas_is_white_and_square_in_its_units():
    """Siete pulgadas de ancho, sin ejes, y el mismo tamaño de unidad en las dos direcciones; el fondo no cambia."""
    with plt.rc_context({"figure.facecolor": "black"}):
        fig, ax = diagrams.canvas(10, 5)
        assert fig.get_size_inches().tolist() == [7, 3.5] and fig.get_facecolor() == (1, 1, 1, 1)
        assert not ax.axison and ax.get_aspect() == 1
        assert ax.get_xlim() == (0, 10) and ax.get_ylim() == (0, 5)
        plt.close(fig)


def test_many_to_one_has_one_input_per_step_and_one_output(ax):
    """Tres pasos y una salida: tres entradas, dos flechas en el tiempo y una hacia la salida."""
    net = diagrams.unrolled(ax, ABC, [None, None, "$y$"])
    first, second, third = net.cells[0]
    assert net.outputs[:2] == [None, None]
    expected = [between(a, b) for a, b in zip(net.inputs, net.cells[0], strict=True)]
    expected += [between(third, net.outputs[2]), between(first, second), between(second, third)]
    assert sorted(arrows(ax)) == sorted(expected)


def test_time_runs_left_to_right_and_layers_bottom_to_top(ax):
    """Los pasos avanzan `STEP` a la derecha y las filas suben `ROW`; cada capa recibe la de abajo en el mismo paso."""
    net = diagrams.unrolled(ax, ABC, ABC, rows=["uno", "dos"])
    below, above = net.cells
    assert np.allclose(np.diff([node.x for node in below]), diagrams.STEP)
    heights = [net.inputs[0].y, below[0].y, above[0].y, net.outputs[0].y]
    assert np.allclose(np.diff(heights), diagrams.ROW)
    assert all(between(a, b) in arrows(ax) for a, b in zip(below, above, strict=True))
    assert between(below[0], above[1]) not in arrows(ax)


def test_without_recurrence_the_steps_are_not_joined(ax):
    """Una red densa no pasa nada de un paso al siguiente."""
    net = diagrams.unrolled(ax, ABC, ABC, recurrent=False)
    assert len(arrows(ax)) == 6
    assert between(net.cells[0][0], net.cells[0][1]) not in arrows(ax)


def test_the_backward_row_runs_right_to_left(ax):
    """En la bidireccional las dos filas leen la entrada y dan la salida, y la de vuelta corre hacia atrás."""
    net = diagrams.unrolled(ax, ABC, ABC, rows=["ida", "vuelta"], bidirectional=True)
    forward, backward = net.cells
    found = arrows(ax)
    assert between(forward[0], forward[1]) in found and between(backward[1], backward[0]) in found
    assert between(forward[1], forward[0]) not in found and between(backward[0], backward[1]) not in found
    assert between(forward[0], backward[0]) not in found
    for line in net.cells:
        assert all(between(a, b) in found for a, b in zip(net.inputs, line, strict=True))
        assert all(between(a, b) in found for a, b in zip(line, net.outputs, strict=True))


def test_feedback_goes_from_each_output_to_the_next_step(ax):
    """De uno a muchos: lo que sale en un paso entra en el siguiente."""
    net = diagrams.unrolled(ax, ["$x$", None, None], ABC, feedback=True)
    assert net.inputs[1:] == [None, None]
    assert [between(net.outputs[t], net.cells[0][t + 1]) in arrows(ax) for t in range(2)] == [True, True]


def test_a_layer_before_the_first_row(ax):
    """La capa previa está entre la entrada y la celda, y la entrada puede ser una imagen."""
    net = diagrams.unrolled(ax, [np.eye(4), np.eye(4)], [None, "$y$"], before="CNN")
    assert net.cells[0][0].y == pytest.approx(net.inputs[0].y + 2 * diagrams.ROW)
    assert between(net.inputs[0], net.cells[0][0]) not in arrows(ax)
    assert len(ax.images) == 2 and ax.get_xlim() == (0, 11) and ax.get_aspect() == 1


def test_encoder_and_decoder_are_joined_by_the_state(ax):
    """El último estado pasa al descodificador, que recibe la respuesta correcta del paso anterior."""
    encoder, decoder = diagrams.encoder_decoder(ax, ["el", "gato"], ["the", "cat", "eats"])
    assert between(encoder.cells[0][-1], decoder.cells[0][0]) in arrows(ax)
    assert encoder.outputs == [None, None] and None not in decoder.inputs
    texts = {(text.get_position(), text.get_text()) for text in ax.texts}
    for node, label in zip(decoder.inputs, ["⟨ini⟩", "the", "cat"], strict=True):
        assert ((node.x, node.y), label) in texts


def test_without_teacher_forcing_the_decoder_reads_its_own_output(ax):
    """Solo el primer paso tiene entrada; los demás, la salida anterior."""
    _, decoder = diagrams.encoder_decoder(ax, ["el"], ["the", "cat"], teacher_forcing=False)
    assert decoder.inputs[1] is None
    assert between(decoder.outputs[0], decoder.cells[0][1]) in arrows(ax)


def test_attention_reads_every_step_of_the_encoder(ax):
    """El contexto recibe todos los pasos del codificador y va a la salida que se pide."""
    plain = 11  # flechas sin atención: 6 de entrada o salida por paso, 1 más por cada paso contiguo y la del estado
    encoder, decoder = diagrams.encoder_decoder(ax, ["el", "gato"], ["the", "cat", "eats"], attention_at=1)
    assert len(arrows(ax)) > plain
    context = (encoder.cells[0][0].x + encoder.cells[0][1].x) / 2
    into = [start for start, end in arrows(ax) if end[0] == context]
    assert into == [(node.x, node.y) for node in encoder.cells[0]]
    assert any(start[0] == context and end[0] == decoder.outputs[1].x for start, end in arrows(ax))


def test_arrows_end_at_the_border_and_take_points(ax):
    """Las flechas no entran en las piezas, y también van de un punto a otro."""
    one, other = diagrams.box(ax, 1, 1), diagrams.token(ax, 4, 1)
    ax.figure.draw_without_rendering()
    x = diagrams.arrow(ax, one, other).get_path().vertices[:-1, 0]  # el último vértice solo cierra
    assert 1.4 < x.min() < 1.7 and 3.4 < x.max() < 3.7
    diagrams.arrow(ax, (0, 0), (1, 2), dashed=True)
    assert arrows(ax)[-1] == ((0, 0), (1, 2))


def test_the_text_is_legible(ax):
    """Al menos 9 puntos, contraste 7:1 con cualquier relleno, y el rótulo cabe en su pieza."""
    for x, role in enumerate(COLORS, start=1):
        node = diagrams.box(ax, 1.5 * x, 1, "BiGRU", role=role)
        text = ax.texts[-1]
        assert text.get_fontsize() >= 9
        assert contrast(text.get_color(), node.patch.get_facecolor()[:3]) >= 7
    ax.figure.draw_without_rendering()
    frames = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    for text, frame in zip(ax.texts, frames, strict=True):
        assert text.get_window_extent().width < frame.width


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ax: diagrams.canvas(0, 3), "width=0 y height=3: ambos deben ser mayores que 0."),
        (
            lambda ax: diagrams.unrolled(ax, ABC, ABC[:2]),
            "3 entradas y 2 salidas: una por paso (None si falta), al menos 1.",
        ),
        (
            lambda ax: diagrams.unrolled(ax, [], []),
            "0 entradas y 0 salidas: una por paso (None si falta), al menos 1.",
        ),
        (
            lambda ax: diagrams.unrolled(ax, ABC, ABC, bidirectional=True),
            "rows=['RNN']: una red bidireccional tiene dos filas, la de ida y la de vuelta.",
        ),
        (
            lambda ax: diagrams.encoder_decoder(ax, ABC, ABC[:2], attention_at=2),
            "attention_at=2: el descodificador tiene los pasos de 0 a 1.",
        ),
        (
            lambda ax: diagrams.box(ax, 1, 1, role="rojo"),
            "role='rojo': los colores son data, forecast, baseline, highlight, second, third.",
        ),
    ],
)
def test_errors_say_what_is_required(ax, call, message):
    """El mensaje entero, con lo que llegó y lo que se pide."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(ax)
