"""Any TOML file of which nothing is known."""

from __future__ import annotations

from gatekeeper.core.schema.kinds import Profile

GENERIC = Profile("generic")
