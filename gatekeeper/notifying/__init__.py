"""Tells the world outside: one notification to one channel, which may be slow, gone or ill-behaved."""

from __future__ import annotations

from gatekeeper.notifying.deliver import deliver

__all__ = ["deliver"]
