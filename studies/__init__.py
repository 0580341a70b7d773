"""Estudios: experimentos demasiado largos para una celda, cuyos registros enseñan los capítulos.

    python -m studies list
    python -m studies run long-memory [--seeds N] [--only task=recall T=50] [--workers N]

Un estudio es un archivo de esta carpeta: ``long_memory.py`` es «long-memory». Declara dos funciones:

- ``grid(seeds)``: los parámetros de cada medida, diccionarios que caben en JSON y llevan su ``seed``;
- ``measure(**params)``: hace una medida y devuelve sus resultados, también un diccionario que cabe en JSON. Depende
  solo de los parámetros, y no de qué se midió antes ni de en qué proceso.

Cada medida terminada añade en el acto una línea a ``studies/records/NOMBRE.jsonl``, con los parámetros, los resultados,
las versiones, el dispositivo y la fecha. Se hace solo lo que falta: interrumpir un estudio no pierde ninguna medida
terminada, y repetir la orden lo continúa. Los parámetros dicen todo lo que decide el resultado; quien cambie
``measure`` sin que cambien ellos tiene que borrar los registros. Un capítulo los lee con
``recurrentes.records.load(NOMBRE)``.
"""
