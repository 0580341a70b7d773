"""Esquemas de arquitecturas: el tiempo corre de izquierda a derecha y las capas se apilan de abajo arriba.

Las coordenadas son las de un lienzo (`canvas`) de ``width`` por ``height`` unidades; un paso ocupa `STEP` y una fila,
`ROW`. Las piezas sueltas son `box`, `token`, `picture` y `arrow`; `unrolled` y `encoder_decoder` dibujan redes enteras.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from recurrentes.plots import COLORS

__all__ = [
    "ROW",
    "STEP",
    "Node",
    "Unrolled",
    "arrow",
    "box",
    "canvas",
    "encoder_decoder",
    "picture",
    "token",
    "unrolled",
]

#: Distancia entre dos pasos seguidos y entre dos filas seguidas, en unidades del lienzo.
STEP, ROW = 1.5, 1.15
INK = "#222222"  # el texto, que sobre los rellenos claros contrasta 7:1 o más


@dataclass(frozen=True)
class Node:
    """Una pieza dibujada: su centro, para colocar otras junto a ella, y su figura, donde acaban las flechas."""

    x: float
    y: float
    patch: FancyBboxPatch = field(repr=False)


@dataclass(frozen=True)
class Unrolled:
    """Las piezas de una red desenrollada; ``None`` donde un paso no tiene entrada o salida.

    ``inputs`` y ``outputs`` van por paso; ``cells``, por fila (de abajo arriba) y por paso.
    """

    inputs: list[Node | None]
    cells: list[list[Node]]
    outputs: list[Node | None]


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Un lienzo en blanco sin ejes, de 7 pulgadas de ancho, donde una unidad mide lo mismo a lo ancho y a lo alto.

    Con ``width`` hasta 11, el texto de las piezas cabe en ellas: cinco letras en una celda y tres en una ficha.

    Parameters
    ----------
    width, height : tamaño en unidades; mayores que 0.

    Raises
    ------
    ValueError : si alguno no es mayor que 0.
    """
    if min(width, height) <= 0:
        raise ValueError(f"width={width} y height={height}: ambos deben ser mayores que 0.")
    fig, ax = plt.subplots(figsize=(7, 7 * height / width), facecolor="white")
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return fig, ax


def box(
    ax: Axes, x: float, y: float, text: str = "", *, role: str = "data", width: float = 0.95, height: float = 0.6
) -> Node:
    """Una celda o una capa: rectángulo de esquinas redondeadas con centro en (x, y).

    Parameters
    ----------
    ax : ejes de `canvas`.
    x, y : centro, en unidades del lienzo.
    text : rótulo; admite matemáticas entre dólares.
    role : color, una clave de `recurrentes.plots.COLORS`.
    width, height : tamaño, en unidades del lienzo.

    Raises
    ------
    ValueError : si ``role`` no es una clave de `COLORS`.
    """
    return _node(ax, x, y, text, role, width, height, rounding=0.12)


def token(ax: Axes, x: float, y: float, text: str = "", *, role: str = "baseline", width: float = 0.62) -> Node:
    """Un dato, de entrada o de salida: círculo (o píldora, si ``width`` crece) con centro en (x, y).

    Mismos argumentos que `box`; la altura es fija.
    """
    return _node(ax, x, y, text, role, width, 0.56, rounding=0.28)


def picture(ax: Axes, x: float, y: float, image: np.ndarray, *, role: str = "baseline", size: float = 0.8) -> Node:
    """Una imagen pequeña de entrada, con marco y centro en (x, y).

    Parameters
    ----------
    ax : ejes de `canvas`.
    x, y : centro, en unidades del lienzo.
    image : (alto, ancho), cuadrada, que se pinta de blanco (el mínimo) a negro (el máximo).
    role : color del marco, una clave de `COLORS`.
    size : lado, en unidades del lienzo.
    """
    half = size / 2
    limits = ax.get_xlim(), ax.get_ylim()
    ax.imshow(image, cmap="gray_r", extent=(x - half, x + half, y - half, y + half), zorder=2.5)
    ax.set(xlim=limits[0], ylim=limits[1])
    return _node(ax, x, y, "", role, size, size, rounding=0.01)


