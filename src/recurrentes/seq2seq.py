"""De una secuencia a otra de distinta longitud: palabras, vocabulario, red y generación de la salida paso a paso.

Formas: ``B`` ejemplos por lote, ``N`` pasos de entrada, ``M`` pasos de salida, ``E`` componentes de cada símbolo, ``H``
unidades, ``V`` símbolos del vocabulario de salida.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from recurrentes.cells import GRU

__all__ = [
    "END",
    "PAD",
    "START",
    "Translator",
    "Vocabulary",
    "bleu",
    "known_pairs",
    "network",
    "shifted",
    "split_by_source",
    "words",
]

#: Símbolos que todo vocabulario reserva: relleno, comienzo y fin.
PAD, START, END = 0, 1, 2


def words(text: str) -> list[str]:
    """Las palabras de ``text`` en minúscula; cada signo de puntuación es una más.

    Examples
    --------
    >>> words("¿Qué? I don't know.")
    ['¿', 'qué', '?', 'i', "don't", 'know', '.']
    """
    return re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", text.lower())


class Vocabulary:
    """Los símbolos de un idioma y su número; los tres primeros son `PAD`, `START` y `END`.

    Parameters
    ----------
    sentences : listas de símbolos; se numeran de más a menos frecuente y, a igual frecuencia, por orden alfabético.

    Examples
    --------
    >>> vocabulary = Vocabulary([["a", "b"], ["b"]])
    >>> len(vocabulary), vocabulary.encode([["b", "a"]], 4).tolist()
    (5, [[3, 4, 2, 0]])
    >>> vocabulary.decode([[3, 4, 2, 0]])
    [['b', 'a']]
    """

    def __init__(self, sentences: Iterable[Sequence[str]]):
        counts = Counter(symbol for sentence in sentences for symbol in sentence)
        self.symbols = ["", "⟨ini⟩", "⟨fin⟩", *sorted(counts, key=lambda symbol: (-counts[symbol], symbol))]
        self.number = {symbol: k for k, symbol in enumerate(self.symbols)}

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, sentences: Sequence[Sequence[str]], T: int) -> np.ndarray:
        """Números (n, T) int32 de cada frase, con `END` al final y relleno después.

        Raises
        ------
        ValueError : si una frase, con su `END`, no cabe en ``T`` pasos, o si tiene un símbolo desconocido.
        """
        codes = np.full((len(sentences), T), PAD, "int32")
        for row, sentence in zip(codes, sentences, strict=True):
            if len(sentence) >= T:
                raise ValueError(f"T={T}: la frase {' '.join(sentence)!r} necesita {len(sentence) + 1} pasos.")
            if unknown := [symbol for symbol in sentence if symbol not in self.number]:
                raise ValueError(f"{unknown[0]!r} no está en el vocabulario: quita esa frase o añádela antes.")
            row[: len(sentence) + 1] = [*(self.number[symbol] for symbol in sentence), END]
        return codes

    def decode(self, codes: np.ndarray) -> list[list[str]]:
        """Los símbolos de cada fila de números, hasta su primer `END`."""
        return [[self.symbols[k] for k in _until_end(row)] for row in np.asarray(codes)]


def known_pairs(pairs: pd.DataFrame, n_source: int, n_target: int, longest: int) -> pd.DataFrame:
    """Las parejas cortas cuyas palabras están todas entre las más frecuentes de su idioma.

    Parameters
    ----------
    pairs : dos columnas de texto, la frase de origen y su traducción.
    n_source, n_target : cuántas palabras de cada idioma se admiten.
    longest : palabras y signos que tiene como mucho cada frase.

    Returns
    -------
    DataFrame con las filas que quedan y las mismas columnas, como listas de `words`.
    """
    tokens = pairs.map(words)
    keep = np.ones(len(pairs), bool)
    for column, size in zip(tokens, (n_source, n_target), strict=True):
        counts = Counter(word for sentence in tokens[column] for word in sentence)
        known = set(sorted(counts, key=lambda word: (-counts[word], word))[:size])
        keep &= [len(sentence) <= longest and known.issuperset(sentence) for sentence in tokens[column]]
    return tokens[keep]


def split_by_source(
    pairs: pd.DataFrame, n_validation: int, n_test: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Entrenamiento, validación y prueba sin que ninguna frase de origen esté en dos partes.

    Parameters
    ----------
    pairs : dos columnas de listas de palabras, como las de `known_pairs`.
    n_validation, n_test : frases de origen distintas de cada parte; el resto entrena.

    Returns
    -------
    Tres DataFrame, con todas las traducciones de cada frase de origen.
    """
    key = pairs.iloc[:, 0].map(" ".join)
    distinct = rng.permutation(np.array(sorted(set(key)), dtype=object))
    cut = n_test + n_validation
    test, validation = set(distinct[:n_test]), set(distinct[n_test:cut])
    in_test, in_validation = key.isin(test), key.isin(validation)
    return pairs[~in_test & ~in_validation], pairs[in_validation], pairs[in_test]


