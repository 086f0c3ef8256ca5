"""Real merges of one manifest: the versions, what each says fact by fact, and its comments.

Nothing here asks Gatekeeper what a manifest says: the facts judge its merges.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

import rtoml

Key: TypeAlias = tuple[str, ...]
Facts: TypeAlias = Mapping[Key, str]
"""What a manifest says: each value at its key; an array's entries at the array's key and ``[entry]``."""

EMPTY = "{}"
"""The fact of a table that holds nothing."""
ARRAY = "[]"
"""The fact of an array, whatever it holds."""

_DEPENDENCIES = frozenset({"dependencies", "dev-dependencies", "build-dependencies"})
_OLD_NAMES = ("default_features", "dev_dependencies", "build_dependencies", "crate_type", "proc_macro")
_STRINGS = r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'"
_ENTRY = re.compile(r"\[.*\]\Z", re.DOTALL)
_COMMENT = re.compile(rf"(?:{_STRINGS})|(?P<comment>#[^\n]*)", re.DOTALL)


class BothChanged:
    """The type of ``BOTH_CHANGED``."""


BOTH_CHANGED: Final = BothChanged()
"""What the sides want at a key that they have changed to different values."""


@dataclass(frozen=True)
class Version:
    """One text of a manifest. ``facts`` is None where it is no TOML; ``failure`` then says why."""

    text: str

    @cached_property
    def failure(self) -> str:
        """Why the text is no TOML, empty if it is."""
        try:
            rtoml.loads(self.text.removeprefix("\ufeff"))
        except ValueError as error:
            return str(error)
        return ""

    @cached_property
    def facts(self) -> dict[Key, str] | None:
        """What the text says."""
        return None if self.failure else dict(_facts((), rtoml.loads(self.text.removeprefix("\ufeff"))))

    @cached_property
    def comments(self) -> Counter[str]:
        """The comments, each with how often it stands there."""
        found = (match["comment"] for match in _COMMENT.finditer(self.text))
        return Counter(comment.rstrip() for comment in found if comment is not None)


@dataclass(frozen=True)
class Case:
    """One path of a merge: what it was made of and what the maintainers made of it."""

    name: str
    path: str
    category: str
    base: Version
    ours: Version
    theirs: Version
    human: Version
    added_by_both: bool

    @property
    def kind(self) -> str:
        """The name of the file."""
        return Path(self.path).name

    @property
    def readable(self) -> bool:
        """Whether all that is to be merged is TOML."""
        return not any(version.failure for version in (self.base, self.ours, self.theirs))

    def wanted(self, key: Key) -> str | BothChanged | None:
        """Return what the sides want at a key, by itself; None: nothing."""
        before, mine, other = (facts_of(version).get(key) for version in (self.base, self.ours, self.theirs))
        if other in {mine, before}:
            return mine
        return other if mine == before else BOTH_CHANGED

    def lost_keys(self, merged: Version) -> list[Key]:
        """Return the keys at which ``merged`` is not as the one side has it that changed it."""
        said = facts_of(merged)
        keys = dict.fromkeys(chain(facts_of(self.base), facts_of(self.ours), facts_of(self.theirs)))
        return [key for key in keys if _is_due(self, key) and not agree(key, said.get(key), self.wanted(key))]

    def lost_comments(self, merged: Version) -> list[str]:
        """Return the comments that ``merged`` lacks although their side has kept or added them."""
        before, mine, other = (version.comments for version in (self.base, self.ours, self.theirs))
        lost = []
        for comment in mine.keys() | other.keys():
            counts = mine[comment], other[comment]
            due = counts[1] if counts[0] == before[comment] else counts[0]
            if before[comment] not in counts:
                due = min(counts)
            if merged.comments[comment] < due:
                lost.append(comment)
        return sorted(lost)


def read_cases(path: Path) -> Iterator[Case]:
    """Read a file of merges, one JSON object a line, packed or not."""
    with path.open("rb") as packed, gzip.open(packed) if path.suffix == ".gz" else packed as lines:
        for line in lines:
            row = json.loads(line)
            base, ours, theirs, human = (Version(row[name] or "") for name in ("base", "ours", "theirs", "human"))
            added_by_both = row["base"] is None
            yield Case(row["id"], row["path"], row["category"], base, ours, theirs, human, added_by_both)


def facts_of(version: Version) -> Facts:
    """Return the facts of a version, none where it is no TOML."""
    return version.facts or {}


def shown_key(key: Key) -> str:
    """Return a key as the lists show it."""
    return ".".join(key)


def agree(key: Key, one: object, other: object) -> bool:
    """Return whether two facts at a key are the same, an entry of an array once or several times."""
    return one == other or (is_entry(key) and None not in (one, other))


def is_entry(key: Key) -> bool:
    """Return whether a key is that of an entry of an array, which says how often it stands there."""
    return key[-1:] != () and bool(_ENTRY.match(key[-1]))


def _is_due(case: Case, key: Key) -> bool:
    """Return whether a merge owes something at a key: one side changed it, and it is more than a place for others."""
    there = {facts_of(version).get(key) for version in (case.base, case.ours, case.theirs)}
    return case.wanted(key) is not BOTH_CHANGED and there.isdisjoint({EMPTY, ARRAY})


def _facts(key: Key, value: object) -> Iterator[tuple[Key, str]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            known = name.replace("_", "-") if name in _OLD_NAMES else name
            is_requirement = key[-1:] and key[-1] in _DEPENDENCIES and isinstance(inner, str)
            yield from _facts((*key, known), {"version": inner} if is_requirement else inner)
    elif isinstance(value, list) and "tasks" not in key[:1]:
        yield key, ARRAY
        names = [entry.get("name") if isinstance(entry, dict) else None for entry in value]
        if value and None not in names and len(set(map(str, names))) == len(names):
            for name, entry in zip(names, value, strict=True):
                yield from _facts((*key, f"{name}"), entry)
            return
        for entry, count in Counter(map(_spelled, value)).items():
            yield (*key, f"[{entry}]"), str(count)
    else:
        yield key, _spelled(value)


def _spelled(value: object) -> str:
    """Return one spelling for each value: the order of tables is none, that of arrays in tasks is one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_spelled(inner)}" for name, inner in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else f"{value!r}"
