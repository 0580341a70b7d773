"""Entrenar muchas veces una misma red de Keras, una por semilla, sin volver a compilarla."""

__all__ = ["restart"]


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
            variable.assign(keras.ops.zeros_like(variable))
