"""The references of the ledger, for who only asks whether there is one."""

from __future__ import annotations

from gatekeeper.core.names import RefName

LEDGER_REF = RefName("refs/gatekeeper/ledger")

KEPT_REF = RefName("refs/gatekeeper/kept/ledger")
"""Follows the first, so that nothing is lost where that one is truncated or deleted."""
