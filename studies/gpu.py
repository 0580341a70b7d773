"""En una GPU: lo que cuesta perder el núcleo cuDNN, qué parte del techo alcanza cada red, y la GPU contra dos núcleos.

```
KERAS_BACKEND=jax python -m studies run gpu --only backend=jax
```

Cada medida compara dos trabajos iguales salvo en una cosa (``against``): la misma red sin cambios, por turnos y en el
mismo proceso, o la misma red en otro proceso que no ve la GPU y al que solo se le dejan dos núcleos. Sin GPU, o con
otro backend activo, la medida falla y no deja registro.

Guarda además el techo de la misma GPU (*roofline*): a qué ritmo multiplica dos matrices grandes y a qué ritmo copia
memoria. Lo más que se puede alcanzar es el menor de dos ritmos: el de multiplicar, y el de copiar por las operaciones
que se hacen con cada byte.

Cada red se compila como Keras decide por su cuenta (``jit_compile="auto"``): JAX usa XLA siempre; TensorFlow, solo si
ninguna capa puede usar cuDNN, así que sin el núcleo lo que se mide puede ser el bucle compilado por XLA.

Las variantes rompen de una en una las condiciones con las que Keras usa cuDNN; aparte se barren el lote, las unidades,
la longitud y la precisión de la LSTM con el núcleo y con el bucle. ``seed`` numera las repeticiones.
"""

import json
import os
import subprocess
import sys
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
    "GRU, recurrent_dropout": ("GRU", {"recurrent_dropout": 0.2}, None),
    "GRU, unroll": ("GRU", {"unroll": True}, None),
    "GRU, reset_after=False": ("GRU", {"reset_after": False}, None),
    "GRU, use_cudnn=False": ("GRU", {"use_cudnn": False}, None),
    "GRU, relleno a la derecha": ("GRU", {}, "right"),
    "SimpleRNN": ("SimpleRNN", {}, None),
    "Conv1D": ("Conv1D", {}, None),
}
#: De uno en uno, sobre ``BASE``, con la LSTM y con la LSTM sin núcleo.
SWEEPS = {"T": [50, 800], "B": [16, 256, 1024], "H": [32, 512], "precision": ["mixed_float16", "mixed_bfloat16"]}
#: Contra dos núcleos: una capa de cada clase, y la LSTM mucho menor y algo mayor.
CORES = "two cores"
SIZES = {"LSTM": [{}, {"T": 50, "B": 1, "H": 16}, {"H": 512}], "GRU": [{}], "SimpleRNN": [{}], "Conv1D": [{}]}
BLOCKS = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
FEATURES, CLASSES, FILTER = 8, 4, 8
REPEATS = 20
ALONE = True  # mide tiempos: si no se pide otra cosa, de una en una
SIDE = 8192


def grid(seeds: Iterable[int]) -> Iterator[dict]:
    """Los parámetros de cada medida: las variantes, los barridos y la GPU contra dos núcleos, en cada backend."""
    for seed in seeds:
        for backend in BACKENDS:
            common = {"backend": backend, "seed": seed} | BASE
            for variant in VARIANTS:
                against = "GRU" if variant.startswith("GRU,") else "LSTM"
                yield common | {"variant": variant, "against": against}
            for variant in ("LSTM", "LSTM, use_cudnn=False"):
                for name, values in SWEEPS.items():
                    for value in values:
                        yield common | {"variant": variant, "against": "LSTM", name: value}
            for variant, sizes in SIZES.items():
                for size in sizes:
                    yield common | {"variant": variant, "against": CORES} | size


