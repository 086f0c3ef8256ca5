"""The merges that are looked at one by one, a line for each: what git and Gatekeeper give, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from benchmarks.merge_cases import BOTH_CHANGED, Case, Key, Version, facts_of, is_entry, shown_key
from benchmarks.merge_causes import Result, disagreements, told
from benchmarks.merge_report import Column, Tried

_MOST = 3
_SHORT = 210
_SIDES = 3
_LINE = re.compile(r"line (\d+) ")

_TITLES = {
    "git-clean-but-invalid": "git's clean result is not TOML",
    "git-clean-but-not-keywise": "git's clean result says something else than the keys",
    "git-clean-keys-clash": "keys clash, and git merged",
}


def lists(git: Column, ours: Column) -> str:
    """Return all lists."""
    parts = []
    for category, title in _TITLES.items():
        pairs = [pair for pair in zip(git, ours, strict=True) if pair[0].case.category == category]
        parts += [f"## {len(pairs)} merges: {title}", "", *(_line(*pair) for pair in pairs), ""]
    true = [(tried, tried.attempt.merged) for tried in ours if tried.result is Result.DIFFERENT]
    found = [
        f"- {tried.case.name} ({tried.case.category}, {tried.case.kind}): {'; '.join(map(_flat, keys))}"
        for tried, merged in true
        if merged is not None and not tried.case.human.failure and (keys := disagreements(tried.case, merged))
    ]
    return "\n".join([*parts, f"## {len(found)} true disagreements", "", *found, ""])


def _line(git: Tried, ours: Tried) -> str:
    case = git.case
    return f"- {case.name} ({case.kind}): {_given(ours)}; git: {_flat(_why(git))}"


def _given(ours: Tried) -> str:
    """Say what Gatekeeper gives."""
    why = "; ".join(_flat(_cut(reason)) for reason in ours.attempt.why[:_MOST])
    if ours.attempt.merged is None:
        return f"clash, {why}"
    how = ours.result.value if ours.cause is None else f"clean, differs ({ours.cause.value})"
    return f"{how} [{why}]" if why else how


def _why(git: Tried) -> str:
    """Say what is wrong with what git gives, or what is special about it."""
    case, merged = git.case, git.attempt.merged
    if merged is None:
        return "conflict"
    if merged.failure:
        return f"not TOML, {merged.failure}{_line_of(merged)}"
    lost = [_departure(case, key, merged) for key in _departing(case, merged)]
    both = [_cut(told(case, key, merged)) for key in _changed_by_both(case)]
    united = [] if lost or both else [_united(case, key) for key in _arrays_of_both(case)]
    parts = [*lost[:_MOST], *both[:_MOST], *united[:_MOST]]
    return "; ".join(parts) or git.result.value


def _line_of(merged: Version) -> str:
    """Return the line at which a text fails to be TOML."""
    match = _LINE.search(merged.failure)
    lines = merged.text.splitlines()
    return f": {lines[int(match[1]) - 1]}" if match and int(match[1]) <= len(lines) else ""


def _departing(case: Case, merged: Version) -> list[Key]:
    """Return the keys at which a text says something else than the sides together, tables without entries too."""
    keys = dict.fromkeys(chain(facts_of(case.base), facts_of(case.ours), facts_of(case.theirs), facts_of(merged)))
    said = facts_of(merged)
    return [key for key in keys if case.wanted(key) not in (BOTH_CHANGED, said.get(key))]


def _departure(case: Case, key: Key, merged: Version) -> str:
    wanted, said = case.wanted(key), facts_of(merged).get(key)
    return _cut(f"{shown_key(key)} is {_or_nothing(said)} where the keys give {_or_nothing(wanted)}")


def _or_nothing(value: object) -> str:
    return "nothing" if value is None else str(value)


def _changed_by_both(case: Case) -> list[Key]:
    keys = dict.fromkeys(chain(facts_of(case.ours), facts_of(case.theirs), facts_of(case.base)))
    return [key for key in keys if case.wanted(key) is BOTH_CHANGED]


def _arrays_of_both(case: Case) -> Iterator[Key]:
    """Yield the arrays whose entries both sides have changed, in different ways."""
    base, ours, theirs = map(_entries, (case.base, case.ours, case.theirs))
    for key in ours:
        before, mine, other = base.get(key, {}), ours[key], theirs.get(key, {})
        if len({tuple(entries.items()) for entries in (before, mine, other)}) == _SIDES:
            yield key


def _united(case: Case, key: Key) -> str:
    base, ours, theirs = (_entries(version).get(key, {}) for version in (case.base, case.ours, case.theirs))
    changes = f"ours {_changes(base, ours)}, theirs {_changes(base, theirs)}"
    return _cut(f"both changed the array {shown_key(key)}, {changes}")


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    changes = [f"+{entry}" for entry in after if entry not in before]
    changes += [f"-{entry}" for entry in before if entry not in after]
    changes += [f"{after[entry]} times {entry}" for entry in after if before.get(entry, "1") != after[entry]]
    return " ".join(changes) or "the order"


def _entries(version: Version) -> dict[Key, dict[str, str]]:
    """Return the entries of the arrays that are not sequences, as they stand, and how often each does."""
    found: dict[Key, dict[str, str]] = {}
    for key, fact in facts_of(version).items():
        if is_entry(key):
            found.setdefault(key[:-1], {})[key[-1][1:-1]] = fact
    return found


def _cut(text: str, limit: int = _SHORT) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _flat(text: str) -> str:
    return " ".join(text.split())
