"""Celdas: a mano, contra Keras (salidas, estados y gradientes), contra diferencias finitas, y con errores puestos."""

import inspect
import itertools
import re
from functools import cache
from types import ModuleType

import numpy as np
import pytest

from recurrentes import cells
from recurrentes.cells import GRU, LSTM, SimpleRNN

B, T, F, H = 3, 6, 4, 5
LENGTHS = [T, 4, 1]
#: nombre -> clase, argumentos de Keras, argumentos de la celda
VARIANTS = {
    "SimpleRNN": ("SimpleRNN", {}, {}),
    "SimpleRNN relu": ("SimpleRNN", {"activation": "relu"}, {"activation": "relu"}),
    "LSTM": ("LSTM", {}, {}),
    "GRU": ("GRU", {}, {"reset_after": True}),
    "GRU reset_after=False": ("GRU", {"reset_after": False}, {"reset_after": False}),
}
variants = pytest.mark.parametrize("variant", VARIANTS)
all_options = pytest.mark.parametrize(
    "name, options",
    [
        *(("SimpleRNN", {"activation": a}) for a in ("tanh", "relu", "linear")),
        ("LSTM", {}),
        *(("GRU", {"reset_after": r, "z_keeps": z}) for r in (True, False) for z in (True, False)),
    ],
)


def inputs(name, rng, dtype=np.float64):
    """Entrada, derivadas de la pérdida y estado inicial, todos aleatorios y distintos."""
    shapes = {"x": (B, T, F), "d_h": (B, T, H)}
    x, d_h = (rng.normal(size=shape).astype(dtype) for shape in shapes.values())
    state, d_state = (
        tuple(rng.normal(size=(B, H)).astype(dtype) for _ in getattr(cells, name).states) for _ in range(2)
    )
    unpack = (lambda s: s) if name == "LSTM" else (lambda s: s[0])
    return x, d_h, unpack(d_state), unpack(state)


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


@cache
def oracle(variant, masked):
    """Lo que da Keras: pesos, datos, salidas, estados finales y gradientes de L = Σ d_h·h + Σ d_state·state.

    El gradiente se lee en cualquier backend como lo que un paso de SGD con tasa 1 resta a cada variable: los pesos de
    la capa y, porque aquí también son variables, la entrada y el estado inicial.
    """
    import keras

    name, keras_options, _ = VARIANTS[variant]
    to_numpy = lambda tensor: np.array(keras.ops.convert_to_numpy(tensor))  # noqa: E731  copia: la variable cambiará
    rng = np.random.default_rng(5)
    x, d_h, d_state, state = inputs(name, rng, np.float32)
    mask = cells.mask_from_lengths(LENGTHS, T) if masked else None

    class Held(keras.Model):
        def __init__(self):
            super().__init__()
            self.rnn = getattr(keras.layers, name)(H, return_sequences=True, return_state=True, **keras_options)
            self.rnn.build((B, T, F))
            self.held = [
                self.add_weight(shape=value.shape, initializer=keras.initializers.Constant(value))
                for value in (x, *as_tuple(state))
            ]

        def call(self, _):
            return self.rnn(self.held[0], initial_state=list(self.held[1:]), mask=mask)

    model = Held()
    model.rnn.set_weights([rng.normal(0, 0.6, w.shape) for w in model.rnn.get_weights()])
    h, *final = (to_numpy(output) for output in model(np.zeros((1, 1))))
    weights = model.rnn.get_weights()
    before = [to_numpy(variable) for variable in model.trainable_variables]

    class Loss(keras.Model):  # la pérdida como salida: una sola función escalar que Keras deriva
        def __init__(self):
            super().__init__()
            self.inner = model

        def call(self, inputs):
            h, *final = self.inner(inputs)
            terms = [(h, d_h), *zip(final, as_tuple(d_state), strict=True)]
            return keras.ops.reshape(sum(keras.ops.sum(a * b) for a, b in terms), (1, 1))

    trainer = Loss()
    trainer.compile(keras.optimizers.SGD(1.0), loss=lambda y_true, y_pred: y_pred)
    trainer.fit(np.zeros((1, 1)), np.zeros((1, 1)), verbose=0)
    grads = [old - to_numpy(variable) for old, variable in zip(before, model.trainable_variables, strict=True)]
    order = {id(variable): grad for variable, grad in zip(model.trainable_variables, grads, strict=True)}
    return {
        "layer": model.rnn, "weights": weights, "x": x, "d_h": d_h, "d_state": d_state, "state": state, "mask": mask,
        "h": h, "final": final,
        "d_weights": [order[id(v)] for v in model.rnn.trainable_variables],
        "d_held": [order[id(v)] for v in model.held],
    }  # fmt: skip


