"""Celdas recurrentes de referencia en NumPy: SimpleRNN, LSTM y GRU, hacia delante y hacia atrás en el tiempo.

Cada celda escribe un paso (``step``) y la derivada de ese paso (``step_back``) con los símbolos de las ecuaciones; el
recorrido de la secuencia es el mismo para las tres. Son más lentas y más claras que las de Keras, y dan lo mismo con
los mismos pesos. Formas: ``B`` ejemplos por lote, ``T`` pasos, ``F`` entradas por paso, ``H`` unidades. Los vectores
son filas: ``x_t @ W_x + h @ W_h + b``.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, Self

import numpy as np
from scipy.special import expit as sigmoid

__all__ = ["GRU", "LSTM", "Cell", "SimpleRNN", "chrono_bias", "influence", "mask_from_lengths"]

State = np.ndarray | tuple[np.ndarray, np.ndarray]

# Cada activación y su derivada, escrita en función de la salida y = activación(a).
_ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {
    "tanh": (np.tanh, lambda y: 1 - y**2),
    "relu": (lambda a: np.maximum(a, 0), lambda y: (y > 0).astype(y.dtype)),
    "linear": (lambda a: a, np.ones_like),
}


class Cell:
    """Lo que comparten las tres celdas: los pesos con nombre, el recorrido de la secuencia y su gradiente.

    ``weights`` asocia cada nombre de las ecuaciones con su matriz: para cada puerta ``g`` de ``gates``, ``W_xg`` (F, H)
    multiplica a la entrada, ``W_hg`` (H, H) al estado anterior, y ``b_g`` (H,) es el sesgo.

    Raises
    ------
    ValueError : si falta o sobra un nombre, o si una forma no encaja con las demás.
    """

    gates: ClassVar[tuple[str, ...]]  # en el orden en que Keras apila sus pesos
    states: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(self, weights: dict[str, np.ndarray]):
        names = list(self._shapes(0, 0))
        if set(weights) != set(names):
            raise ValueError(f"weights: se requieren los nombres {names} y se recibió {list(weights)}.")
        if np.ndim(weights[names[0]]) != 2:
            raise ValueError(f"weights: {names[0]} tiene forma {np.shape(weights[names[0]])}: se requiere (F, H).")
        F, H = np.shape(weights[names[0]])
        expected = self._shapes(F, H)
        arrived = {name: np.shape(weights[name]) for name in names}
        if arrived != expected:
            raise ValueError(f"weights: con F={F} y H={H} se requieren las formas {expected} y se recibió {arrived}.")
        dtype = np.result_type(np.float32, *map(np.asarray, weights.values()))  # los enteros pasan a float64
        self.weights = {name: np.asarray(weights[name], dtype) for name in expected}
        self.F, self.H = F, H

    def _shapes(self, F: int, H: int) -> dict[str, tuple[int, ...]]:
        return {
            name: shape
            for g in self.gates
            for name, shape in ((f"W_x{g}", (F, H)), (f"W_h{g}", (H, H)), (_bias(g), (H,)))
        }

    @classmethod
    def random(cls, F: int, H: int, rng: np.random.Generator, **options) -> Self:
        """Celda con pesos y sesgos normales, todos distintos (float64): con ellos un error de signo o de orden se nota.

        Examples
        --------
        >>> cell = LSTM.random(3, 4, np.random.default_rng(0))
        >>> h, (h_T, c_T) = cell.forward(np.ones((2, 5, 3)))
        >>> h.shape, c_T.shape
        ((2, 5, 4), (2, 4))
        """
        template = cls.__new__(cls)
        template._configure(**options)
        weights = {name: rng.normal(0, 0.5, shape) for name, shape in template._shapes(F, H).items()}
        return cls(weights, **options)

    def _configure(self) -> None:
        """Las celdas con opciones las guardan aquí."""

    @classmethod
    def from_keras(cls, layer, **options) -> Self:
        """Celda con una copia de los pesos de ``layer``, una capa de Keras ya construida del mismo nombre.

        Raises
        ------
        ValueError : si la capa es de otra clase, no está construida, no tiene sesgos o usa otras activaciones.
        """
        if type(layer).__name__ != cls.__name__:
            raise ValueError(f"layer es {type(layer).__name__}: se requiere una capa {cls.__name__} de Keras.")
        cell = cls.__new__(cls)
        cell._configure(**cls._keras_options(layer), **options)
        arrays = layer.get_weights()
        if len(arrays) != 3:
            raise ValueError(
                f"layer tiene {len(arrays)} matrices de pesos y se requieren 3: constrúyela antes, con use_bias=True."
            )
        weights = cell._unstack(*arrays)
        return cls(weights, **cls._keras_options(layer), **options)

    @classmethod
    def _keras_options(cls, layer) -> dict:
        used = layer.activation.__name__, layer.recurrent_activation.__name__
        if used != ("tanh", "sigmoid"):
            raise ValueError(f"layer usa las activaciones {used}: se requieren ('tanh', 'sigmoid').")
        return {}

    def _unstack(self, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
        n = len(self.gates)
        parts = zip(np.split(kernel, n, 1), np.split(recurrent, n, 1), np.split(bias, n), strict=True)
        return {
            name: value
            for g, (W_x, W_h, b) in zip(self.gates, parts, strict=True)
            for name, value in ((f"W_x{g}", W_x), (f"W_h{g}", W_h), (_bias(g), b))
        }

    def to_keras(self) -> list[np.ndarray]:
        """Los pesos que espera ``layer.set_weights``: ``kernel (F, nH)``, ``recurrent_kernel`` y ``bias``."""
        w = self.weights
        return [
            np.concatenate([w[f"W_x{g}"] for g in self.gates], axis=1),
            np.concatenate([w[f"W_h{g}"] for g in self.gates], axis=1),
            np.concatenate([w[_bias(g)] for g in self.gates]),
        ]

    def forward(
        self,
        x: np.ndarray,
        initial_state: State | None = None,
        mask: np.ndarray | None = None,
        *,
        return_gates: bool = False,
    ) -> tuple:
        """Recorre la secuencia.

        Parameters
        ----------
        x : (B, T, F).
        initial_state : h_0 (B, H), o la pareja (h_0, c_0) en una LSTM; ceros si no se da.
        mask : (B, T) de booleanos; donde es falso, el paso no cuenta y el estado se conserva.
        return_gates : si también se quieren todas las puertas de todos los pasos.

        Returns
        -------
        h : (B, T, H), el estado oculto tras cada paso.
        state : el estado final, con la forma de ``initial_state``.
        gates : solo si se piden: nombre -> (B, T, H), estados incluidos.

        Raises
        ------
        ValueError : si ``x``, ``initial_state`` o ``mask`` no tienen esas formas.
        """
        x, state, mask = self._checked(x, initial_state, mask)
        trace = {name: np.empty((*x.shape[:2], self.H), x.dtype) for name in (*self.states, *self.internal)}
        for t in range(x.shape[1]):
            m = mask[:, t, None]
            step = self.step(x[:, t], *state)
            state = tuple(np.where(m, step[name], old) for name, old in zip(self.states, state, strict=True))
            step.update(zip(self.states, state, strict=True))
            for name in trace:
                trace[name][:, t] = step[name]
        final = state[0] if len(state) == 1 else state
        return (trace["h"], final, trace) if return_gates else (trace["h"], final)

    def backward(
        self,
        x: np.ndarray,
        d_h: np.ndarray,
        d_state: State | None = None,
        initial_state: State | None = None,
        mask: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Gradiente de una pérdida L hacia atrás en el tiempo (BPTT), a partir de lo que L recibe de cada h_t.

        Parameters
        ----------
        x, initial_state, mask : como en ``forward``.
        d_h : (B, T, H), derivada directa de L respecto a cada salida h_t (ceros donde L no la usa).
        d_state : derivada directa de L respecto al estado final, con la forma de ``initial_state``.

        Returns
        -------
        dict : el gradiente de cada peso, con su nombre; ``x`` (B, T, F); el total que llega a cada estado, ``h``
            (B, T, H) y, en una LSTM, ``c``; y el del estado inicial, ``h_0`` (y ``c_0``).

        Raises
        ------
        ValueError : si alguna forma no es la requerida.
        """
        x, first, mask = self._checked(x, initial_state, mask)
        d_h = np.asarray(d_h, x.dtype)
        if d_h.shape != (*x.shape[:2], self.H):
            raise ValueError(f"d_h tiene forma {d_h.shape}: se requiere {(*x.shape[:2], self.H)}.")
        trace = self.forward(x, initial_state, mask, return_gates=True)[2]
        grads = {name: np.zeros_like(value) for name, value in self.weights.items()}
        grads |= {"x": np.zeros_like(x)} | {name: np.zeros_like(trace[name]) for name in self.states}
        d_next = self._state(d_state, len(x), x.dtype, "d_state")
        for t in reversed(range(x.shape[1])):
            m = mask[:, t, None]
            d_now = (d_next[0] + d_h[:, t], *d_next[1:])  # lo que llega del futuro y lo que llega de L
            for name, d in zip(self.states, d_now, strict=True):
                grads[name][:, t] = d
            before = tuple(trace[name][:, t - 1] for name in self.states) if t else first
            step = {name: trace[name][:, t] for name in trace}
            grads["x"][:, t], d_before = self.step_back(x[:, t], before, step, tuple(m * d for d in d_now), grads)
            d_next = tuple(d + ~m * skipped for d, skipped in zip(d_before, d_now, strict=True))
        return grads | {f"{name}_0": d for name, d in zip(self.states, d_next, strict=True)}

    def _affine(self, g: str, x: np.ndarray, h: np.ndarray) -> np.ndarray:
        """a_g = x W_xg + h W_hg + b_g, con forma (B, H)."""
        w = self.weights
        return x @ w[f"W_x{g}"] + h @ w[f"W_h{g}"] + w[_bias(g)]

    def _affine_back(self, g: str, x: np.ndarray, h: np.ndarray, d_a: np.ndarray, grads: dict) -> tuple:
        """Acumula el gradiente de los pesos de ``_affine`` y devuelve el de ``x`` y el de ``h``."""
        grads[f"W_x{g}"] += x.T @ d_a
        grads[f"W_h{g}"] += h.T @ d_a
        grads[_bias(g)] += d_a.sum(axis=0)
        return d_a @ self.weights[f"W_x{g}"].T, d_a @ self.weights[f"W_h{g}"].T

    def _checked(self, x, initial_state, mask) -> tuple[np.ndarray, tuple, np.ndarray]:
        dtype = next(iter(self.weights.values())).dtype
        x = np.asarray(x, dtype)
        if x.ndim != 3 or x.shape[2] != self.F:
            raise ValueError(f"x tiene forma {x.shape}: se requiere (B, T, {self.F}).")
        mask = np.ones(x.shape[:2], bool) if mask is None else np.asarray(mask, bool)
        if mask.shape != x.shape[:2]:
            raise ValueError(f"mask tiene forma {mask.shape}: se requiere {x.shape[:2]}, la de los pasos de x.")
        return x, self._state(initial_state, len(x), dtype, "initial_state"), mask

    def _state(self, state: State | None, B: int, dtype, argument: str) -> tuple[np.ndarray, ...]:
        if state is None:
            return tuple(np.zeros((B, self.H), dtype) for _ in self.states)
        parts = tuple(np.asarray(part, dtype) for part in (state if len(self.states) > 1 else [state]))
        if [part.shape for part in parts] != [(B, self.H)] * len(self.states):
            raise ValueError(
                f"{argument} tiene formas {[part.shape for part in parts]}: se requiere {(B, self.H)} para "
                f"{' y '.join(self.states)}."
            )
        return parts


