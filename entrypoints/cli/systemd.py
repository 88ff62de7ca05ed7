"""Notification of systemd, for units of `Type=notify` (sd_notify(3))."""

import os
import socket


def awaits_notification() -> bool:
    """Return whether systemd waits until this process reports that it is ready."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def notify_ready() -> None:
    """Report to systemd that this process is ready, if systemd waits for the report."""
    if not awaits_notification():
        return
    address = os.environ["NOTIFY_SOCKET"]
    if address.startswith("@"):  # a socket in Linux' abstract namespace
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", address)
