"""Pronósticos ingenuos: la vara de medir de todo el curso. Un modelo que no los mejora no ha aprendido nada útil."""

import numpy as np

__all__ = ["mean_absolute_error", "naive", "seasonal_naive"]


def naive(series: np.ndarray, *, horizon: int = 1) -> np.ndarray:
    """Pronóstico ingenuo: el último valor conocido, el de hace ``horizon`` pasos.

    Parameters
    ----------
    series : (T,) o (T, F), en orden temporal.
    horizon : pasos de antelación, al menos 1.

    Returns
    -------
    (T,) o (T, F) alineado con ``series``: la posición t es el pronóstico de ``series[t]``; las primeras ``horizon``
    posiciones, sin pasado suficiente, son NaN.

    Raises
    ------
    ValueError : si ``horizon`` es menor que 1 o la serie no es más larga.

    Examples
    --------
    >>> naive(np.array([3.0, 5.0, 4.0])).tolist()
    [nan, 3.0, 5.0]
    """
    if horizon < 1:
        raise ValueError(f"horizon={horizon}: debe ser al menos 1.")
    return _lagged(series, horizon)


def seasonal_naive(series: np.ndarray, *, season: int, horizon: int = 1) -> np.ndarray:
    """Pronóstico ingenuo estacional: el último valor conocido de la misma fase de la temporada.

    Parameters
    ----------
    series : (T,) o (T, F), en orden temporal.
    season : pasos de una temporada (7 para datos diarios con ciclo semanal), al menos 1.
    horizon : pasos de antelación, al menos 1; si supera la temporada se retrocede más de una.

    Returns
    -------
    (T,) o (T, F) alineado con ``series``, con NaN donde falta pasado.

    Raises
    ------
    ValueError : si ``season`` u ``horizon`` son menores que 1 o la serie no es más larga.

    Examples
    --------
    >>> seasonal_naive(np.arange(5.0), season=3).tolist()
    [nan, nan, nan, 0.0, 1.0]
    """
    if season < 1 or horizon < 1:
        raise ValueError(f"season={season} y horizon={horizon}: ambos deben ser al menos 1.")
    return _lagged(series, season * -(-horizon // season))


def mean_absolute_error(y: np.ndarray, forecast: np.ndarray) -> float:
    """Error absoluto medio, en las unidades de ``y``; las posiciones sin pronóstico (NaN) no cuentan.

    Raises
    ------
    ValueError : si las formas difieren o no queda ninguna posición con pronóstico.

    Examples
    --------
    >>> mean_absolute_error(np.array([1.0, 2.0, 4.0]), np.array([np.nan, 3.0, 1.0]))
    2.0
    """
    y, forecast = np.asarray(y, float), np.asarray(forecast, float)
    if y.shape != forecast.shape:
        raise ValueError(f"y tiene forma {y.shape} y forecast {forecast.shape}: deben coincidir.")
    known = ~np.isnan(forecast)
    if not known.any():
        raise ValueError("forecast no tiene ningún valor: todas sus posiciones son NaN.")
    return float(np.abs(y[known] - forecast[known]).mean())


def _lagged(series: np.ndarray, lag: int) -> np.ndarray:
    series = np.asarray(series, float)
    if lag >= len(series):
        raise ValueError(f"El pronóstico retrocede {lag} pasos y la serie tiene {len(series)}: hace falta más pasado.")
    shifted = np.full_like(series, np.nan)
    shifted[lag:] = series[:-lag]
    return shifted