class SimpleRNN(Cell):
    """La recurrencia de Elman (1990): ``h_t = tanh(x_t W_x + h_{t-1} W_h + b)``.

    ``activation`` puede ser ``"tanh"`` (la habitual), ``"relu"`` o ``"linear"``. Pesos: ``W_x``, ``W_h``, ``b``.

    Examples
    --------
    >>> cell = SimpleRNN({"W_x": np.eye(1), "W_h": 0.5 * np.eye(1), "b": np.zeros(1)}, activation="linear")
    >>> cell.forward(np.array([[[1.0], [0.0], [0.0]]]))[0].ravel().tolist()
    [1.0, 0.5, 0.25]
    """

    gates = ("",)
    internal = ()

    def __init__(self, weights, *, activation: Literal["tanh", "relu", "linear"] = "tanh"):
        self._configure(activation)
        super().__init__(weights)

    def _configure(self, activation="tanh"):
        if activation not in _ACTIVATIONS:
            raise ValueError(f"activation={activation!r}: se requiere una de {sorted(_ACTIVATIONS)}.")
        self.activation = activation

    @classmethod
    def _keras_options(cls, layer):
        return {"activation": layer.activation.__name__}

    def step(self, x, h):
        activate, _ = _ACTIVATIONS[self.activation]
        return {"h": activate(self._affine("", x, h))}

    def step_back(self, x, before, step, d_state, grads):
        (h_prev,), (d_h,) = before, d_state
        _, slope = _ACTIVATIONS[self.activation]
        d_a = d_h * slope(step["h"])
        d_x, d_h_prev = self._affine_back("", x, h_prev, d_a, grads)
        return d_x, (d_h_prev,)


