"""Ventanas y partición: primero a mano, después contra el bucle y contra Keras, y por último propiedades."""

import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recurrentes.windows import sliding_windows, split_by_time

sizes = st.integers(1, 6)


def loop_windows(series, width, horizon, stride):
    """El bucle de siempre, como oráculo."""
    X, y = [], []
    for start in range(0, len(series) - width - horizon + 1, stride):
        X.append(series[start : start + width])
        y.append(series[start + width + horizon - 1])
    return np.array(X), np.array(y)


def require_alignment(X, y, *, horizon, stride):
    """Exige, en ventanas de ``np.arange``, que sean contiguas y que su objetivo esté ``horizon`` pasos después."""
    assert (np.diff(X, axis=1) == 1).all()
    assert (X[:, 0] == stride * np.arange(len(X))).all()
    assert (y == X[:, -1] + horizon).all()


def require_no_straddling(parts, *, width, horizon, stride):
    """Exige, en tramos de ``np.arange``, que todo lo que ve un tramo sea anterior a todo lo que ve el siguiente."""
    seen = [np.concatenate([part.ravel() for part in sliding_windows(p, width=width, horizon=horizon, stride=stride)])
            for p in parts if len(p) >= width + horizon]  # fmt: skip
    assert all(before.max() < after.min() for before, after in zip(seen, seen[1:], strict=False))


def test_ten_numbers_by_hand():
    """Diez números, ventanas de tres, objetivo dos pasos después, de dos en dos: se cuentan con los dedos."""
    X, y = sliding_windows(np.arange(10) * 10, width=3, horizon=2, stride=2)
    assert X.tolist() == [[0, 10, 20], [20, 30, 40], [40, 50, 60]]
    assert y.tolist() == [40, 60, 80]


def test_the_last_window_uses_the_last_value():
    """No se pierde la última ventana posible, ni se inventa una de más."""
    X, y = sliding_windows(np.arange(5), width=4)
    assert X.tolist() == [[0, 1, 2, 3]] and y.tolist() == [4]


def test_several_variables_keep_their_axis():
    """Con F variables la forma es (N, width, F), y cada columna conserva su orden."""
    series = np.column_stack([np.arange(6), 100 + np.arange(6)])
    X, y = sliding_windows(series, width=2)
    assert X.shape == (4, 2, 2) and y.shape == (4, 2)
    assert X[1].tolist() == [[1, 101], [2, 102]] and y[1].tolist() == [3, 103]


def test_several_series_never_mix():
    """Cada ventana sale de una sola serie, y vienen en el orden de las series."""
    X, y = sliding_windows([np.arange(4), 100 + np.arange(5)], width=2, horizon=2)
    assert X.tolist() == [[0, 1], [100, 101], [101, 102]]
    assert y.tolist() == [3, 103, 104]