def discrepancy(module, variant, masked, **options):
    """La mayor diferencia con Keras de las salidas y estados, y la de los gradientes."""
    name, _, defaults = VARIANTS[variant]
    known = oracle(variant, masked)
    cell = getattr(module, name)(from_keras_weights(module, variant, known["weights"]), **(defaults | options))
    h, final = cell.forward(known["x"], known["state"], known["mask"])
    forward = [np.abs(a - b).max() for a, b in zip((h, *as_tuple(final)), (known["h"], *known["final"]), strict=True)]
    grads = cell.backward(known["x"], known["d_h"], known["d_state"], known["state"], known["mask"])
    stacked = type(cell)({key: grads[key] for key in cell.weights}, **(defaults | options)).to_keras()
    mine = [*stacked, grads["x"], *(grads[f"{state}_0"] for state in cell.states)]
    backward = [np.abs(a - b).max() for a, b in zip(mine, known["d_weights"] + known["d_held"], strict=True)]
    return max(forward), max(backward)


def from_keras_weights(module, variant, weights):
    """Los pesos con nombre, cortados aquí aparte: así un error de ``from_keras`` no se esconde a sí mismo."""
    name, _, options = VARIANTS[variant]
    gates = {"SimpleRNN": [""], "LSTM": ["i", "f", "c", "o"], "GRU": ["z", "r", "h"]}[name]
    kernel, recurrent, bias = weights
    named = {}
    for k, gate in enumerate(gates):
        columns = slice(k * H, (k + 1) * H)
        named |= {f"W_x{gate}": kernel[:, columns], f"W_h{gate}": recurrent[:, columns]}
        if bias.ndim == 2:
            named |= {f"b_{gate}": bias[0, columns], f"b_h{gate}": bias[1, columns]}
        else:
            named[f"b_{gate}" if gate else "b"] = bias[columns]
    return named


@variants
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_same_as_keras(variant, masked):
    """Con los mismos pesos de float32: salidas y estados a menos de 1e-5, gradientes a menos de 1e-4."""
    forward, backward = discrepancy(cells, variant, masked)
    assert forward < 1e-5
    assert backward < 1e-4


@variants
def test_weights_go_to_keras_and_back(variant):
    """``from_keras`` corta los pesos como esta prueba los corta, y ``to_keras`` los deja como estaban."""
    name, _, options = VARIANTS[variant]
    known = oracle(variant, False)
    known["layer"].set_weights(known["weights"])
    cell = getattr(cells, name).from_keras(known["layer"])
    expected = from_keras_weights(cells, variant, known["weights"])
    assert cell.weights.keys() == expected.keys()
    assert all((cell.weights[key] == expected[key]).all() for key in expected)
    assert all((a == b).all() for a, b in zip(cell.to_keras(), known["weights"], strict=True))
    assert all(getattr(cell, key) == value for key, value in options.items())


def test_the_other_convention_of_z_is_the_same_layer():
    """Con z_keeps=False, los pesos de z negados dan exactamente la misma GRU de Keras, de ida y de vuelta."""
    known = oracle("GRU", False)
    known["layer"].set_weights(known["weights"])
    papers = GRU.from_keras(known["layer"], z_keeps=False)
    h, _, gates = papers.forward(known["x"], known["state"], return_gates=True)
    _, _, keras_gates = GRU.from_keras(known["layer"]).forward(known["x"], known["state"], return_gates=True)
    assert np.abs(h - known["h"]).max() < 1e-5
    np.testing.assert_allclose(gates["z"], 1 - keras_gates["z"], atol=1e-6)
    assert all((a == b).all() for a, b in zip(papers.to_keras(), known["weights"], strict=True))


