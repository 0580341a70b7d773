"""Estudios: experimentos demasiado largos para una celda, cuyos registros enseñan los capítulos.

```
python -m studies list
python -m studies run long-memory [--seeds N] [--only task=recall T=50] [--workers N] [--scheduler DIRECCIÓN]
```

Un estudio es un archivo de la carpeta `studies`: `long_memory.py` es «long-memory». Declara dos funciones:

- `grid(seeds)`: los parámetros de cada medida, diccionarios que caben en JSON y llevan su `seed`;
- `measure(**params)`: hace una medida y devuelve sus resultados, también un diccionario que cabe en JSON. Depende
  solo de los parámetros, y no de qué se midió antes ni de en qué proceso.

Dask reparte las medidas entre los procesos de esta máquina, uno por núcleo si no se dice otra cosa, o entre las
máquinas de un planificador en marcha, del que basta la dirección: `python -m dask scheduler` lo arranca en una, y
`python -m dask worker DIRECCIÓN --nthreads N --no-nanny`, en cada una de las demás, con tantas medidas a la vez como
diga `N`. Todas parten de una copia del repositorio y de su entorno, y reciben de la orden las variables que deciden el
resultado, como `KERAS_BACKEND`. Cada medida se hace en un proceso que solo mide: el azar global de Python, del que
salen los pesos iniciales de Keras, no lo gasta nadie más.

Cada medida terminada añade en el acto una línea a `studies/records/NOMBRE.jsonl`, con los parámetros, los resultados,
las versiones, el dispositivo y la fecha. Se hace solo lo que falta: interrumpir un estudio no pierde ninguna medida
terminada, y repetir la orden lo continúa. Los parámetros dicen todo lo que decide el resultado; quien cambie
`measure` sin que cambien ellos tiene que borrar los registros. Un capítulo los lee con
`recurrentes.records.load(NOMBRE)`.
"""
