"""Dentro del núcleo de un cuaderno: las mismas celdas con otras semillas, y las afirmaciones medidas sin detenerse.

Lo usa ``tools/stability.py``, que ejecuta ``start(k)`` antes de la primera celda. La repetición 0 es el cuaderno tal
cual; en la repetición k, cada semilla entera s que el código nombra da el azar de (s, k).
"""

import functools
import sys

import numpy as np

from recurrentes import claims

#: Medidas de las afirmaciones, en orden: id -> (menor, mayor, si se cumple).
measured: dict[str, tuple[float, float, bool]] = {}


def start(repetition: int) -> None:
    """Cambia las semillas de NumPy, y las de Keras en cuanto se importe, y hace que ``claims.check`` solo anote."""
    claims.check = functools.partial(_note, claims.check)
    if repetition:
        _numpy(repetition)
        sys.meta_path.insert(0, _WhenKeras(repetition))


def moved(seed, repetition: int):
    """Otra semilla, siempre la misma para ese par; lo que no es un entero se deja como está."""
    if not isinstance(seed, (int, np.integer)):
        return seed
    return int(np.random.SeedSequence([int(seed), repetition]).generate_state(1)[0])


def _numpy(repetition: int) -> None:
    def default_rng(seed=None, original=np.random.default_rng):
        return original(moved(seed, repetition))

    class RandomState(np.random.RandomState):  # el de scikit-learn, pandas y Optuna
        def __init__(self, seed=None):
            super().__init__(moved(seed, repetition))

    np.random.default_rng, np.random.RandomState = default_rng, RandomState


class _WhenKeras:
    """Espera a que el cuaderno importe Keras, que no todos lo hacen, y cambia entonces sus semillas."""

    def __init__(self, repetition: int):
        self.repetition = repetition

    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            sys.meta_path.remove(self)
            _keras(self.repetition)


def _keras(repetition: int) -> None:
    import keras
    from keras.src.random.seed_generator import SeedGenerator

    def set_random_seed(seed, original=keras.utils.set_random_seed):
        original(moved(seed, repetition))

    def generator(self, seed=None, *args, original=SeedGenerator.__init__, **options):
        original(self, moved(seed, repetition), *args, **options)

    keras.utils.set_random_seed, SeedGenerator.__init__ = set_random_seed, generator


def _note(check, id, value):
    """Como ``claims.check``, pero lo que no cae donde debe se anota y no detiene el cuaderno."""
    if value is None:  # pendiente de GPU
        return check(id, value)
    values = np.atleast_1d(np.asarray(value, float))
    if claims.entries()[id]["kind"] == "statistical":
        low, high = claims._interval(values)
    else:
        low, high = values.min(), values.max()
    try:
        shown, holds = check(id, value), True
    except claims.ClaimFailed as error:
        shown, holds = error, False
    measured[id] = float(low), float(high), holds
    return shown