class LSTM(Cell):
    """La LSTM con puerta de olvido (Hochreiter y Schmidhuber, 1997; Gers et al., 2000), con las puertas i, f, c, o.

    ``c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t`` y ``h_t = o_t ⊙ tanh(c_t)``. Pesos: ``W_xi``, ``W_hi``, ``b_i``, y lo mismo
    con ``f``, ``c`` (el candidato) y ``o``.
    """

    gates = ("i", "f", "c", "o")  # el orden de Keras
    states = ("h", "c")
    internal = ("i", "f", "c_tilde", "o")

    def step(self, x, h, c):
        i = sigmoid(self._affine("i", x, h))  # cuánto entra del candidato
        f = sigmoid(self._affine("f", x, h))  # cuánto se conserva de c_{t-1}
        c_tilde = np.tanh(self._affine("c", x, h))
        o = sigmoid(self._affine("o", x, h))  # cuánto se muestra de la celda
        c = f * c + i * c_tilde
        return {"i": i, "f": f, "c_tilde": c_tilde, "o": o, "c": c, "h": o * np.tanh(c)}

    def step_back(self, x, before, step, d_state, grads):
        (h_prev, c_prev), (d_h, d_c) = before, d_state
        i, f, c_tilde, o = (step[name] for name in self.internal)
        tanh_c = np.tanh(step["c"])
        d_c = d_c + d_h * o * (1 - tanh_c**2)
        d_a = {
            "i": d_c * c_tilde * i * (1 - i),
            "f": d_c * c_prev * f * (1 - f),
            "c": d_c * i * (1 - c_tilde**2),
            "o": d_h * tanh_c * o * (1 - o),
        }
        d_x, d_h_prev = map(sum, zip(*(self._affine_back(g, x, h_prev, d_a[g], grads) for g in d_a), strict=True))
        return d_x, (d_h_prev, d_c * f)


