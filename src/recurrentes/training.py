"""Entrenar redes pequeñas sin perder el tiempo: cómo se compilan en cada backend y cómo se repiten sin compilarlas."""

__all__ = ["compile_options", "restart"]


def compile_options(steps: int = 1, *, xla: bool = False) -> dict:
    """Lo que se da a ``compile`` para que la red vaya deprisa con el backend que esté activo.

    Parameters
    ----------
    steps : actualizaciones seguidas por cada llamada (``steps_per_execution``). PyTorch solo admite una.
    xla : si TensorFlow compila con XLA en una CPU: cada paso es más rápido y la primera llamada tarda más. En una GPU
        decide Keras. JAX lo usa siempre, porque sin él va operación por operación; PyTorch, nunca.

    Examples
    --------
    ``network.compile("adam", "mse", **training.compile_options(steps=50))``
    """
    import keras  # el paquete se instala sin Keras, y quien la llama ya lo tiene

    backend = keras.config.backend()
    if backend == "torch":
        return {"jit_compile": False}
    chosen = backend == "tensorflow" and keras.distribution.list_devices()[0].startswith("cpu")
    return {"jit_compile": xla if chosen else "auto", "steps_per_execution": steps}


def restart(network, seed: int) -> None:
    """Deja una red ya compilada como recién creada con esa semilla: pesos nuevos y optimizador a cero.

    Compilar una red pequeña cuesta más que entrenarla; así se compila una vez. Fija también el azar de Keras, de
    NumPy (el global) y de Python, con ``keras.utils.set_random_seed``. La tasa de aprendizaje no se toca.

    Parameters
    ----------
    network : modelo de Keras compilado; se modifica.
    seed : la que decide los pesos iniciales.

    Raises
    ------
    ValueError : si la red no está compilada.
    """
    import keras  # el paquete se instala sin Keras, y quien la llama ya lo tiene

    if not network.compiled:
        raise ValueError("network no está compilada: llama antes a network.compile(...).")
    keras.utils.set_random_seed(seed)
    fresh = keras.models.clone_model(network)
    for variable, new in zip(network.variables, fresh.variables, strict=True):  # también el azar de cada Dropout
        variable.assign(new)
    optimizer = network.optimizer
    for variable in optimizer.variables:
        if variable is not optimizer.learning_rate:
            variable.assign(keras.ops.zeros(variable.shape, variable.dtype))
