"""The ledger in git: events and the state after them in ``refs/gatekeeper/ledger``."""

from __future__ import annotations

from gatekeeper.core.ledger.references import LEDGER_REF
from gatekeeper.ledger.ledger import Appended, Ledger
from gatekeeper.ledger.tree import StateTree

__all__ = ["LEDGER_REF", "Appended", "Ledger", "StateTree"]