@all_options
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_gradient_is_that_of_finite_differences(name, options, masked):
    """En float64, cada derivada (pesos, entrada y estado inicial) a menos de 1e-6 de la diferencia central."""
    rng = np.random.default_rng(7)
    cell = getattr(cells, name).random(F, H, rng, **options)
    x, d_h, d_state, state = inputs(name, rng)
    mask = cells.mask_from_lengths(LENGTHS, T) if masked else None
    grads = cell.backward(x, d_h, d_state, state, mask)
    states = {f"{key}_0": value for key, value in zip(cell.states, as_tuple(state), strict=True)}

    def loss():
        initial = tuple(states.values()) if name == "LSTM" else states["h_0"]
        h, final = cell.forward(x, initial, mask)
        return (h * d_h).sum() + sum((a * b).sum() for a, b in zip(as_tuple(final), as_tuple(d_state), strict=True))

    for key, value in (cell.weights | {"x": x} | states).items():
        for index in itertools.islice(np.ndindex(value.shape), 0, None, 3):
            old = value[index]
            value[index] = old + 1e-5
            above = loss()
            value[index] = old - 1e-5
            below = loss()
            value[index] = old
            assert abs((above - below) / 2e-5 - grads[key][index]) < 1e-6, (key, index)


@all_options
def test_gradient_of_each_state(name, options):
    """``grads["h"][:, t]`` es el gradiente total de h_t: el de empezar en t + 1 con ese estado."""
    rng = np.random.default_rng(8)
    cell = getattr(cells, name).random(F, H, rng, **options)
    x, d_h, d_state, state = inputs(name, rng)
    _, _, gates = cell.forward(x, state, return_gates=True)
    whole = cell.backward(x, d_h, d_state, state)
    t = 2
    middle = tuple(gates[key][:, t] for key in cell.states)
    rest = cell.backward(x[:, t + 1 :], d_h[:, t + 1 :], d_state, middle if name == "LSTM" else middle[0])
    np.testing.assert_allclose(whole["h"][:, t], rest["h_0"] + d_h[:, t])
    if name == "LSTM":
        np.testing.assert_allclose(whole["c"][:, t], rest["c_0"])