class GRU(Cell):
    """La GRU (Cho et al., 2014) en sus cuatro variantes, con las puertas z (actualización) y r (reinicio).

    ``z_keeps=True``: ``h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t``, como Cho et al. y Keras. ``False``:
    ``h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ h̃_t``, como Chung et al. (2014).

    ``reset_after=False``: ``h̃_t = tanh(x_t W_xh + (r_t ⊙ h_{t-1}) W_hh + b_h)``, la de los artículos. ``True``, la que
    Keras usa si no se le dice otra cosa: ``h̃_t = tanh(x_t W_xh + b_h + r_t ⊙ (h_{t-1} W_hh + b_hh))``, y cada puerta
    tiene además un sesgo recurrente: ``b_hz``, ``b_hr``, ``b_hh``.

    ``from_keras`` y ``to_keras`` cambian el signo de los pesos de z cuando ``z_keeps=False``, porque σ(-a) = 1 - σ(a).
    """

    gates = ("z", "r", "h")  # el orden de Keras
    internal = ("z", "r", "h_tilde")

    def __init__(self, weights, *, reset_after: bool = True, z_keeps: bool = True):
        self._configure(reset_after, z_keeps)
        super().__init__(weights)

    def _configure(self, reset_after=True, z_keeps=True):
        self.reset_after, self.z_keeps = reset_after, z_keeps

    def _shapes(self, F, H):
        recurrent = {f"b_h{g}": (H,) for g in self.gates} if self.reset_after else {}
        return super()._shapes(F, H) | recurrent

    @classmethod
    def _keras_options(cls, layer):
        return super()._keras_options(layer) | {"reset_after": layer.reset_after}

    def _unstack(self, kernel, recurrent, bias):
        weights = super()._unstack(kernel, recurrent, bias[0] if self.reset_after else bias)
        if self.reset_after:
            weights |= {f"b_h{g}": b for g, b in zip(self.gates, np.split(bias[1], 3), strict=True)}
        return self._z_sign(weights)

    def to_keras(self):
        cell = GRU(self._z_sign(self.weights), reset_after=self.reset_after)
        kernel, recurrent, bias = super(GRU, cell).to_keras()
        if self.reset_after:
            bias = np.stack([bias, np.concatenate([cell.weights[f"b_h{g}"] for g in self.gates])])
        return [kernel, recurrent, bias]

    def _z_sign(self, weights):
        return {k: v if self.z_keeps or not k.endswith("z") else -v for k, v in weights.items()}

    def step(self, x, h):
        w = self.weights
        b_hz, b_hr, b_hh = (w.get(f"b_h{g}", 0) for g in self.gates)
        z = sigmoid(self._affine("z", x, h) + b_hz)
        r = sigmoid(self._affine("r", x, h) + b_hr)
        recurrent = r * (h @ w["W_hh"] + b_hh) if self.reset_after else (r * h) @ w["W_hh"]
        h_tilde = np.tanh(x @ w["W_xh"] + w["b_h"] + recurrent)
        keep = z if self.z_keeps else 1 - z
        return {"z": z, "r": r, "h_tilde": h_tilde, "h": keep * h + (1 - keep) * h_tilde}

    def step_back(self, x, before, step, d_state, grads):
        (h_prev,), (d_h,) = before, d_state
        w, (z, r, h_tilde) = self.weights, (step[name] for name in self.internal)
        keep, sign = (z, 1) if self.z_keeps else (1 - z, -1)
        d_z = sign * d_h * (h_prev - h_tilde) * z * (1 - z)
        d_a = d_h * (1 - keep) * (1 - h_tilde**2)  # respecto al argumento de la tanh
        d_inner = d_a * r if self.reset_after else d_a  # respecto a lo que W_hh produce
        seen = h_prev if self.reset_after else r * h_prev  # lo que W_hh multiplica
        d_seen = d_inner @ w["W_hh"].T
        product = h_prev @ w["W_hh"] + w.get("b_hh", 0)
        d_r = (d_a * product if self.reset_after else d_seen * h_prev) * r * (1 - r)
        grads["W_xh"] += x.T @ d_a
        grads["W_hh"] += seen.T @ d_inner
        grads["b_h"] += d_a.sum(axis=0)
        if self.reset_after:
            for g, d in zip(self.gates, (d_z, d_r, d_inner), strict=True):
                grads[f"b_h{g}"] += d.sum(axis=0)
        d_x_z, d_h_z = self._affine_back("z", x, h_prev, d_z, grads)
        d_x_r, d_h_r = self._affine_back("r", x, h_prev, d_r, grads)
        d_h_prev = d_h * keep + (d_seen if self.reset_after else r * d_seen) + d_h_z + d_h_r
        return d_x_z + d_x_r + d_a @ w["W_xh"].T, (d_h_prev,)


