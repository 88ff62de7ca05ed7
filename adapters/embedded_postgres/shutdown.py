"""How a server is stopped, if need be with growing force. No way loses what was committed."""

import signal

# PostgreSQL's fast shutdown, its immediate one (the next start recovers), and the end; seconds to wait after each.
ESCALATION = ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))
