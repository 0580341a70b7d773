# Donde se ejecutan los cuadernos entregados: el paquete del curso, sus versiones fijas y nbgrader; nada más.
FROM python:3.12-slim
COPY . /tmp/curso
RUN pip install --no-cache-dir --requirement /tmp/curso/requirements.txt "$(grep ^nbgrader== /tmp/curso/requirements-test.txt)" \
    && pip install --no-cache-dir --no-deps /tmp/curso \
    && rm -r /tmp/curso
ENV TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0
USER nobody
