"""Ventanas deslizantes sobre series y partición de una serie en el tiempo."""

from collections.abc import Sequence
from numbers import Integral

import numpy as np

__all__ = ["sliding_windows", "split_by_time"]


def sliding_windows(
    series: np.ndarray | Sequence[np.ndarray], *, width: int, horizon: int = 1, stride: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Ventanas de ``width`` pasos y el valor que llega ``horizon`` pasos después de cada una.

    Con una sola serie, ``X`` e ``y`` son vistas de solo lectura: no ocupan más memoria que la serie, sea cual sea
    ``width``. Con varias series se concatenan las ventanas de cada una, y eso obliga a copiar; ninguna ventana
    mezcla dos series.

    Parameters
    ----------
    series : (T,) o (T, F), en orden temporal y sin huecos, o lista de series con el mismo F.
    width, horizon, stride : en pasos, al menos 1; ``stride`` es lo que avanza una ventana respecto a la anterior.

    Returns
    -------
    X : (N, width) o (N, width, F), con N = (T - width - horizon) // stride + 1.
    y : (N,) o (N, F); ``y[i]`` es ``series[i * stride + width + horizon - 1]``.

    Raises
    ------
    ValueError : si width, horizon o stride no son enteros positivos, si no cabe ninguna ventana, si la serie no es
        (T,) o (T, F), o si varias series difieren en F.

    Examples
    --------
    >>> X, y = sliding_windows(np.arange(6), width=3)
    >>> X.tolist(), y.tolist()
    ([[0, 1, 2], [1, 2, 3], [2, 3, 4]], [3, 4, 5])
    """
    if isinstance(series, (list, tuple)) and np.ndim(series[0] if series else 0) > 0:
        pairs = [sliding_windows(s, width=width, horizon=horizon, stride=stride) for s in series]
        if len(shapes := {X.shape[2:] for X, _ in pairs}) > 1:
            raise ValueError(f"Las series tienen variables distintas, {sorted(shapes)}: todas deben tener el mismo F.")
        return np.concatenate([X for X, _ in pairs]), np.concatenate([y for _, y in pairs])
    series = np.asarray(series)
    if series.ndim not in (1, 2):
        raise ValueError(f"series tiene forma {series.shape}: se requiere (T,) o (T, F), o una lista de series así.")
    if not all(isinstance(steps, Integral) and steps >= 1 for steps in (width, horizon, stride)):
        raise ValueError(f"width={width}, horizon={horizon} y stride={stride}: deben ser enteros, al menos 1.")
    if len(series) < width + horizon:
        raise ValueError(
            f"width + horizon = {width + horizon} y la serie tiene {len(series)} pasos: acorta la ventana o el "
            f"horizonte."
        )
    y = series[width + horizon - 1 :: stride]  # (N,) o (N, F)
    X = np.lib.stride_tricks.sliding_window_view(series, width, axis=0)[::stride][: len(y)]  # (N, [F,] width)
    y.flags.writeable = False
    return np.moveaxis(X, -1, 1), y  # (N, width[, F])


def split_by_time(
    series: np.ndarray, *, validation: float | int = 0.0, test: float | int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parte una serie en entrenamiento, validación y prueba, en ese orden temporal y sin barajar.

    Haz las ventanas después, en cada parte: así ninguna cruza la frontera.

    Parameters
    ----------
    series : (T,) o (T, F); vale también un DataFrame ordenado en el tiempo.
    validation, test : fracción de T si es un decimal menor que 1, o número de pasos si es un entero.

    Returns
    -------
    Tres tramos contiguos (vistas) cuyas longitudes suman T; la validación queda vacía si ``validation`` es 0.

    Raises
    ------
    ValueError : si las partes no dejan al menos un paso de entrenamiento y uno de prueba.

    Examples
    --------
    >>> [part.tolist() for part in split_by_time(np.arange(10), validation=2, test=0.3)]
    [[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]]
    """
    n = len(series)
    n_validation, n_test = (size if isinstance(size, Integral) else round(n * size) for size in (validation, test))
    n_train = n - n_validation - n_test
    if n_validation < 0 or n_test < 1 or n_train < 1:
        raise ValueError(
            f"validation={validation} y test={test} reparten {n} pasos en {n_train}, {n_validation} y {n_test}: "
            f"se requiere al menos uno de entrenamiento y uno de prueba, y ninguno negativo."
        )
    rows = getattr(series, "iloc", series)  # en pandas, por posición aunque el índice sea numérico
    return rows[:n_train], rows[n_train : n_train + n_validation], rows[n_train + n_validation :]