def measure(backend, variant, against, seed, **size) -> dict:
    """Milisegundos de una actualización, su cociente con lo que se compara, y qué parte del techo alcanza."""
    require(backend)
    rng = np.random.default_rng(seed)
    works = {"variant": update(variant, rng=rng, **size)}
    if against != CORES:
        works["base"] = update(against, rng=rng, **size)
    seconds = timing.interleaved(works, repeats=REPEATS, rng=rng)
    best = {name: float(values.min()) for name, values in seconds.items()}
    if against == CORES:
        best["base"] = on_two_cores(variant=variant, seed=seed, **size)
    roof = ceiling(size["precision"], rng)
    operations, traffic = cost(variant, **size)
    rate = operations / best["variant"]
    reachable = min(roof["operations_per_second"], operations / traffic * roof["bytes_per_second"])
    return {
        "ms": round(1e3 * best["variant"], 4),
        "median_ms": round(1e3 * float(np.median(seconds["variant"])), 4),
        "base_ms": round(1e3 * best["base"], 4),
        "ratio": round(best["variant"] / best["base"], 4),
        "operations": operations,
        "bytes": traffic,
        "share_of_peak": float(f"{rate / roof['operations_per_second']:.4g}"),
        "share_of_roofline": float(f"{rate / reachable:.4g}"),
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


def cost(variant: str, T: int, B: int, H: int, precision: str) -> tuple[int, int]:
    """Operaciones de una actualización de la capa, y bytes que al menos hay que leer o escribir.

    Hacia delante, cada peso se multiplica y se suma en cada paso y secuencia; se leen una vez los pesos y la entrada, y
    se escriben los estados y lo que hará falta a la vuelta, que es cada bloque. La vuelta hace el doble de
    operaciones, lee lo mismo y escribe un gradiente de cada cosa: en total, el triple de todo.
    """
    kind = VARIANTS[variant][0]
    if kind == "Conv1D":
        weights, kept = FILTER * FEATURES * H, H
    else:
        weights, kept = BLOCKS[kind] * H * (FEATURES + H), (BLOCKS[kind] + 1) * H
    numbers = weights + B * T * (FEATURES + kept)
    return 3 * 2 * B * T * weights, 3 * numbers * itemsize(precision)


def itemsize(precision: str) -> int:
    """Bytes de cada número con los que se opera."""
    return 4 if precision == "float32" else 2


def update(variant: str, T: int, B: int, H: int, precision: str, rng):
    """Un trabajo: una actualización de una red con esa capa y un lote siempre igual."""
    kind, options, padding = VARIANTS[variant]
    X, y = tasks.recall(B, T, rng)
    X = X.astype("float32")
    stack = [keras.layers.Masking()] if padding else []
    if padding:  # la mitad de las secuencias tienen la mitad de relleno
        X[: B // 2, slice(T // 2, None) if padding == "right" else slice(T // 2)] = 0
    if kind == "Conv1D":
        options = {"kernel_size": FILTER, "padding": "causal"}
    stack.append(getattr(keras.layers, kind)(H, dtype=precision, **options))
    if kind == "Conv1D":
        stack.append(keras.layers.GlobalMaxPooling1D())
    net = keras.Sequential([keras.Input((T, X.shape[-1])), *stack, keras.layers.Dense(CLASSES, dtype="float32")])
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return lambda: net.train_on_batch(X, y)


def on_two_cores(**params) -> float:
    """Segundos del mismo trabajo en otro proceso, que no ve la GPU y solo tiene los dos primeros núcleos de este."""
    hidden = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "2"}
    environment = (
        os.environ | hidden | {"KERAS_BACKEND": keras.config.backend(), "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    command = [sys.executable, "-m", "studies.gpu", json.dumps(params)]
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:2])  # el proceso que nace los hereda
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    finally:
        os.sched_setaffinity(0, cores)
    if done.returncode:
        raise RuntimeError(f"con dos núcleos no se pudo medir: {done.stderr[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def alone(seed: int, **params) -> float:
    """Segundos de una actualización, con lo que haya en este proceso."""
    rng = np.random.default_rng(seed)
    seconds = timing.interleaved({"alone": update(rng=rng, **params)}, repeats=REPEATS, rng=rng)
    return float(seconds["alone"].min())


def ceiling(precision: str, rng) -> dict:
    """Lo que da la máquina: operaciones por segundo al multiplicar y bytes por segundo al copiar."""
    ops = keras.ops
    kind = precision.removeprefix("mixed_")
    A = ops.cast(rng.standard_normal((SIDE, SIDE), dtype=np.float32), kind)

    def product():
        return ops.convert_to_numpy(ops.matmul(A, A)[0, 0])  # traer un número obliga a terminar

    def copy():
        return ops.convert_to_numpy((A + ops.cast(1, kind))[0, 0])

    def short():
        return ops.convert_to_numpy(A[0, 0])  # lo que cuesta traerlo, que se descuenta

    seconds = timing.interleaved({"product": product, "copy": copy, "short": short}, repeats=REPEATS, rng=rng)
    product, copy, short = (float(seconds[name].min()) for name in ("product", "copy", "short"))
    return {
        "operations_per_second": 2 * SIDE**3 / max(product - short, 1e-9),
        "bytes_per_second": 2 * SIDE**2 * itemsize(precision) / max(copy - short, 1e-9),
    }


if __name__ == "__main__":  # lo que ``on_two_cores`` ejecuta
    print(json.dumps(alone(**json.loads(sys.argv[1]))))