def shifted(target: np.ndarray) -> np.ndarray:
    """La salida correcta retrasada un paso: lo que el decodificador recibe al entrenar, con `START` al principio.

    Examples
    --------
    >>> shifted(np.array([[7, 8, 2, 0]])).tolist()
    [[1, 7, 8, 2]]
    """
    return np.concatenate([np.full_like(target[:, :1], START), target[:, :-1]], axis=1)


def bleu(outputs: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> float:
    """BLEU de sacrebleu, de 0 a 100, sobre palabras ya separadas.

    Parameters
    ----------
    outputs : una lista de palabras por frase.
    references : por frase, sus traducciones correctas, una o varias, cada una como lista de palabras.

    Fuente: Papineni et al. (2002); sacrebleu es de Post (2018).
    """
    import sacrebleu

    texts = [[" ".join(reference) for reference in known] for known in references]
    streams = [[known[k] if k < len(known) else None for known in texts] for k in range(max(map(len, texts)))]
    lines = [" ".join(output) for output in outputs]
    return sacrebleu.corpus_bleu(lines, streams, tokenize="none", force=True).score


def network(n_source: int, n_target: int, *, embedding: int, units: int, attention: bool):
    """Codificador y decodificador GRU, con o sin atención, para entrenar dando la respuesta anterior.

    El último estado del codificador es el primero del decodificador. Con atención, la salida de cada paso mira además a
    todos los estados del codificador (producto escalar: Luong et al., 2015).

    Parameters
    ----------
    n_source, n_target : símbolos de cada vocabulario.
    embedding : componentes de cada símbolo (E).
    units : unidades de cada GRU (H).

    Returns
    -------
    Modelo de Keras sin compilar: de los números de la entrada (B, N) y de la salida correcta retrasada un paso (B, M),
    que empieza por `START`, a los logits (B, M, V).
    """
    from keras import Input, Model, layers  # el paquete se instala sin Keras

    source, previous = Input((None,), dtype="int32", name="source"), Input((None,), dtype="int32", name="previous")
    embedded = layers.Embedding(n_source, embedding, mask_zero=True, name="source_embedding")(source)
    memory, last = layers.GRU(units, return_sequences=True, return_state=True, name="encoder")(embedded)
    fed = layers.Embedding(n_target, embedding, name="target_embedding")(previous)
    state = layers.GRU(units, return_sequences=True, name="decoder")(fed, initial_state=last)
    if attention:
        context = layers.Attention(name="attention")([state, memory])  # la máscara de memory quita el relleno
        state = layers.Concatenate(name="state_and_context")([state, context])
    readout = layers.Dense(units, activation="tanh", name="readout")(state)
    return Model([source, previous], layers.Dense(n_target, name="logits")(readout))


class Translator:
    """Una `network` entrenada, copiada a NumPy para generar la salida paso a paso.

    Parameters
    ----------
    model : modelo de `network`; se copian sus pesos.
    """

    def __init__(self, model):
        names = {layer.name: layer for layer in model.layers}
        weights = {name: [np.array(w) for w in layer.get_weights()] for name, layer in names.items()}
        self.attention = "attention" in names
        self.encoder, self.decoder = GRU.from_keras(names["encoder"]), GRU.from_keras(names["decoder"])
        (self.source_embedding,), (self.target_embedding,) = weights["source_embedding"], weights["target_embedding"]
        self.readout, self.logits = weights["readout"], weights["logits"]

    def encode(self, source: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Estados del codificador (B, N, H), qué pasos no son relleno (B, N) y el último estado (B, H)."""
        real = source != PAD
        memory, last = self.encoder.forward(self.source_embedding[source], mask=real)
        return memory, real, last

    def step(self, previous: np.ndarray, state: np.ndarray, memory: np.ndarray, real: np.ndarray):
        """Un paso del decodificador.

        Parameters
        ----------
        previous : (B,), el símbolo anterior.
        state, memory, real : el estado (B, H) y lo que da `encode`.

        Returns
        -------
        logarithms : (B, V), logaritmo de la probabilidad de cada símbolo.
        state : (B, H).
        weights : (B, N), la atención; ceros si la red no la tiene.
        """
        _, state = self.decoder.forward(self.target_embedding[previous][:, None], state)
        weights, seen = np.zeros(real.shape), state
        if self.attention:
            scores = np.where(real, np.einsum("bh,bnh->bn", state, memory), -np.inf)
            weights = np.exp(_log_softmax(scores))
            seen = np.concatenate([state, np.einsum("bn,bnh->bh", weights, memory)], axis=1)
        hidden = np.tanh(seen @ self.readout[0] + self.readout[1])
        return _log_softmax(hidden @ self.logits[0] + self.logits[1]), state, weights

    def greedy(self, source: np.ndarray, T: int) -> tuple[np.ndarray, np.ndarray]:
        """La salida que toma en cada paso el símbolo más probable.

        Parameters
        ----------
        source : (B, N) números de la entrada.
        T : pasos de salida, como mucho.

        Returns
        -------
        codes : (B, T) números; después del primer `END`, relleno.
        weights : (B, T, N), la atención de cada paso.
        """
        memory, real, state = self.encode(source)
        previous, codes, weights = np.full(len(source), START), [], []
        for _ in range(T):
            logarithms, state, looked = self.step(previous, state, memory, real)
            logarithms[:, [PAD, START]] = -np.inf  # no son salidas
            previous = np.where(np.isin(previous, (PAD, END)), PAD, logarithms.argmax(axis=1))
            codes.append(previous)
            weights.append(looked)
        return np.stack(codes, axis=1), np.stack(weights, axis=1)

    def beam(self, source: np.ndarray, T: int, width: int, *, power: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """La mejor salida de una búsqueda en haz, que conserva en cada paso las ``width`` más probables.

        Parameters
        ----------
        source, T : como en `greedy`.
        width : salidas que se conservan; con 1 es `greedy`.
        power : la probabilidad final se divide, en logaritmos, entre la longitud elevada a ``power``; 0 no corrige.

        Returns
        -------
        codes : (B, T) números.
        logarithms : (B,), logaritmo de la probabilidad de cada salida, sin corregir.
        """
        B = len(source)
        memory, real, state = (np.repeat(part, width, axis=0) for part in self.encode(source))
        scores = np.full((B, width), -np.inf)
        scores[:, 0] = 0  # al principio todas las del haz son la misma
        codes = np.full((B, width, 1), START)
        for _ in range(T):
            previous = codes[:, :, -1].ravel()
            logarithms, state, _ = self.step(previous, state, memory, real)
            logarithms[:, [PAD, START]] = -np.inf  # no son salidas
            ended = np.isin(previous, (PAD, END))
            logarithms[ended] = -np.inf  # una salida terminada solo se rellena, sin coste
            logarithms[ended, PAD] = 0
            total = (scores.reshape(-1, 1) + logarithms).reshape(B, -1)  # (B, width * V)
            best = np.argpartition(-total, width - 1, axis=1)[:, :width]
            scores = np.take_along_axis(total, best, axis=1)
            parent, symbol = np.divmod(best, logarithms.shape[1])  # (B, width)
            codes = np.concatenate([np.take_along_axis(codes, parent[..., None], axis=1), symbol[..., None]], axis=2)
            state = state.reshape(B, width, -1)[np.arange(B)[:, None], parent].reshape(B * width, -1)
        lengths = (codes[:, :, 1:] != PAD).sum(axis=2)
        chosen = (scores / lengths**power).argmax(axis=1)
        rows = np.arange(B)
        return codes[rows, chosen, 1:], scores[rows, chosen]


def _until_end(row: Sequence[int]) -> list[int]:
    found = []
    for code in row:
        if code in (PAD, END):
            break
        found.append(int(code))
    return found


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
