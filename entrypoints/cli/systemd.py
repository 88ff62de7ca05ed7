"""Notification of systemd, for units of `Type=notify` (sd_notify(3))."""

import os
import socket


def notify_ready() -> None:
    """Report to systemd that this process is ready, if systemd waits for the report."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # a socket in Linux' abstract namespace
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", address)