@given(st.lists(st.integers(2, 20), min_size=1, max_size=4), sizes, sizes, sizes)
def test_several_series_are_the_concatenation(lengths, width, horizon, stride):
    """Varias series dan lo mismo que una a una; los millares dicen de cuál es cada valor."""
    assume(min(lengths) >= width + horizon)
    series = [1000 * i + np.arange(n) for i, n in enumerate(lengths)]
    X, y = sliding_windows(series, width=width, horizon=horizon, stride=stride)
    assert (X // 1000 == (y // 1000)[:, None]).all()
    one_by_one = [loop_windows(s, width, horizon, stride) for s in series]
    assert np.array_equal(X, np.concatenate([a for a, _ in one_by_one]))
    assert np.array_equal(y, np.concatenate([b for _, b in one_by_one]))


@given(st.integers(2, 40), sizes, sizes, sizes, st.sampled_from([(), (1,), (3,)]))
def test_equal_to_the_loop(steps, width, horizon, stride, features):
    """Coincide con el bucle para cualquier longitud, anchura, horizonte, avance y número de variables."""
    assume(steps >= width + horizon)
    series = np.random.default_rng(steps).normal(size=(steps, *features))
    X, y = sliding_windows(series, width=width, horizon=horizon, stride=stride)
    X_loop, y_loop = loop_windows(series, width, horizon, stride)
    assert np.array_equal(X, X_loop) and np.array_equal(y, y_loop)
    assert len(X) == (steps - width - horizon) // stride + 1


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("stride", [1, 4])
def test_equal_to_keras(horizon, stride):
    """Las mismas ventanas y objetivos que ``keras.utils.timeseries_dataset_from_array``."""
    import keras

    series = np.random.default_rng(0).normal(size=(50, 2))
    batches = keras.utils.timeseries_dataset_from_array(
        series[:-horizon], series[7 + horizon - 1 :], sequence_length=7, sequence_stride=stride, batch_size=8
    )
    X_keras, y_keras = (np.concatenate([np.asarray(b) for b in column]) for column in zip(*batches, strict=True))
    X, y = sliding_windows(series, width=7, horizon=horizon, stride=stride)
    assert np.array_equal(X, X_keras) and np.array_equal(y, y_keras)


def test_windows_are_read_only_views():
    """Ventanas y objetivos comparten memoria con la serie, que no se puede estropear a través de ellos."""
    series = np.arange(20.0)
    X, y = sliding_windows(series, width=5)
    assert np.shares_memory(X, series) and np.shares_memory(y, series)
    for view in (X, y):
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 7
    series[0] = 7  # la serie sigue siendo de su dueño
    assert X[0, 0] == 7


def test_memory_does_not_grow_with_width():
    """Un millón de ventanas de 100 ocuparían 800 MB copiadas; como vistas, menos de 50 kB."""
    series = np.zeros(10**6)
    peaks = {}
    for width in (2, 100):
        tracemalloc.start()
        X, _ = sliding_windows(series, width=width)
        peaks[width] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert X.shape == (10**6 - width, width)
    assert max(peaks.values()) < 50_000  # bytes


def test_off_by_one_is_noticed():
    """Las comprobaciones de este módulo ven un objetivo corrido un paso o una ventana corrida."""
    good = {"horizon": 2, "stride": 3}
    X, y = sliding_windows(np.arange(30), width=4, **good)
    require_alignment(X, y, **good)
    for wrong in [(X, y - 1), (X, y + 1), (X + 1, y), (X[1:], y[1:]), (X[:, ::-1], y)]:
        with pytest.raises(AssertionError):
            require_alignment(*wrong, **good)


@given(st.integers(2, 60), sizes, sizes, sizes)
def test_alignment(steps, width, horizon, stride):
    """Cada objetivo está exactamente ``horizon`` pasos después del último de su ventana."""
    assume(steps >= width + horizon)
    X, y = sliding_windows(np.arange(steps), width=width, horizon=horizon, stride=stride)
    require_alignment(X, y, horizon=horizon, stride=stride)


@given(st.integers(2, 80), st.integers(0, 30), st.integers(1, 30), sizes, sizes, sizes)
def test_no_window_straddles_the_split(steps, validation, test, width, horizon, stride):
    """Si se parte primero, ninguna ventana ni objetivo de un tramo llega al siguiente, sean cuales sean los tamaños."""
    assume(steps > validation + test)
    parts = split_by_time(np.arange(steps), validation=validation, test=test)
    require_no_straddling(parts, width=width, horizon=horizon, stride=stride)


def test_a_straddling_window_is_noticed():
    """La propiedad anterior falla si los tramos se solapan en un solo paso."""
    series = np.arange(20)
    require_no_straddling([series[:10], series[10:]], width=3, horizon=1, stride=1)
    with pytest.raises(AssertionError):
        require_no_straddling([series[:11], series[10:]], width=3, horizon=1, stride=1)


@given(st.integers(2, 200), st.floats(0, 0.5), st.floats(0.01, 0.49))
def test_split_is_a_partition(steps, validation, test):
    """Los tres tramos, pegados, son la serie: nada se pierde, se repite ni se baraja."""
    assume(round(steps * test) >= 1 and steps - round(steps * validation) - round(steps * test) >= 1)
    parts = split_by_time(np.arange(steps), validation=validation, test=test)
    assert np.concatenate(parts).tolist() == list(range(steps))
    assert [len(part) for part in parts[1:]] == [round(steps * validation), round(steps * test)]


def test_split_by_hand():
    """Diez pasos: dos de validación y tres de prueba, dichos como número, como fracción o como entero de NumPy."""
    expected = [[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]]
    for validation, test in [(2, 3), (0.2, 0.3), (np.int64(2), np.int64(3))]:
        parts = split_by_time(np.arange(10), validation=validation, test=test)
        assert [part.tolist() for part in parts] == expected


def test_split_without_validation_gives_views():
    """Sin validación, su tramo queda vacío; los otros dos comparten memoria con la serie."""
    series = np.arange(10.0)
    train, validation, test = split_by_time(series, test=4)
    assert [len(train), len(validation), len(test)] == [6, 0, 4]
    assert np.shares_memory(train, series) and np.shares_memory(test, series)


@pytest.mark.parametrize(
    "index", [pd.date_range("2020", periods=5), [9.0, 8.0, 7.0, 6.0, 5.0]], ids=["fechas", "números"]
)
def test_split_of_a_table_goes_by_position(index):
    """Una tabla o una columna de pandas se parten por posición, también con un índice numérico."""
    table = pd.DataFrame({"a": range(5)}, index=index)
    train, _, test = split_by_time(table, test=2)
    assert train["a"].tolist() == [0, 1, 2] and test["a"].tolist() == [3, 4]
    assert split_by_time(table["a"], test=2)[2].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("series", "arguments", "message"),
    [
        (np.arange(9), {"width": 0}, "width=0, horizon=1 y stride=1: deben ser enteros, al menos 1."),
        (np.arange(9), {"width": 2, "horizon": -1}, "width=2, horizon=-1 y stride=1: deben ser enteros, al menos 1."),
        (np.arange(9), {"width": 2, "stride": 0}, "width=2, horizon=1 y stride=0: deben ser enteros, al menos 1."),
        (np.arange(9), {"width": 4.5}, "width=4.5, horizon=1 y stride=1: deben ser enteros, al menos 1."),
        (
            np.arange(5),
            {"width": 4, "horizon": 2},
            "width + horizon = 6 y la serie tiene 5 pasos: acorta la ventana o el horizonte.",
        ),
        (
            np.zeros((2, 3, 4)),
            {"width": 1},
            "series tiene forma (2, 3, 4): se requiere (T,) o (T, F), o una lista de series así.",
        ),
        ([], {"width": 1}, "width + horizon = 2 y la serie tiene 0 pasos: acorta la ventana o el horizonte."),
        (
            [np.zeros((5, 2)), np.zeros((5, 3))],
            {"width": 1},
            "Las series tienen variables distintas, [(2,), (3,)]: todas deben tener el mismo F.",
        ),
    ],
    ids=["ancho", "horizonte", "avance", "decimal", "corta", "ejes", "vacía", "variables"],
)
def test_impossible_windows_say_why(series, arguments, message):
    """Cada error dice qué llegó, qué se requiere y qué cambiar."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        sliding_windows(series, **arguments)


@pytest.mark.parametrize(
    ("validation", "test", "shares"),
    [(0, 0, "10, 0 y 0"), (5, 5, "0, 5 y 5"), (-1, 5, "6, -1 y 5"), (0, 1.0, "0, 0 y 10"), (0, 3.0, "-20, 0 y 30")],
)
def test_impossible_splits_say_why(validation, test, shares):
    """Sin entrenamiento, sin prueba o con un tramo negativo no hay partición, y el error da las cuentas."""
    message = (
        f"validation={validation} y test={test} reparten 10 pasos en {shares}: "
        "se requiere al menos uno de entrenamiento y uno de prueba, y ninguno negativo."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        split_by_time(np.arange(10), validation=validation, test=test)
