"""A closed network: only sockets on this machine."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


class NetworkClosedError(RuntimeError):
    """A test tried to reach another machine."""


def is_local(host: object) -> bool:
    """Tell whether a host is this machine; only names that need no lookup count."""
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def close_network(patch: pytest.MonkeyPatch) -> None:
    """Make Python's sockets refuse every other machine until the patch is undone."""
    for method in ("connect", "connect_ex", "sendto"):
        patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
    lookup = socket.getaddrinfo

    def guarded_lookup(host: Any, *args: Any, **options: Any) -> Any:
        _require_local(host)
        return lookup(host, *args, **options)

    patch.setattr(socket, "getaddrinfo", guarded_lookup)


def _guarded(original: Any) -> Any:
    def call(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if self.family != socket.AF_UNIX:
            _require_local(address[0] if isinstance(address, tuple) else address)
        return original(self, *args)

    return call


def _require_local(host: object) -> None:
    if not is_local(host):
        message = f"tests do not use the network: {host!r}"
        raise NetworkClosedError(message)
