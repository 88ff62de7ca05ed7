"""How PostgreSQL is set up for one small shop on one machine."""

import sys

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    # After a crash, force the data directory to the disk by one call instead of file by file.
    "recovery_init_sync_method": "syncfs" if sys.platform == "linux" else "fsync",
    # The log tells of the server, not of the data: a refused statement quotes values, and is its client's to see.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}
