"""Lo que comparten los estudios: redes pequeñas, compiladas una vez, con los pesos que elige la validación."""

from functools import cache

import keras
import numpy as np

from recurrentes import training


class KeepBest(keras.callbacks.Callback):
    """Deja la red con los pesos que menos se equivocaron en la validación, que se mira cada ``every`` pasos."""

    def __init__(self, validation, every: int, rows: int):
        super().__init__()
        (self.X, self.y), self.every, self.rows, self.best = validation, every, rows, np.inf

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self.every == 0:
            error = float(self.model.loss(self.y, predict(self.model, self.X, self.rows)))
            if error < self.best:
                self.best, self.update, self.weights = error, batch + 1, self.model.get_weights()

    def on_train_end(self, logs=None):
        self.model.set_weights(self.weights)


def fit_best(model: keras.Model, train, validation, seed: int, updates: int, batch: int, every: int, rows: int) -> dict:
    """Entrena desde cero con lotes al azar y deja los mejores pesos; devuelve su error de validación y cuándo fue."""
    training.restart(model, seed)
    order = np.random.default_rng(seed).integers(len(train[0]), size=updates * batch)
    keep = KeepBest(validation, every, rows)
    X, y = train
    model.fit(X[order], y[order], batch_size=batch, shuffle=False, callbacks=[keep], verbose=0)
    return {"validation": round(keep.best, 5), "best_update": keep.update}


def predict(model: keras.Model, X: np.ndarray, rows: int) -> np.ndarray:
    """El pronóstico de hasta ``rows`` filas; las que faltan se rellenan y se descartan."""
    return np.asarray(model.predict_on_batch(np.resize(X, (rows, *X.shape[1:]))))[: len(X)]


def network(cells: tuple, units: tuple, T: int, features: int, outputs: int) -> keras.Model:
    """Capas recurrentes apiladas y una densa, sin compilar."""
    stack = [
        getattr(keras.layers, cell)(H, return_sequences=depth < len(cells))
        for depth, (cell, H) in enumerate(zip(cells, units, strict=True), start=1)
    ]
    return keras.Sequential([keras.Input((T, features)), *stack, keras.layers.Dense(outputs)])


LOSSES = {
    "mae": keras.losses.MeanAbsoluteError,
    "mse": keras.losses.MeanSquaredError,
    "entropy": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
}


@cache
def compiled(cells, units, T, features, outputs, loss, learning_rate, clipnorm, every) -> keras.Model:
    """La red compilada, una vez por proceso porque tarda segundos."""
    model = network(cells, units, T, features, outputs)
    adam = keras.optimizers.Adam(learning_rate, clipnorm=clipnorm)
    model.compile(adam, LOSSES[loss](), **training.compile_options(every, xla=True))
    return model


@cache
def equal_units(cell: str, units: int, features: int, outputs: int) -> int:
    """Las unidades con las que la red se acerca más a los parámetros de la que tiene LSTM(``units``)."""

    def parameters(cell, H):
        return network((cell,), (H,), 2, features, outputs).count_params()

    target = parameters("LSTM", units)
    return min(range(units, 3 * units), key=lambda H: abs(parameters(cell, H) - target))


def compile_language(model: keras.Model, learning_rate: float, updates: int, steps: int = 20) -> None:
    """Compila una red que predice el símbolo siguiente: la tasa sube un veinteavo de los pasos y baja en coseno."""
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 10, updates, alpha=0.02, warmup_target=learning_rate, warmup_steps=updates // 20
    )
    model.compile(
        keras.optimizers.Adam(rate, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        **training.compile_options(steps),
    )
