"""One case, all path rules: who speaks first, and that each key is spoken for once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.core.names import RuleId
from gatekeeper.core.rules.cases import is_within
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.rules.registry import PathRule, Rule
from gatekeeper.core.rules.text import TEXT_ONLY_CONFLICT, text_only_conflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import Hit, PathCase
    from gatekeeper.core.rules.registry import Needs
    from gatekeeper.core.schema import Profile

_SPEAK_FIRST = (
    RuleId("lock-duplicate-package"),
    RuleId("lock-dangling-after-clean-merge"),
    RuleId("lock-conflict"),
    RuleId("toml-underscore-alias"),
    RuleId("mk-unknown-key"),
    RuleId("toml-header-captures-keys"),
)
"""These say that git's result is not what either side wrote; no milder rule may hide that."""

_PLACEHOLDER = re.compile(r"\{(left|right|others)\}")


def path_hits(case: PathCase, rules: Iterable[Rule]) -> tuple[Hit, ...]:
    """Return what the path rules among ``rules`` find in ``case``, sorted by key.

    Rules are asked in the order given, those that must not be hidden first. The key of a hit is then claimed with all
    that lies below it, and later hits there are dropped: one cause, one finding.
    """
    hits: list[Hit] = []
    claimed = case.claimed
    asked, needed = turns(rules).of(case.profile)
    missing = {needs for needs in needed if not needs(case)}
    for rule in asked:
        if rule.needs in missing:
            continue
        if claimed is not case.claimed:
            case = case.with_claims(claimed)
        for found in sorted(rule.check(case), key=_outermost_first):
            if not is_within(claimed, found.key):
                hits.append(found)
                claimed |= {found.key}
    return tuple(sorted(hits, key=lambda one: (one.key, one.rule)))


def path_findings(case: PathCase, rules: Sequence[Rule]) -> tuple[Hit, ...]:
    """Return ``path_hits``, or, where git conflicts and they are silent, the note that only the text conflicts."""
    hits = path_hits(case, rules)
    if hits or case.git is GitVerdict.CLEAN or not any(rule.info.id == TEXT_ONLY_CONFLICT.id for rule in rules):
        return hits
    return (text_only_conflict(case),)


class Turns(tuple[Rule, ...]):  # noqa: SLOT001 -- keeps what of it applies to each profile
    """Rules in the order in which they are to be asked."""

    def __init__(self, _rules: Iterable[Rule]) -> None:
        self._of_profile: dict[str, tuple[list[PathRule], list[Needs]]] = {}

    def of(self, profile: Profile) -> tuple[list[PathRule], list[Needs]]:
        """Return the path rules that apply to files of one profile, and what they need, each of it once."""
        known = self._of_profile.get(profile.name)
        if known is None:
            path_rules = (rule for rule in self if isinstance(rule, PathRule))
            asked = [rule for rule in path_rules if rule.profile is None or rule.profile is profile]
            known = asked, list(dict.fromkeys(rule.needs for rule in asked if rule.needs is not None))
            self._of_profile[profile.name] = known
        return known


def turns(rules: Iterable[Rule]) -> Turns:
    """Return the path rules among ``rules`` in order, once for many cases, and after them the others."""
    if isinstance(rules, Turns):
        return rules
    given = tuple(rules)
    asked = [rule for rule in given if isinstance(rule, PathRule)]
    first = [rule for rule in asked if rule.info.id in _SPEAK_FIRST]
    first.sort(key=lambda rule: _SPEAK_FIRST.index(rule.info.id))
    rest = [rule for rule in asked if rule.info.id not in _SPEAK_FIRST]
    return Turns((*first, *rest, *(rule for rule in given if not isinstance(rule, PathRule))))


def fill_message(message: str, left: str, right: str, others: str = "") -> str:
    """Return a hit's message with the sides' names in their places."""
    names = {"left": left, "right": right, "others": others}
    return _PLACEHOLDER.sub(lambda match: names[match[1]], message)


def _outermost_first(hit: Hit) -> tuple[int, KeyPath]:
    return len(hit.key), hit.key