def influence(cell: Cell, x: np.ndarray) -> np.ndarray:
    """Cuánto depende el último estado de cada entrada: la norma de Frobenius de ∂h_T/∂x_t, para cada paso t.

    Parameters
    ----------
    cell : cualquiera de las celdas de este módulo.
    x : (T, F), una secuencia.

    Returns
    -------
    (T,) : ‖∂h_T/∂x_t‖.

    Examples
    --------
    >>> cell = SimpleRNN({"W_x": np.eye(1), "W_h": 0.5 * np.eye(1), "b": np.zeros(1)}, activation="linear")
    >>> influence(cell, np.ones((3, 1))).tolist()
    [0.25, 0.5, 1.0]
    """
    x = np.asarray(x)
    if x.ndim != 2:
        raise ValueError(f"x tiene forma {x.shape}: se requiere una sola secuencia, (T, {cell.F}).")
    d_h = np.zeros((cell.H, len(x), cell.H))
    d_h[:, -1] = np.eye(cell.H)  # la copia k sigue a la unidad k del último estado
    d_x = cell.backward(np.repeat(x[None], cell.H, axis=0), d_h)["x"]  # (H, T, F)
    return np.sqrt((d_x**2).sum(axis=(0, 2)))


def mask_from_lengths(lengths: Sequence[int], T: int) -> np.ndarray:
    """Máscara (B, T) de secuencias de ``lengths`` pasos rellenadas por el final hasta ``T``.

    Examples
    --------
    >>> mask_from_lengths([1, 3], 3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 1]]
    """
    lengths = np.asarray(lengths)
    if lengths.ndim != 1 or (lengths < 0).any() or (lengths > T).any():
        raise ValueError(f"lengths={lengths.tolist()}: se requieren enteros de 0 a T={T}, uno por secuencia.")
    return np.arange(T) < lengths[:, None]


