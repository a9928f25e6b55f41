# One image for every part; docker-compose.yml gives each its command. By itself it runs all of them (`followup serve`).
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
RUN python -m venv --without-pip /opt/followup
WORKDIR /src
# What we stand on changes seldom, so it has a layer of its own. The lock only constrains: it names the tests' tools, too.
COPY pyproject.toml requirements.lock ./
RUN uv pip install --python /opt/followup --constraint requirements.lock --requirement pyproject.toml
COPY README.md settings.py worker.py ./
COPY migrations migrations
COPY followup followup
RUN uv pip install --python /opt/followup --no-deps .

FROM ${PYTHON}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin followup \
    && install --directory --owner followup --group followup --mode 0700 /var/lib/followup
COPY --from=build /opt/followup /opt/followup
ENV PATH=/opt/followup/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FOLLOWUP_DATA_DIR=/var/lib/followup \
    FOLLOWUP_HOST=0.0.0.0
WORKDIR /var/lib/followup
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ.get('FOLLOWUP_PORT', '8000') + '/healthz', timeout=4)"]
CMD ["followup", "serve"]
