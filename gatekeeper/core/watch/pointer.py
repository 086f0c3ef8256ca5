"""What an agent is started with: so short that it costs nothing, and enough to find all the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gatekeeper.core.branch_names import branch_of
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.roster import PhaseName
from gatekeeper.core.watch.memory_keys import MemoryKey

LIMIT = 100
"""A pointer has fewer tokens than this."""

_CUT = "..."
_AGENT_TOKENS, _PHASE_TOKENS, _BRANCH_TOKENS, _GLOB_TOKENS = 12, 8, 12, 16


@dataclass(frozen=True, slots=True)
class HowTo:
    """The commands by which an agent reads, claims and reports; short ones, since they are part of every pointer."""

    read: str = "gatekeeper memory get KEY"
    claim: str = "gatekeeper claim PLACE"
    blocked: str = "gatekeeper agent report blocked --reason WHY"


def pointer(
    agent: AgentName, keys: Sequence[MemoryKey] = (), *, phase: PhaseName | None, branch: RefName, how: HowTo = HowTo()
) -> str:
    """Return the text: who the agent is, which keys it is to read, and how it reads, claims and reports.

    It has fewer than ``LIMIT`` tokens, whatever the names: long ones are cut, and keys that have no room are counted.
    """
    who = f"You are {_short(agent, _AGENT_TOKENS)}"
    where = f"on branch {_short(branch_of(branch), _BRANCH_TOKENS)}"
    during = "" if phase is None else f", phase {_short(phase, _PHASE_TOKENS)}"
    head = f"{who}{during}, {where}.\n"
    tail = f"Claim first: {how.claim}. Stuck: {how.blocked}.\n"
    shown = 0
    while shown < len(keys) and tokens_at_most(head + _reading(keys, shown + 1, how) + tail) < LIMIT:
        shown += 1
    return head + _reading(keys, shown, how) + tail


def tokens_at_most(text: str) -> int:
    """Return how many tokens a text has at most, for any tokeniser in use that was made from English and code.

    Four words of English are about five tokens, and three characters of names and paths about one. Of any other
    character each byte counts as a token, which is what it comes to where a tokeniser does not know it.
    """
    characters = sum(1 if character.isascii() else 3 * len(character.encode("utf-8", "replace")) for character in text)
    return math.ceil(max(len(text.split()) * 4 / 3, characters / 3))


def _reading(keys: Sequence[MemoryKey], shown: int, how: HowTo) -> str:
    if not keys:
        return ""
    named = ", ".join(keys[:shown])
    more = len(keys) - shown
    if more:
        counted = f" and {more} more" if shown else f"{more} {'key' if more == 1 else 'keys'}"
        named += f"{counted}, see {_all_of(keys)}"
    return f"Read ({how.read}): {named}.\n"


def _all_of(keys: Sequence[MemoryKey]) -> str:
    """Return a glob of keys, as short as need be, that all of them fit."""
    directories = [key.split("/")[:-1] for key in keys]
    lowest, highest = min(directories), max(directories)
    differing = (depth for depth, parts in enumerate(zip(lowest, highest, strict=False)) if parts[0] != parts[1])
    common = "/".join([*lowest[: next(differing, min(len(lowest), len(highest)))], "**"])
    return common if tokens_at_most(common) <= _GLOB_TOKENS else "**"


def _short(name: str, most: int) -> str:
    """Return a name on one line, cut to so many tokens."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if tokens_at_most(plain) <= most:
        return plain
    kept = plain[: most * 3]
    while tokens_at_most(kept + _CUT) > most:
        kept = kept[:-1]
    return kept + _CUT
