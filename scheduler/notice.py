"""What the daemon tells systemd: ready, still alive, reloading, stopping (sd_notify(3), by hand)."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping

__all__ = ["notify_service", "watchdog_s"]


def notify_service(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send *state* ("READY=1") to the service manager, where there is one."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if state == "RELOADING=1":
        state += f"\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"
    # A manager that is gone is no reason for the daemon to go.
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        link.connect("\0" + address[1:] if address.startswith("@") else address)
        link.sendall(state.encode())


def watchdog_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return how often the service manager wants to hear of us, None where it does not.

    >>> watchdog_s({"WATCHDOG_USEC": "120000000"})
    40.0
    """
    microseconds = environ.get("WATCHDOG_USEC", "")
    meant = environ.get("WATCHDOG_PID") in (None, str(os.getpid()))
    return int(microseconds) / 3e6 if microseconds.isdigit() and int(microseconds) and meant else None