def arrow(
    ax: Axes,
    start: Node | tuple[float, float],
    end: Node | tuple[float, float],
    *,
    role: str = "baseline",
    bend: float = 0.0,
    dashed: bool = False,
    width: float = 1.6,
) -> FancyArrowPatch:
    """Una flecha entre dos piezas o puntos; empieza y acaba en el borde de las piezas.

    Parameters
    ----------
    ax : ejes de `canvas`.
    start, end : piezas, o puntos (x, y).
    role : color, una clave de `COLORS`.
    bend : curvatura; 0 es recta, y con un valor positivo se comba hacia la derecha de quien la recorre.
    dashed : a trazos, para lo que no es el camino principal.
    width : grosor, en puntos.
    """
    ends = [(node.x, node.y) if isinstance(node, Node) else node for node in (start, end)]
    patches = [node.patch if isinstance(node, Node) else None for node in (start, end)]
    return ax.add_patch(
        FancyArrowPatch(
            *ends,
            patchA=patches[0],
            patchB=patches[1],
            shrinkA=1,
            shrinkB=1,
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=11,
            color=_color(role),
            linewidth=width,
            linestyle="--" if dashed else "-",
            zorder=1,
        )
    )


def unrolled(
    ax: Axes,
    inputs: Sequence[str | np.ndarray | None],
    outputs: Sequence[str | None],
    *,
    rows: Sequence[str] = ("RNN",),
    at: tuple[float, float] = (0.75, 0.5),
    before: str = "",
    recurrent: bool = True,
    bidirectional: bool = False,
    feedback: bool = False,
    role: str = "data",
    step: float = STEP,
    token_width: float = 0.62,
) -> Unrolled:
    """Una red desenrollada en el tiempo, una columna por paso.

    Parameters
    ----------
    ax : ejes de `canvas`.
    inputs, outputs : rótulo de cada paso, o None si en ese paso no entra o no sale nada; misma longitud, T. Una
        entrada puede ser también una imagen, como en `picture`.
    rows : rótulo de cada fila de celdas, de abajo arriba.
    at : posición (x, y) de la primera entrada.
    before : rótulo de la capa por la que pasa cada entrada antes de la primera fila (por ejemplo, «CNN»).
    recurrent : con flechas de cada paso al siguiente.
    bidirectional : dos filas, de ida y de vuelta, que leen las dos la entrada y dan juntas la salida; sin apilar.
    feedback : la salida de cada paso es también la entrada del siguiente (a trazos).
    role : color de las celdas, una clave de `COLORS`; la fila de vuelta es siempre de color ``"third"``.
    step : distancia entre pasos.
    token_width : anchura de las entradas y salidas.

    Returns
    -------
    Las piezas, para añadir flechas o texto. La altura que ocupa es `ROW` por el número de filas más 1 (más 2 con
    ``before``), de la entrada a la salida.

    Raises
    ------
    ValueError : si no hay pasos, si las longitudes difieren, o si ``bidirectional`` no tiene dos filas.

    Examples
    --------
    >>> fig, ax = canvas(6, 3.5)
    >>> net = unrolled(ax, ["$x_1$", "$x_2$", "$x_3$"], [None, None, "$y$"])
    >>> [node is None for node in net.outputs], len(net.cells[0])
    ([True, True, False], 3)
    >>> plt.close(fig)
    """
    if len(inputs) != len(outputs) or len(inputs) == 0:
        raise ValueError(f"{len(inputs)} entradas y {len(outputs)} salidas: una por paso (None si falta), al menos 1.")
    if bidirectional and len(rows) != 2:
        raise ValueError(f"rows={list(rows)!r}: una red bidireccional tiene dos filas, la de ida y la de vuelta.")
    (x_0, y_0), steps = at, range(len(inputs))
    xs = [x_0 + step * t for t in steps]
    y_cells = y_0 + ROW * (2 if before else 1)
    y_out = y_cells + ROW * len(rows)

    def tokens(labels, y, color):
        nodes = []
        for x, label in zip(xs, labels, strict=True):
            if label is None:
                nodes.append(None)
            elif isinstance(label, str):
                nodes.append(token(ax, x, y, label, role=color, width=token_width))
            else:
                nodes.append(picture(ax, x, y, label, role=color))
        return nodes

    sources = entries = tokens(inputs, y_0, "baseline")
    if before:
        sources = [
            None if entry is None else box(ax, entry.x, y_0 + ROW, before, role="highlight") for entry in entries
        ]
        _join(ax, entries, sources)
    cells = [
        [box(ax, x, y_cells + ROW * row, text, role="third" if bidirectional and row else role) for x in xs]
        for row, text in enumerate(rows)
    ]
    exits = tokens(outputs, y_out, "forecast")
    _join(ax, sources, cells[0])
    if bidirectional:
        _join(ax, sources, cells[1], bend=0.5, role="third")
        _join(ax, cells[0], exits, bend=-0.5, role=role)
        _join(ax, cells[1], exits)
    else:
        for below, above in zip(cells, cells[1:], strict=False):
            _join(ax, below, above)
        _join(ax, cells[-1], exits)
    for row, line in enumerate(cells):
        backward = bidirectional and row
        for left, right in zip(line, line[1:], strict=False):
            if recurrent:
                ends = (right, left) if backward else (left, right)
                arrow(ax, *ends, role="third" if backward else role, width=2.2)
    if feedback:
        for t in steps[1:]:
            if exits[t - 1] is not None:
                arrow(ax, exits[t - 1], cells[0][t], role="forecast", dashed=True)
    return Unrolled(entries, cells, exits)


