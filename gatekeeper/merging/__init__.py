"""Merges of files: by hand, for git as its merge driver, and in a merge that git has left conflicts in."""

from __future__ import annotations

SECONDS = 10.0
"""How long git waits for the driver before it merges the lines itself."""