MUTANTS = {
    # error puesto -> texto del módulo, cómo queda
    "lstm: entrada por olvido": ('"i", x, h))', '"f", x, h))'),
    "lstm: salida por olvido": ('o = sigmoid(self._affine("o"', 'o = sigmoid(self._affine("f"'),
    "lstm: candidato por entrada": ('np.tanh(self._affine("c"', 'np.tanh(self._affine("i"'),
    "lstm: celda cambiada": ("f * c + i * c_tilde", "i * c + f * c_tilde"),
    "lstm: sin tanh de salida": ("o * np.tanh(c)}", "o * c}"),
    "lstm: candidato con sigmoide": ('c_tilde = np.tanh(self._affine', "c_tilde = sigmoid(self._affine"),
    "lstm: gradiente de i por f": ("d_c * c_tilde * i * (1 - i)", "d_c * c_prev * i * (1 - i)"),
    "lstm: c_t por c_{t-1}": ("d_c * c_prev * f", 'd_c * step["c"] * f'),
    "lstm: el gradiente de c no pasa por f": ("(d_h_prev, d_c * f)", "(d_h_prev, d_c)"),
    "lstm: olvida el camino por h": ("d_c = d_c + d_h * o * (1 - tanh_c**2)", "d_c = d_c + d_h * o"),
    "gru: z por r": ('sigmoid(self._affine("z"', 'sigmoid(self._affine("r"'),
    "gru: z al revés": ("keep * h + (1 - keep) * h_tilde", "(1 - keep) * h + keep * h_tilde"),
    "gru: el reinicio en el otro lado": ("if self.reset_after else (r * h)", "if not self.reset_after else (r * h)"),
    "gru: signo de z": ("(h_prev - h_tilde)", "(h_tilde - h_prev)"),
    "gru: gradiente de r": ("d_a * product if", "d_a * h_prev if"),
    "gru: reinicio sin derivar": ("d_inner = d_a * r if", "d_inner = d_a if"),
    "gru: conserva 1 - z": ("d_h * keep + ", "d_h * (1 - keep) + "),
    "simple: derivada de tanh": ("lambda y: 1 - y**2", "lambda y: 1 - y"),
    "traspuesta de W_h hacia delante": ('h @ w[f"W_h{g}"]', 'h @ w[f"W_h{g}"].T'),
    "traspuesta de W_h hacia atrás": ('d_a @ self.weights[f"W_h{g}"].T', 'd_a @ self.weights[f"W_h{g}"]'),
    "traspuesta de W_hh": ('d_inner @ w["W_hh"].T', 'd_inner @ w["W_hh"]'),
    "sin sesgo": ("+ w[_bias(g)]", "+ 0 * w[_bias(g)]"),
    "estado desplazado un paso": ("trace[name][:, t - 1] for", "trace[name][:, t] for"),
    "entrada desplazada un paso": ("self.step(x[:, t], *state)", "self.step(x[:, t - 1], *state)"),
    "pérdida desplazada un paso": ("d_next[0] + d_h[:, t]", "d_next[0] + d_h[:, t - 1]"),
    "la máscara no conserva": ("np.where(m, step[name], old)", "step[name]"),
    "la máscara corta el gradiente": ("d + ~m * skipped", "d"),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_error_is_noticed(mutant):
    """Cambiar dos puertas, trasponer una matriz o desplazar un índice en el módulo deja de dar lo mismo que Keras."""
    old, new = MUTANTS[mutant]
    source = inspect.getsource(cells)
    assert old in source, "el texto que se altera ya no está: actualiza MUTANTS"
    module = ModuleType("mutant")
    exec(compile(source.replace(old, new), "mutant", "exec"), module.__dict__)
    worst = [
        max(discrepancy(module, variant, masked)) for variant, masked in itertools.product(VARIANTS, (False, True))
    ]
    assert max(worst) > 1e-3


@pytest.mark.parametrize("name, pair", [("LSTM", p) for p in itertools.combinations("ifco", 2)]
                         + [("GRU", p) for p in itertools.combinations("zrh", 2)])  # fmt: skip
def test_swapped_gates_do_not_pass(name, pair):
    """Dos puertas cambiadas entre sí en los pesos dan salidas que se alejan de Keras."""
    known = oracle(name, False)
    weights = from_keras_weights(cells, name, known["weights"])
    swap = str.maketrans("".join(pair), "".join(reversed(pair)))
    swapped = {key[:3] + key[3:].translate(swap) if len(key) > 3 else key[:2] + key[2:].translate(swap): value
               for key, value in weights.items()}  # fmt: skip
    assert swapped.keys() == weights.keys()
    h, _ = getattr(cells, name)(swapped).forward(known["x"], known["state"])
    assert np.abs(h - known["h"]).max() > 0.1


@all_options
def test_padding_changes_nothing(name, options):
    """Con máscara, el estado final es el de la secuencia recortada, y el relleno no recibe gradiente."""
    rng = np.random.default_rng(9)
    cell = getattr(cells, name).random(F, H, rng, **options)
    x, d_h, d_state, state = inputs(name, rng)
    mask = cells.mask_from_lengths(LENGTHS, T)
    h, final = cell.forward(x, state, mask)
    grads = cell.backward(x, d_h * mask[..., None], d_state, state, mask)
    for row, length in enumerate(LENGTHS):
        one = tuple(s[row : row + 1] for s in as_tuple(state))
        d_one = tuple(s[row : row + 1] for s in as_tuple(d_state))
        pick = (lambda s: s) if name == "LSTM" else (lambda s: s[0])
        short = x[row : row + 1, :length]
        h_short, final_short = cell.forward(short, pick(one))
        np.testing.assert_allclose(h[row, :length], h_short[0])
        np.testing.assert_allclose(h[row, length:], np.broadcast_to(h_short[0, -1], (T - length, H)))
        for a, b in zip(as_tuple(final), as_tuple(final_short), strict=True):
            np.testing.assert_allclose(a[row], b[0])
        d_short = cell.backward(short, d_h[row : row + 1, :length], pick(d_one), pick(one))
        np.testing.assert_allclose(grads["x"][row, :length], d_short["x"][0])
        assert (grads["x"][row, length:] == 0).all()


def test_mask_in_the_middle_as_keras():
    """Un paso oculto al principio o en medio conserva el estado, como en Keras."""
    import keras

    rng = np.random.default_rng(2)
    layer = keras.layers.LSTM(H, return_sequences=True)
    layer.build((B, T, F))
    cell = LSTM.from_keras(layer)
    x = rng.normal(size=(B, T, F)).astype(np.float32)
    mask = rng.random((B, T)) < 0.5
    mask[:, 0] = [False, True, False]
    np.testing.assert_allclose(
        cell.forward(x, mask=mask)[0], keras.ops.convert_to_numpy(layer(x, mask=mask)), atol=1e-5
    )


def test_two_steps_by_hand():
    """Una unidad, dos pasos: h_1 = tanh(1) y h_2 = tanh(0.5 + 2·tanh(1)), con la calculadora."""
    cell = SimpleRNN({"W_x": np.ones((1, 1)), "W_h": 2 * np.ones((1, 1)), "b": np.zeros(1)})
    h, state = cell.forward([[[1.0], [0.5]]])
    np.testing.assert_allclose(h.ravel(), [0.761594, 0.965630], atol=1e-6)
    assert state == h[:, -1]


def test_lstm_gates_forced_open_and_closed():
    """Con f abierta e i cerrada la celda se congela; con o cerrada, h es cero sin que la celda cambie."""
    rng = np.random.default_rng(3)
    weights = LSTM.random(F, H, rng).weights
    x, _, _, (h_0, c_0) = inputs("LSTM", rng)
    frozen = LSTM(weights | {"b_f": np.full(H, 50.0), "b_i": np.full(H, -50.0), "b_o": np.full(H, -50.0)})
    h, (_, c_T), gates = frozen.forward(x, (h_0, c_0), return_gates=True)
    np.testing.assert_allclose(c_T, c_0, atol=1e-12)
    assert np.abs(h).max() < 1e-12
    assert set(gates) == {"i", "f", "c_tilde", "o", "c", "h"}
    assert all(value.shape == (B, T, H) for value in gates.values())


def test_influence_is_the_norm_of_the_jacobian():
    """``influence`` da la norma de ∂h_T/∂x_t calculada por diferencias finitas."""
    rng = np.random.default_rng(4)
    cell = GRU.random(F, H, rng)
    x = rng.normal(size=(T, F))
    jacobian = np.empty((T, F, H))
    for t, k in np.ndindex(T, F):
        step = np.zeros_like(x)
        step[t, k] = 1e-6
        jacobian[t, k] = (cell.forward((x + step)[None])[1] - cell.forward((x - step)[None])[1])[0] / 2e-6
    np.testing.assert_allclose(cells.influence(cell, x), np.sqrt((jacobian**2).sum(axis=(1, 2))), rtol=1e-6)


@all_options
def test_random_cells_are_repeatable(name, options):
    """La misma semilla da los mismos pesos, todos distintos entre sí; otra semilla, otros."""
    make = getattr(cells, name).random
    one, same, other = (make(F, H, np.random.default_rng(seed), **options).weights for seed in (0, 0, 1))
    values = np.concatenate([value.ravel() for value in one.values()])
    assert len(np.unique(values)) == len(values)
    assert all((one[key] == same[key]).all() and (one[key] != other[key]).all() for key in one)


def test_single_precision_stays_single():
    """Las cuentas se hacen en la precisión de los pesos."""
    cell = LSTM(
        {key: value.astype(np.float32) for key, value in LSTM.random(F, H, np.random.default_rng(0)).weights.items()}
    )
    x, d_h, *_ = inputs("LSTM", np.random.default_rng(1))
    assert cell.forward(x)[0].dtype == np.float32
    assert {value.dtype for value in cell.backward(x, d_h).values()} == {np.dtype(np.float32)}


def test_whole_numbers_are_weights_too():
    """Los pesos escritos con enteros valen lo mismo que con decimales, también hacia atrás."""
    whole = SimpleRNN({"W_x": [[1]], "W_h": [[2]], "b": [0]})
    decimal = SimpleRNN({"W_x": [[1.0]], "W_h": [[2.0]], "b": [0.0]})
    x, d_h = np.ones((1, 3, 1)), np.ones((1, 3, 1))
    grads = whole.backward(x, d_h)
    assert all((grads[key] == value).all() for key, value in decimal.backward(x, d_h).items())


def test_chrono_bias_spreads_memories():
    """Los olvidos van de 1 paso a max_steps: σ(b_f) = 1 - 1/(u + 1), con u uniforme entre 1 y max_steps - 1."""
    b_i, b_f, b_c, b_o = np.split(cells.chrono_bias(2000, 50, np.random.default_rng(0)), 4)
    memory = np.exp(b_f)
    assert memory.min() >= 1 and memory.max() <= 49
    assert abs(memory.mean() - 25) < 1
    assert (b_i == -b_f).all() and not b_c.any() and not b_o.any()
    b = cells.chrono_bias(2000, 50, np.random.default_rng(0), cell="GRU")
    assert b.shape == (2, 6000) and (b[0, :2000] == b_f).all() and not b[0, 2000:].any() and not b[1].any()


def test_messages_say_what_was_required():
    """Cada entrada mal formada dice qué se requería y qué llegó."""
    import keras

    rng = np.random.default_rng(0)
    cell = LSTM.random(2, 3, rng)
    x = np.zeros((1, 4, 2))
    unbuilt, plain = keras.layers.LSTM(3), keras.layers.LSTM(3, use_bias=False)
    plain.build((None, None, 2))
    missing = {key: value for key, value in cell.weights.items() if key != "b_o"}
    cases = [
        (lambda: SimpleRNN({"W_x": 1}), "weights: se requieren los nombres ['W_x', 'W_h', 'b'] y se recibió ['W_x']."),
        (lambda: LSTM(missing), "weights: se requieren los nombres ['W_xi', 'W_hi', 'b_i',"),
        (
            lambda: SimpleRNN({"W_x": np.zeros((2, 3)), "W_h": np.zeros((3, 2)), "b": np.zeros(3)}),
            "weights: con F=2 y H=3 se requieren las formas {'W_x': (2, 3), 'W_h': (3, 3), 'b': (3,)} y se recibió "
            "{'W_x': (2, 3), 'W_h': (3, 2), 'b': (3,)}.",
        ),
        (
            lambda: SimpleRNN({"W_x": np.zeros(3), "W_h": np.zeros((3, 3)), "b": np.zeros(3)}),
            "weights: W_x tiene forma (3,): se requiere (F, H).",
        ),
        (lambda: cell.forward(np.zeros((4, 2))), "x tiene forma (4, 2): se requiere (B, T, 2)."),
        (
            lambda: cell.forward(x, mask=np.ones(4)),
            "mask tiene forma (4,): se requiere (1, 4), la de los pasos de x.",
        ),
        (
            lambda: cell.forward(x, np.zeros((1, 3))),
            "initial_state tiene formas [(3,)]: se requiere (1, 3) para h y c.",
        ),
        (lambda: cell.backward(x, np.zeros((1, 3))), "d_h tiene forma (1, 3): se requiere (1, 4, 3)."),
        (lambda: GRU.from_keras(unbuilt), "layer es LSTM: se requiere una capa GRU de Keras."),
        (
            lambda: LSTM.from_keras(unbuilt),
            "layer tiene 0 matrices de pesos y se requieren 3: constrúyela antes, con use_bias=True.",
        ),
        (
            lambda: LSTM.from_keras(plain),
            "layer tiene 2 matrices de pesos y se requieren 3: constrúyela antes, con use_bias=True.",
        ),
        (
            lambda: LSTM.from_keras(keras.layers.LSTM(3, activation="relu")),
            "layer usa las activaciones ('relu', 'sigmoid'): se requieren ('tanh', 'sigmoid').",
        ),
        (
            lambda: SimpleRNN.random(2, 3, rng, activation="selu"),
            "activation='selu': se requiere una de ['linear', 'relu', 'tanh'].",
        ),
        (
            lambda: cells.influence(cell, np.zeros((1, 4, 2))),
            "x tiene forma (1, 4, 2): se requiere una sola secuencia, (T, 2).",
        ),
        (
            lambda: cells.mask_from_lengths([1, 5], 4),
            "lengths=[1, 5]: se requieren enteros de 0 a T=4, uno por secuencia.",
        ),
        (lambda: cells.chrono_bias(3, 2, rng), "max_steps=2: se requieren al menos 3 pasos."),
        (lambda: cells.chrono_bias(3, 9, rng, cell="RNN"), "cell='RNN': se requiere 'LSTM' o 'GRU'."),
    ]
    for action, message in cases:
        with pytest.raises(ValueError, match=re.escape(message)):
            action()