def encoder_decoder(
    ax: Axes,
    source: Sequence[str],
    target: Sequence[str],
    *,
    at: tuple[float, float] = (0.75, 0.5),
    start: str = "⟨ini⟩",
    teacher_forcing: bool = True,
    attention_at: int | None = None,
    step: float = STEP,
    token_width: float = 0.95,
    labels: tuple[str, str] = ("cod.", "dec."),
) -> tuple[Unrolled, Unrolled]:
    """Codificador y descodificador, de N a M: el último estado del primero es el estado inicial del segundo.

    Parameters
    ----------
    ax : ejes de `canvas`.
    source, target : rótulos de los N pasos de entrada y de los M de salida.
    at : posición (x, y) de la primera entrada.
    start : lo que entra en el primer paso del descodificador.
    teacher_forcing : en los demás entra la respuesta correcta del paso anterior; si no, la salida propia (a trazos).
    attention_at : paso del descodificador, desde 0, que mira a todos los del codificador a través de un contexto; None,
        sin atención. El dibujo ocupa entonces media fila más.
    step, token_width : distancia entre pasos y anchura de las entradas y salidas.
    labels : rótulos de las celdas.

    Returns
    -------
    El codificador y el descodificador, como los da `unrolled`.

    Raises
    ------
    ValueError : si falta la entrada o la salida, o si ``attention_at`` no es un paso del descodificador.

    Examples
    --------
    >>> fig, ax = canvas(10, 3.5)
    >>> encoder, decoder = encoder_decoder(ax, ["el", "gato"], ["the", "cat"])
    >>> len(encoder.cells[0]), len(decoder.cells[0])
    (2, 2)
    >>> plt.close(fig)
    """
    if attention_at is not None and not 0 <= attention_at < len(target):
        raise ValueError(f"attention_at={attention_at}: el descodificador tiene los pasos de 0 a {len(target) - 1}.")
    encoder = unrolled(ax, source, [None] * len(source), rows=labels[:1], at=at, step=step, token_width=token_width)
    fed = [start, *target[:-1]] if teacher_forcing else [start, *[None] * (len(target) - 1)]
    decoder = unrolled(
        ax,
        fed,
        target,
        rows=labels[1:],
        at=(at[0] + step * len(source), at[1]),
        feedback=not teacher_forcing,
        role="third",
        step=step,
        token_width=token_width,
    )
    arrow(ax, encoder.cells[0][-1], decoder.cells[0][0], width=2.2)
    if attention_at is not None:
        middle = at[0] + step * (len(source) - 1) / 2
        context = token(ax, middle, at[1] + 2.55 * ROW, f"$c_{attention_at + 1}$", role="highlight")
        for cell in encoder.cells[0]:
            arrow(ax, cell, context, role="highlight", width=1.3)
        arrow(ax, context, decoder.outputs[attention_at], role="highlight", bend=-0.25)
    return encoder, decoder


def _node(ax: Axes, x: float, y: float, text: str, role: str, width: float, height: float, *, rounding: float) -> Node:
    """Un rectángulo redondeado de ese tamaño, con relleno claro y el rótulo en el centro."""
    color = _color(role)
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle=f"round,pad=0,rounding_size={rounding}",
        facecolor=_tint(color),
        edgecolor=color,
        linewidth=1.8,
        zorder=2,
    )
    ax.add_patch(patch)
    ax.text(x, y, text, ha="center", va="center_baseline", fontsize=11, color=INK, zorder=3)
    return Node(x, y, patch)


def _join(ax: Axes, starts: Sequence[Node | None], ends: Sequence[Node | None], **style) -> None:
    """Una flecha por paso, donde están las dos piezas."""
    for start, end in zip(starts, ends, strict=True):
        if start is not None and end is not None:
            arrow(ax, start, end, **style)


def _color(role: str) -> str:
    """El color de ese papel."""
    if role not in COLORS:
        raise ValueError(f"role={role!r}: los colores son {', '.join(COLORS)}.")
    return COLORS[role]


def _tint(color: str) -> str:
    """El mismo color muy aclarado, para el relleno."""
    return to_hex([1 - 0.14 * (1 - part) for part in to_rgb(color)])
