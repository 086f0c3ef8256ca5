"""The hint for a name that is none: the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

CUTOFF = 0.6
"""How like a name has to be, from 0 to 1: difflib's own measure and default."""


def did_you_mean(name: str, known: Iterable[str], otherwise: str, *, cutoff: float = CUTOFF) -> str:
    """Return the hint that names what is most like ``name``; ``otherwise`` where nothing is."""
    near = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"did you mean {near[0]}?" if near else otherwise
