"""Contar qué sigue a qué: el modelo de n-gramas con suavizado, la línea base de letras y acordes."""

import numpy as np

__all__ = ["WittenBell", "previous"]


def previous(codes: np.ndarray, order: int) -> np.ndarray:
    """Los ``order`` símbolos que preceden a cada uno, del más cercano al más lejano.

    Parameters
    ----------
    codes : (N,), enteros desde 0.
    order : cuántos, al menos 0.

    Returns
    -------
    (N, order) : en la columna k, el símbolo de k + 1 pasos antes; donde no lo hay, -1.

    Examples
    --------
    >>> previous(np.array([0, 1, 1]), 2).tolist()
    [[-1, -1], [0, -1], [1, 0]]
    """
    codes = np.asarray(codes)
    if codes.ndim != 1 or not len(codes) or order < 0:
        raise ValueError(f"codes tiene forma {codes.shape} y order={order}: se requiere (N,), con N y order no nulos.")
    before = np.full((len(codes), order), -1)
    for k in range(min(order, len(codes) - 1)):
        before[k + 1 :, k] = codes[: -k - 1]
    return before


class WittenBell:
    """Probabilidad de un símbolo según su contexto, con el suavizado de Witten y Bell (1991).

    Un contexto es una fila de enteros, de lo más importante a lo menos: el nivel l mira los l primeros. Si el contexto
    apareció N veces, seguido de K símbolos distintos, y n de ellas por el símbolo s,

    p_l(s) = (n + K · p_{l-1}(s)) / (N + K),

    donde p_{l-1} es la del nivel anterior y p_{-1} = 1 / ``n_symbols``. Cuantas más sorpresas ha dado un contexto, más
    se fía del anterior; de uno que no apareció se fía solo el anterior. Ninguna probabilidad es cero y suman uno.

    Parameters
    ----------
    n_symbols : cuántos símbolos hay; van de 0 a ``n_symbols - 1``.

    Examples
    --------
    Tras «a» vino dos veces «b» y nunca «a» (0 es «a», 1 es «b»):

    >>> codes = np.array([0, 1, 0, 1])
    >>> model = WittenBell(2).fit(previous(codes, 1), codes)
    >>> p = model.probability(np.array([[0], [0]]), np.array([0, 1]))
    >>> bool(np.isclose(p[0], (0 + 1 * 0.5) / (2 + 1))), bool(np.isclose(p.sum(), 1))
    (True, True)
    """

    def __init__(self, n_symbols: int):
        self.n_symbols = n_symbols

    def fit(self, contexts: np.ndarray, symbols: np.ndarray) -> "WittenBell":
        """Cuenta. ``contexts`` (N, L), enteros desde -1, y ``symbols`` (N,), desde 0; devuelve el propio modelo."""
        contexts, symbols = self._pair(contexts, symbols)
        self.radices = [int(column.max()) + 3 for column in contexts.T]  # el último valor es «no visto»
        if np.prod([float(self.n_symbols), *map(float, self.radices)]) >= 2**63:
            raise ValueError(f"contexts tiene {contexts.shape[1]} columnas: no caben tantas combinaciones; usa menos.")
        self.levels = []
        for keys in self._keys(contexts):
            pairs, n = np.unique(keys * self.n_symbols + symbols, return_counts=True)
            seen, first = np.unique(pairs // self.n_symbols, return_index=True)
            K = np.diff(np.append(first, len(pairs)))  # símbolos distintos tras cada contexto
            self.levels.append((pairs, n, seen, np.add.reduceat(n, first), K))
        return self

    def probability(self, contexts: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """Probabilidad (N,) de cada símbolo de ``symbols`` (N,) tras el contexto de su fila, (N, L)."""
        contexts, symbols = self._pair(contexts, symbols)
        p = np.full(len(symbols), 1 / self.n_symbols)
        for keys, (pairs, n, seen, N, K) in zip(self._keys(contexts), self.levels, strict=True):
            here = _find(pairs, n, keys * self.n_symbols + symbols)
            total, kinds = _find(seen, N, keys), _find(seen, K, keys)
            p = np.where(total > 0, (here + kinds * p) / np.maximum(total + kinds, 1), p)
        return p

    def _keys(self, contexts):
        """De cada nivel, un entero por contexto."""
        keys = np.zeros(len(contexts), np.int64)
        yield keys
        for column, radix in zip(contexts.T, self.radices, strict=True):
            keys = keys * radix + np.minimum(column + 1, radix - 1)
            yield keys

    def _pair(self, contexts, symbols):
        contexts, symbols = np.asarray(contexts), np.asarray(symbols)
        if contexts.ndim != 2 or symbols.shape != contexts.shape[:1]:
            raise ValueError(f"contexts {contexts.shape} y symbols {symbols.shape}: se requieren (N, L) y (N,).")
        if len(symbols) and not 0 <= symbols.min() <= symbols.max() < self.n_symbols:
            raise ValueError(
                f"symbols va de {symbols.min()} a {symbols.max()}: se requiere de 0 a {self.n_symbols - 1}."
            )
        return contexts, symbols


def _find(keys, values, wanted):
    """El valor de cada clave buscada en ``keys``, ordenadas, o 0 si no está."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
