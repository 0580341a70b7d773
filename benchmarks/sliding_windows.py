"""Compara ``sliding_windows`` con el bucle de siempre y con ``keras.utils.timeseries_dataset_from_array``.

Las tres maneras parten de la misma serie univariante y entregan las mismas ventanas y objetivos, en arreglos de NumPy;
antes de medir se comprueba que coinciden. El tiempo es la mediana de varias repeticiones y la memoria, el máximo que
anota ``tracemalloc`` en una ejecución aparte (de la de Keras solo ve los arreglos de NumPy, no la de TensorFlow).

``sliding_windows`` entrega vistas, sin copiar: lo que cuesta se paga al usarlas. Por eso los cocientes toman por unidad
las vistas copiadas a un arreglo propio, que es lo mismo que entregan el bucle y Keras.

No es una prueba: los tiempos dependen de la máquina. Lo que se puede comparar son los cocientes de una misma ejecución.

    python benchmarks/sliding_windows.py
"""

import os
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from recurrentes.windows import sliding_windows

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIZES = [(1_000, 10), (10_000, 10), (10_000, 100), (40_000, 50)]  # (pasos, ancho)
REPEATS = 5
Windows = tuple[np.ndarray, np.ndarray]


def views(series: np.ndarray, width: int) -> Windows:
    """Las vistas del curso."""
    return sliding_windows(series, width=width)


def copied(series: np.ndarray, width: int) -> Windows:
    """Las vistas del curso, copiadas a un arreglo propio."""
    X, y = sliding_windows(series, width=width)
    return X.copy(), y.copy()


def loop(series: np.ndarray, width: int) -> Windows:
    """El bucle de siempre: ``append`` y, al final, ``np.array``."""
    X, y = [], []
    for start in range(len(series) - width):
        X.append(series[start : start + width])
        y.append(series[start + width])
    return np.array(X), np.array(y)


def keras_dataset(series: np.ndarray, width: int) -> Windows:
    """La utilidad de Keras, consumida entera."""
    import keras

    batches = keras.utils.timeseries_dataset_from_array(
        series[:-1], series[width:], sequence_length=width, batch_size=1024
    )
    X, y = zip(*((np.asarray(X), np.asarray(y)) for X, y in batches), strict=True)
    return np.concatenate(X), np.concatenate(y)


WAYS = {"vistas": views, "vistas copiadas": copied, "bucle": loop, "Keras": keras_dataset}


def seconds(way: Callable[..., Windows], series: np.ndarray, width: int) -> float:
    """Mediana de ``REPEATS`` ejecuciones, en segundos."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        way(series, width)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_bytes(way: Callable[..., Windows], series: np.ndarray, width: int) -> int:
    """Máximo de memoria reservada durante una ejecución, en bytes."""
    tracemalloc.start()
    way(series, width)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    """Imprime, para cada tamaño, el tiempo y la memoria de cada manera y su cociente con las vistas copiadas."""
    print(f"Mediana de {REPEATS} repeticiones. Entre paréntesis, veces lo que cuestan las vistas copiadas.")
    for steps, width in SIZES:
        series = np.random.default_rng(0).normal(size=steps)
        expected = loop(series, width)
        for name, way in WAYS.items():  # también calienta: la primera llamada a Keras carga TensorFlow
            if not all(np.array_equal(a, b) for a, b in zip(way(series, width), expected, strict=True)):
                raise SystemExit(f"{name}: no da las mismas ventanas que el bucle ({steps} pasos, ancho {width}).")
        measured = {name: (seconds(way, series, width), peak_bytes(way, series, width)) for name, way in WAYS.items()}
        unit_time, unit_memory = measured["vistas copiadas"]
        print(f"\n{steps} pasos, ancho {width}")
        for name, (duration, memory) in measured.items():
            print(
                f"  {name:<16}{duration * 1e3:10.3f} ms (× {duration / unit_time:10.4g})"
                f"{memory / 1e6:10.3f} MB (× {memory / unit_memory:8.3g})"
            )


if __name__ == "__main__":
    main()
