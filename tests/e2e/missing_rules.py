"""What of ``fixtures/catalogue.json`` is not there yet; a row that is there must not stand here."""

from __future__ import annotations

MISSING: frozenset[str] = frozenset()
