"""How a merge came out, and why it says something else than the maintainers' result."""

from __future__ import annotations

import enum
from itertools import chain

from benchmarks.merge_cases import BOTH_CHANGED, Case, Key, Version, agree, facts_of, shown_key
from benchmarks.merge_contenders import Attempt


class Result(enum.Enum):
    """What came of a merge, held against what the maintainers made."""

    EQUAL = "clean, equal to the maintainers' value"
    DIFFERENT = "clean, different"
    CONFLICT = "conflict"
    INVALID = "output that is not TOML"


class Cause(enum.Enum):
    """Why a clean merge differs, the gravest first."""

    DISAGREEMENT = "a true disagreement: settled otherwise than the maintainers did"
    NOT_TOML = "the maintainers' result is not TOML"
    ONE_SIDE = "the maintainers took one side as a whole"
    DROPPED = "the maintainers dropped a change of one side"
    TWICE = "the maintainers wrote an entry of an array twice"
    ELSE = "the maintainers changed something else as well"


def result(case: Case, attempt: Attempt) -> Result:
    """Say what came of a merge."""
    if attempt.merged is None:
        return Result.CONFLICT
    if attempt.merged.facts is None:
        return Result.INVALID
    return Result.EQUAL if attempt.merged.facts == case.human.facts else Result.DIFFERENT


def cause(case: Case, merged: Version) -> Cause:
    """Say why ``merged``, which is TOML, differs from the maintainers' result."""
    if case.human.failure:
        return Cause.NOT_TOML
    causes = {_cause_at(case, key, merged) for key in differing_keys(case, merged)}
    if Cause.DISAGREEMENT in causes:
        return Cause.DISAGREEMENT
    if case.human.facts in (case.ours.facts, case.theirs.facts):
        return Cause.ONE_SIDE
    return next(one for one in (Cause.DROPPED, Cause.ELSE, Cause.TWICE) if one in causes)


def differing_keys(case: Case, merged: Version) -> list[Key]:
    """Return the keys at which ``merged`` and the maintainers' result differ."""
    said, human = facts_of(merged), facts_of(case.human)
    return [key for key in dict.fromkeys(chain(said, human)) if said.get(key) != human.get(key)]


def disagreements(case: Case, merged: Version) -> list[str]:
    """Return the keys on which the disagreement is a true one, with what everybody has there."""
    return [
        told(case, key, merged)
        for key in differing_keys(case, merged)
        if _cause_at(case, key, merged) is Cause.DISAGREEMENT
    ]


def told(case: Case, key: Key, merged: Version) -> str:
    """Return one line about a key."""
    versions = {"base": case.base, "ours": case.ours, "theirs": case.theirs, "human": case.human, "merged": merged}
    said = (f"{name} {_short(facts_of(version).get(key))}" for name, version in versions.items())
    return f"{shown_key(key)}: {', '.join(said)}"


def _cause_at(case: Case, key: Key, merged: Version) -> Cause:
    """Say why one key differs.

    A value that both sides changed and that the maintainers settled with a third is an edit of theirs, unless it can be
    combined of parts: then it may be another combination.
    """
    wanted, human, said = case.wanted(key), facts_of(case.human).get(key), facts_of(merged).get(key)
    before, *sides = (facts_of(version).get(key) for version in (case.base, case.ours, case.theirs))
    if human != said and agree(key, human, said):
        return Cause.TWICE
    if wanted is BOTH_CHANGED:
        is_edit = human not in sides and human is not None and not _has_parts(human)
        return Cause.ELSE if is_edit else Cause.DISAGREEMENT
    if human == wanted:
        return Cause.DISAGREEMENT
    left_as_it_was = human == before and before != wanted and before in sides
    return Cause.DROPPED if left_as_it_was else Cause.ELSE


def _has_parts(value: str) -> bool:
    return value.startswith("[") or "\\n" in value


def _short(value: str | None, limit: int = 60) -> str:
    if value is None:
        return "nothing"
    return value if len(value) <= limit else f"{value[: limit - 3]}..."
