"""Código del curso *Redes neuronales recurrentes*: lo que importan sus cuadernos.

Módulos: ``data`` (datos reales y sintéticos), ``windows`` (ventanas y partición temporal), ``baselines`` (pronósticos
ingenuos), ``cells`` (celdas recurrentes de referencia), ``linear`` (recurrencias lineales), ``tasks`` (tareas
sintéticas), ``training`` (una red por semilla), ``records`` (registros de los estudios), ``timing`` (cuánto tarda
cada cosa), ``text_cache`` (textos vectorizados sin TensorFlow), ``weights`` (redes ya entrenadas), ``seq2seq`` (de
una secuencia a otra de distinta longitud), ``lengths`` (lotes de secuencias de distinta longitud), ``letters``
(textos letra a letra), ``ngrams`` (n-gramas con suavizado), ``music`` (corales que se oyen y se guardan), ``plots``
(estilo de las figuras), ``diagrams`` (esquemas de arquitecturas), ``claims`` (afirmaciones medidas) y ``checks``
(ejercicios que se comprueban solos). Importarlos no toca ni el disco ni la red.
"""

from recurrentes import (
    baselines,
    cells,
    checks,
    claims,
    data,
    diagrams,
    lengths,
    letters,
    linear,
    music,
    ngrams,
    plots,
    records,
    seq2seq,
    tasks,
    text_cache,
    timing,
    training,
    weights,
    windows,
)

__version__ = "0.1.0"

__all__ = [
    "baselines",
    "cells",
    "checks",
    "claims",
    "data",
    "diagrams",
    "lengths",
    "letters",
    "linear",
    "music",
    "ngrams",
    "plots",
    "records",
    "seq2seq",
    "tasks",
    "text_cache",
    "timing",
    "training",
    "weights",
    "windows",
]
