"""En una GPU: lo que cuesta perder el núcleo cuDNN, y qué parte del techo de la máquina alcanza cada red.

    KERAS_BACKEND=jax python -m studies run gpu --only backend=jax

Cada medida compara una variante con la LSTM de Keras sin cambios, por turnos y en el mismo proceso, y guarda además el
techo de la misma GPU: a qué ritmo multiplica dos matrices grandes y a qué ritmo copia memoria. Sin GPU, o con otro
backend activo, la medida falla y no deja registro.

Cada red se compila como Keras decide por su cuenta (``jit_compile="auto"``): JAX usa XLA siempre; TensorFlow, solo si
ninguna capa puede usar cuDNN, así que sin el núcleo lo que se mide puede ser el bucle compilado por XLA.

Las variantes rompen de una en una las condiciones con las que Keras usa cuDNN; aparte se barren el lote, las unidades,
la longitud y la precisión de la LSTM con el núcleo y con el bucle. ``seed`` numera las repeticiones.
"""

from collections.abc import Iterable, Iterator

import keras
import numpy as np

from recurrentes import claims, tasks, timing

BACKENDS = ["tensorflow", "jax", "torch"]
BASE = {"T": 200, "B": 64, "H": 128, "precision": "float32"}
#: Nombre de la variante -> capa de Keras, sus opciones y dónde va el relleno, si lo hay.
VARIANTS = {
    "LSTM": ("LSTM", {}, None),
    "LSTM, dropout": ("LSTM", {"dropout": 0.2}, None),
    "LSTM, recurrent_dropout": ("LSTM", {"recurrent_dropout": 0.2}, None),
    "LSTM, unroll": ("LSTM", {"unroll": True}, None),
    "LSTM, sin sesgo": ("LSTM", {"use_bias": False}, None),
    "LSTM, relu": ("LSTM", {"activation": "relu"}, None),
    "LSTM, use_cudnn=False": ("LSTM", {"use_cudnn": False}, None),
    "LSTM, relleno a la derecha": ("LSTM", {}, "right"),
    "LSTM, relleno a la izquierda, use_cudnn=False": ("LSTM", {"use_cudnn": False}, "left"),
    "GRU": ("GRU", {}, None),
    "GRU, reset_after=False": ("GRU", {"reset_after": False}, None),
    "GRU, use_cudnn=False": ("GRU", {"use_cudnn": False}, None),
    "SimpleRNN": ("SimpleRNN", {}, None),
    "Conv1D": ("Conv1D", {}, None),
}
#: De uno en uno, sobre ``BASE``, con la LSTM y con la LSTM sin núcleo.
SWEEPS = {"T": [50, 800], "B": [16, 256, 1024], "H": [32, 512], "precision": ["mixed_float16", "mixed_bfloat16"]}
BLOCKS = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
FEATURES, CLASSES = 8, 4
REPEATS = 20
SIDE = 4096


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida: las variantes y los barridos, en cada backend."""
    for seed in seeds:
        for backend in BACKENDS:
            for variant in VARIANTS:
                yield {"backend": backend, "variant": variant, "seed": seed} | BASE
            for variant in ("LSTM", "LSTM, use_cudnn=False"):
                for name, values in SWEEPS.items():
                    for value in values:
                        yield {"backend": backend, "variant": variant, "seed": seed} | BASE | {name: value}


def measure(backend, variant, seed, T, B, H, precision) -> dict:
    """Milisegundos de una actualización de la variante y de la LSTM, su cociente y la parte del techo que alcanza."""
    require(backend)
    rng = np.random.default_rng(seed)
    kind, options, padding = VARIANTS[variant]
    net = update(kind, options, padding, T, B, H, precision, rng)
    base = update("LSTM", {}, None, T, B, H, precision, rng)
    seconds = timing.interleaved({"variant": net, "base": base}, repeats=REPEATS, rng=rng)
    best = {name: float(values.min()) for name, values in seconds.items()}
    roof = ceiling(precision, rng)
    work = 3 * operations(kind, T, B, H)  # la vuelta atrás multiplica cada matriz otras dos veces
    return {
        "ms": round(1e3 * best["variant"], 4),
        "median_ms": round(1e3 * float(np.median(seconds["variant"])), 4),
        "lstm_ms": round(1e3 * best["base"], 4),
        "ratio": round(timing.ratio(seconds, "variant", "base"), 4),
        "operations": work,
        "share_of_peak": round(work / best["variant"] / roof["operations_per_second"], 5),
        **{name: float(f"{value:.4g}") for name, value in roof.items()},
    }


def require(backend: str) -> None:
    """Exige el backend de la medida y una GPU.

    Raises
    ------
    RuntimeError : si falta alguno de los dos; dice cómo seguir.
    """
    if keras.config.backend() != backend:
        raise RuntimeError(f"el backend activo es {keras.config.backend()}: usa KERAS_BACKEND={backend}.")
    if claims.environment()["device"] != "gpu":
        raise RuntimeError("no hay GPU: este estudio solo se mide en una.")


def operations(kind: str, T: int, B: int, H: int) -> int:
    """Multiplicaciones y sumas de una pasada hacia delante de la capa: las de la convolución, con 8 pasos."""
    if kind == "Conv1D":
        return 2 * B * T * 8 * FEATURES * H
    return 2 * B * T * BLOCKS[kind] * H * (FEATURES + H)


def update(kind, options, padding, T, B, H, precision, rng):
    """Un trabajo: una actualización de una red con esa capa y un lote siempre igual."""
    X, y = tasks.recall(B, T, rng)
    X = X.astype("float32")
    stack = [keras.layers.Masking()] if padding else []
    if padding:  # la mitad de las secuencias tienen la mitad de relleno
        X[: B // 2, slice(T // 2, None) if padding == "right" else slice(T // 2)] = 0
    if kind == "Conv1D":
        options = {"kernel_size": 8, "padding": "causal"}
    stack.append(getattr(keras.layers, kind)(H, dtype=precision, **options))
    if kind == "Conv1D":
        stack.append(keras.layers.GlobalMaxPooling1D())
    net = keras.Sequential([keras.Input((T, X.shape[-1])), *stack, keras.layers.Dense(CLASSES, dtype="float32")])
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return lambda: net.train_on_batch(X, y)


def ceiling(precision: str, rng) -> dict:
    """Lo que da la máquina: operaciones por segundo al multiplicar y bytes por segundo al copiar."""
    ops = keras.ops
    kind = precision.removeprefix("mixed_")
    A = ops.cast(rng.normal(size=(SIDE, SIDE)).astype("float32"), kind)

    def product():
        return ops.convert_to_numpy(ops.matmul(A, A)[0, 0])  # traer un número obliga a terminar

    def copy():
        return ops.convert_to_numpy((A + ops.cast(1, kind))[0, 0])

    def short():
        return ops.convert_to_numpy(A[0, 0])  # lo que cuesta traerlo, que se descuenta

    seconds = timing.interleaved({"product": product, "copy": copy, "short": short}, repeats=REPEATS, rng=rng)
    product, copy, short = (float(seconds[name].min()) for name in ("product", "copy", "short"))
    size = SIDE * SIDE * (4 if kind == "float32" else 2)
    return {
        "operations_per_second": 2 * SIDE**3 / max(product - short, 1e-9),
        "bytes_per_second": 2 * size / max(copy - short, 1e-9),
    }
