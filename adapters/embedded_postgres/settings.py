"""PostgreSQL settings for one small shop on one machine."""

import sys

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    # After a crash, flush the data directory by one system call instead of file by file.
    "recovery_init_sync_method": "syncfs" if sys.platform == "linux" else "fsync",
    # The server's log must not contain data, but an entry about a rejected statement would quote values.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}
