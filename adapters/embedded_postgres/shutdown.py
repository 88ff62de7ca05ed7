"""Stop a server with increasing force. No step loses committed data."""

import signal

# PostgreSQL's fast shutdown, its immediate shutdown (the next start recovers), then SIGKILL; seconds to wait after each.
ESCALATION = ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))
