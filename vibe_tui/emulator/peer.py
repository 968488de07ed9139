"""Which local user is at the other end of a loopback connection (Linux: /proc/net/tcp, proc(5))."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def user_of(peer: tuple[str, int], ours: tuple[str, int]) -> int | None:
    """The user id that owns the socket at `peer`, connected to `ours` (IPv4 address, port).

    None where it cannot be known: not Linux, or a peer outside this network namespace.
    """
    local, remote = _hexadecimal(*peer), _hexadecimal(*ours)
    for table in _TABLES:
        try:
            text = table.read_text("ascii", errors="replace")
        except OSError:
            return None
        user = find_user(text, local, remote)
        if user is not None:
            return user
    return None


def find_user(table: str, local: str, remote: str) -> int | None:
    """The uid column of the row with these two addresses; IPv4 mapped to IPv6 ends in the same digits."""
    for line in table.splitlines()[1:]:
        columns = line.split()
        if len(columns) > 7 and columns[1].endswith(local) and columns[2].endswith(remote):
            return int(columns[7])
    return None


def _hexadecimal(host: str, port: int) -> str:
    """An address as the kernel prints it: the raw bytes read as one number of this machine's byte order."""
    return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
