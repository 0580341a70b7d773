# Configuración de nbgrader para quien califica con este curso; el libro corta sus ejercicios con los mismos textos.
# Copia los cuadernos de solutions/ en source/<tarea>/ de tu curso, y este archivo en su raíz.
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "recurrentes"
c.ClearSolutions.code_stub = {
    "python": '# ESCRIBE AQUÍ TU CÓDIGO\nraise NotImplementedError("Sustituye esta línea por tu solución.")'
}
c.ClearSolutions.text_stub = "*Escribe aquí tu respuesta.*"
