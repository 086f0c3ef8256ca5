"""One case, all path rules: who speaks first, and that each key is spoken for once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.core.names import RuleId
from gatekeeper.core.rules.cases import is_claimed
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.rules.registry import PathRule, Rule
from gatekeeper.core.rules.text import TEXT_ONLY_CONFLICT, text_only_conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.core.rules.model import Hit, PathCase

_SPEAK_FIRST = (RuleId("lock-conflict"), RuleId("toml-underscore-alias"), RuleId("toml-header-captures-keys"))
"""These say that git's result is not what either side wrote; no milder rule may hide that."""

_PLACEHOLDER = re.compile(r"\{(left|right)\}")


def path_hits(case: PathCase, rules: Iterable[Rule]) -> tuple[Hit, ...]:
    """Return what the path rules among ``rules`` find in ``case``, sorted by key.

    Rules are asked in the order given, those that must not be hidden first. The key of a hit is then claimed with all
    that lies below it, and later hits there are dropped: one cause, one finding.
    """
    hits: list[Hit] = []
    for rule in _in_turn(rules):
        for found in sorted(rule.check(case), key=lambda one: (len(one.key), one.key)):
            if not is_claimed(case, found.key):
                hits.append(found)
                case = replace(case, claimed=case.claimed | {found.key})
    return tuple(sorted(hits, key=lambda one: (one.key, one.rule)))


def path_findings(case: PathCase, rules: Sequence[Rule]) -> tuple[Hit, ...]:
    """Return ``path_hits``, or, where git conflicts and they are silent, the note that only the text conflicts."""
    hits = path_hits(case, rules)
    if hits or case.git is GitVerdict.CLEAN or not any(rule.info.id == TEXT_ONLY_CONFLICT.id for rule in rules):
        return hits
    return (text_only_conflict(case),)


class Turns(tuple[Rule, ...]):
    """Rules in the order in which they are to be asked."""

    __slots__ = ()


def turns(rules: Iterable[Rule]) -> Turns:
    """Return the path rules among ``rules`` in order, once for many cases, and after them the others."""
    given = tuple(rules)
    return Turns((*_in_turn(given), *(rule for rule in given if not isinstance(rule, PathRule))))


def fill_message(message: str, left: str, right: str) -> str:
    """Return a hit's message with the sides' names in their places."""
    names = {"left": left, "right": right}
    return _PLACEHOLDER.sub(lambda match: names[match[1]], message)


def _in_turn(rules: Iterable[Rule]) -> list[PathRule]:
    """Return the path rules in the order of asking: those that must not be hidden come first."""
    asked = [rule for rule in rules if isinstance(rule, PathRule)]
    if isinstance(rules, Turns):
        return asked
    first = [rule for rule in asked if rule.info.id in _SPEAK_FIRST]
    first.sort(key=lambda rule: _SPEAK_FIRST.index(rule.info.id))
    return first + [rule for rule in asked if rule.info.id not in _SPEAK_FIRST]
