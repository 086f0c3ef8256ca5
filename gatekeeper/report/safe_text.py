"""Text from a repository, made harmless for a terminal."""

from __future__ import annotations

from gatekeeper.core.safe_text import safe, without_surrogates

__all__ = ["safe", "without_surrogates"]
