"""Ejercicios que se comprueban solos: dicen qué se espera, qué difiere y dónde, y nunca la respuesta."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

__all__ = ["CheckFailed", "close", "exercise", "holds"]


class CheckFailed(AssertionError):
    """El ejercicio no está resuelto todavía, o su resultado no es el esperado."""


@contextmanager
def exercise(label: str, expected: str) -> Iterator[None]:
    """Bloque que comprueba el ejercicio ``label``, del que se espera lo que dice ``expected``.

    Raises
    ------
    CheckFailed : si el hueco sigue sin rellenar, si el código del ejercicio falla o si una comprobación no se cumple.

    Examples
    --------
    >>> with exercise("1.1", "double(x) devuelve el doble de x"):
    ...     close(2 * 3, 6, "double(3)")
    Ejercicio 1.1: correcto.
    """
    goal = f"Se espera que {expected}."
    try:
        yield
    except CheckFailed as error:
        raise CheckFailed(f"Ejercicio {label}: {error} {goal}") from None
    except (NotImplementedError, NameError) as error:
        detail = f" ({error})" if isinstance(error, NameError) else ""
        raise CheckFailed(f"Ejercicio {label}: todavía sin resolver{detail}. {goal}") from None
    except Exception as error:
        raise CheckFailed(f"Ejercicio {label}: tu código lanza {type(error).__name__}: {error}. {goal}") from error
    print(f"Ejercicio {label}: correcto.")


def close(got, expected, what: str, *, rtol: float = 1e-6, atol: float = 1e-8) -> None:
    """Exige que ``got`` tenga la forma y los valores de ``expected``; si no, dice dónde difiere ``what``."""
    if got is None:  # NumPy lo convertiría en NaN
        raise CheckFailed(f"{what}: llegó None. ¿Falta un return?")
    try:
        array = np.asarray(got)
        if array.dtype.kind in "OSUMmc":  # ni objetos ni texto (NumPy leería el número de «"6"») ni fechas ni complejos
            raise TypeError
        got = array.astype(float)
    except (TypeError, ValueError):
        raise CheckFailed(f"{what}: se requieren números y llegó {type(got).__name__}.") from None
    expected = np.asarray(expected, float)
    if got.shape != expected.shape:
        raise CheckFailed(f"{what}: se requiere forma {expected.shape} y llegó {got.shape}.")
    wrong = ~np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        if not wrong.ndim:
            raise CheckFailed(f"{what}: {got} no es el valor correcto.")
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = where[0] if len(where) == 1 else where
        raise CheckFailed(
            f"{what}: difieren {int(wrong.sum())} de {wrong.size} valores; el primero, en la posición {place}, "
            f"donde llegó {got[where]:g}."
        )


def holds(condition: bool, otherwise: str) -> None:
    """Exige una condición; ``otherwise`` dice en español qué falla si no se cumple."""
    if not condition:
        raise CheckFailed(otherwise)