def chrono_bias(
    units: int, max_steps: int, rng: np.random.Generator, *, cell: Literal["LSTM", "GRU"] = "LSTM"
) -> np.ndarray:
    """Sesgos de la inicialización crono (Tallec y Ollivier, 2018), como los guarda una capa de Keras.

    Cada unidad recuerda durante un tiempo distinto, repartido entre 1 y ``max_steps`` pasos. En una LSTM,
    b_f = log u y b_i = -b_f con u uniforme entre 1 y ``max_steps`` - 1, y los demás sesgos, cero. En una GRU de Keras
    (``reset_after=True``), la puerta z es la que conserva, y recibe b_z = log u.

    Parameters
    ----------
    units : H.
    max_steps : la mayor distancia que se quiere recordar, en pasos; al menos 3.

    Returns
    -------
    LSTM : (4H,), en el orden i, f, c, o. GRU : (2, 3H), en el orden z, r, h.

    Raises
    ------
    ValueError : si max_steps es menor que 3 o ``cell`` es otra.

    Examples
    --------
    >>> b = chrono_bias(2, 100, np.random.default_rng(0))
    >>> b.shape, bool((b[:2] == -b[2:4]).all()), b[4:].tolist()
    ((8,), True, [0.0, 0.0, 0.0, 0.0])
    """
    if max_steps < 3:
        raise ValueError(f"max_steps={max_steps}: se requieren al menos 3 pasos.")
    b = np.log(rng.uniform(1, max_steps - 1, units))
    rest = np.zeros(2 * units)
    if cell == "LSTM":
        return np.concatenate([-b, b, rest])
    if cell == "GRU":
        return np.stack([np.concatenate([b, rest]), np.zeros(3 * units)])
    raise ValueError(f"cell={cell!r}: se requiere 'LSTM' o 'GRU'.")


def _bias(gate: str) -> str:
    return f"b_{gate}" if gate else "b"
