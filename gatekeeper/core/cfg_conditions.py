"""Conditions under which Rust code is compiled, as text: what ``cfg`` takes, told as far as a tree can tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from gatekeeper.core.rust_tokens import tokens_of

ALWAYS = ""
TEST = "test"
UNKNOWN = "?"
"""A condition that nobody can tell."""

_LONGEST = 300
_DEEPEST = 16
_CONSTANTS = {"true": True, "false": False}


class _Condition(NamedTuple):
    """``all(…)``, ``any(…)`` or ``not(…)`` of others; anything else is a name alone."""

    name: str
    parts: tuple[_Condition, ...] = ()


def condition_of(tokens: Sequence[str]) -> str:
    """Return the condition that the tokens inside ``cfg(…)`` state."""
    text = " ".join(tokens)
    if not tokens or len(text) > _LONGEST:
        return UNKNOWN
    return ALWAYS if holds(text, {}) is True else text


def together(conditions: Iterable[str]) -> str:
    """Return the condition that all of ``conditions`` hold."""
    kept = list(dict.fromkeys(condition for condition in conditions if condition))
    if len(kept) < 2:  # noqa: PLR2004 -- nothing to join
        return kept[0] if kept else ALWAYS
    joined = f"all({', '.join(kept)})"
    return joined if len(joined) <= _LONGEST else UNKNOWN


def feature(name: str) -> str:
    """Return the condition that a feature is on."""
    return f'feature = "{name}"'


def features_in(condition: str) -> frozenset[str]:
    """Return the features that the condition asks for."""
    return frozenset(name[len('feature = "') : -1] for name in _names(_parsed(condition)) if _is_feature(name))


def holds(condition: str, known: Mapping[str, bool]) -> bool | None:
    """Return whether the condition holds where ``known`` does; None where that does not tell."""
    return True if condition == ALWAYS else _holds(_parsed(condition), known)


def for_tests_only(condition: str) -> bool:
    """Return whether the code is compiled for tests, and never else."""
    return holds(condition, {TEST: False}) is False


def in_some_build(condition: str, known: Mapping[str, bool]) -> bool | None:
    """Return whether the condition holds in every build, or in every build of tests; None: in some builds perhaps."""
    found = {holds(condition, {**known, TEST: test}) for test in (True, False)}
    if True in found:
        return True
    return None if None in found else False


def _holds(condition: _Condition, known: Mapping[str, bool]) -> bool | None:
    name, parts = condition
    if name not in {"all", "any", "not"}:
        return known.get(name, _CONSTANTS.get(name))
    if name == "not":
        inner = _holds(parts[0], known) if len(parts) == 1 else None
        return None if inner is None else not inner
    deciding = name == "any"
    found = {_holds(part, known) for part in parts}
    if deciding in found:
        return deciding
    return None if None in found else not deciding


def _is_feature(name: str) -> bool:
    return name.startswith('feature = "') and name.endswith('"')


def _names(condition: _Condition) -> Iterable[str]:
    if not condition.parts:
        yield condition.name
    for part in condition.parts:
        yield from _names(part)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> _Condition:
    tokens = tokens_of(text)
    condition, end = _read(tokens, 0, 0)
    return condition if end == len(tokens) else _Condition(UNKNOWN)


def _read(tokens: Sequence[str], index: int, depth: int) -> tuple[_Condition, int]:
    """Return the condition at ``index``, and where it ends; one that cannot be read takes in all that is left."""
    after = tokens[index + 1] if index + 1 < len(tokens) else ""
    if index >= len(tokens) or depth > _DEEPEST:
        return _Condition(UNKNOWN), len(tokens)
    if after == "=" and index + 2 < len(tokens):
        return _Condition(f"{tokens[index]} = {tokens[index + 2]}"), index + 3
    if after != "(":
        return _Condition(tokens[index]), index + 1
    parts: list[_Condition] = []
    place = index + 2
    while place < len(tokens) and tokens[place] != ")":
        part, place = _read(tokens, place, depth + 1)
        parts.append(part)
        place += place < len(tokens) and tokens[place] == ","
    # Of a name like `version("1.80")` nothing is known.
    known = tokens[index] if tokens[index] in {"all", "any", "not"} else UNKNOWN
    return _Condition(known, tuple(parts) if known != UNKNOWN else ()), min(place + 1, len(tokens))
