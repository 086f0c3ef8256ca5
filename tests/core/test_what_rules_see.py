"""Answers of workspace rules are kept until something changes that they see: here nothing else may change them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gatekeeper.core.names import TreePath
from gatekeeper.core.rules.registry import Sees, WorkspaceRule, all_rules
from gatekeeper.core.tool_facts import is_script
from gatekeeper.scanning.workspace_hits import is_of_cargo
from tests.core.small_fleet import CASES, Tree, read_tree, view_of

_OURS = {str(rule.info.id) for rule in all_rules().values() if isinstance(rule, WorkspaceRule)}
_SHOWN = sorted(case for case in CASES.iterdir() if case.name.partition("--")[0] in _OURS)


def _told(agents: Sequence[Tree], base: Tree, sees: Sees) -> list[str]:
    view = view_of(agents, [base])
    rules = [rule for rule in all_rules().values() if isinstance(rule, WorkspaceRule) and rule.sees is sees]
    return sorted(repr((hit.hit, hit.left, hit.right, hit.others)) for rule in rules for hit in rule.check(view))


def _without_tasks(tree: Tree) -> dict[str, str]:
    """Return ``tree`` with nothing in its makefiles and scripts; the files are there as before."""
    return {path: "" if _says_tasks(TreePath(path)) else text for path, text in tree.items()}


def _says_tasks(path: TreePath) -> bool:
    return is_script(path) or (path.endswith(".toml") and not is_of_cargo(path))


def _reworded(tree: Tree) -> dict[str, str]:
    """Return ``tree`` with other texts that say the same."""
    return {path: f"{text}\n# of no matter\n" if path.endswith(".toml") else text for path, text in tree.items()}


@pytest.mark.parametrize("case", _SHOWN, ids=lambda case: case.name)
def test_rules_see_no_more_than_they_say(case: Path) -> None:
    base, left, right = (read_tree(case / side) for side in ("base", "left", "right"))
    quiet, *sides = (_without_tasks(tree) for tree in (base, left, right))
    for sees in (Sees.SYMBOLS, Sees.CONTENTS):
        assert _told(sides, quiet, sees) == _told([left, right], base, sees)
    for sees in (Sees.SYMBOLS, Sees.TASKS):
        assert _told([left, _reworded(right)], base, sees) == _told([left, right], base, sees)
        assert _told([_reworded(left), right], base, sees) == _told([left, right], base, sees)


def test_every_part_of_what_is_seen_has_a_rule() -> None:
    assert {rule.sees for rule in all_rules().values() if isinstance(rule, WorkspaceRule)} == set(Sees)
