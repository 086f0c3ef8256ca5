"""A workspace root that stops being a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import hit, remembered, value_at
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.schema import CARGO
from gatekeeper.core.toml_text import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import Hit, PathCase

_PACKAGE: KeyPath = ("package",)
_OF_A_PACKAGE = (
    "lib", "bin", "test", "example", "bench", "dependencies", "dev-dependencies", "build-dependencies", "features",
    "target", "lints", "badges", "hints",
)  # fmt: skip

MADE_VIRTUAL = RuleInfo(
    id=RuleId("ws-root-made-virtual"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side takes [package] out of the workspace root; the other side adds what only a package may have.",
    explanation=(
        "A root without a package is virtual: it must not have dependencies, features, targets or lints of its own. "
        "Git merges the two edits where they are apart, and no cargo command works in the workspace any more."
    ),
    settles="Move what was added to the crate that the package has become, or keep the root a package.",
    fixtures=("ws-root-made-virtual", "ws-root-made-virtual--target"),
    tool_says="this virtual manifest specifies a `dependencies` section, which is not allowed",
)


@remembered
def sections_of_no_package(case: PathCase) -> list[str]:
    """Return the sections of a package that the merge of the values has without a package, and no side has so."""
    if case.base is None or (value_at(case.left, _PACKAGE) is ABSENT) == (value_at(case.right, _PACKAGE) is ABSENT):
        return []
    if any(_misplaced(document.tree) for document in (case.base, case.left, case.right)):
        return []
    return _misplaced(case.merge.tree)


def _misplaced(tree: Mapping[str, Value]) -> list[str]:
    is_virtual = "workspace" in tree and "package" not in tree
    return [name for name in _OF_A_PACKAGE if name in tree] if is_virtual else []


@path_rule(MADE_VIRTUAL, profile=CARGO, needs=sections_of_no_package)
def root_made_virtual(case: PathCase) -> Iterator[Hit]:
    """Report sections that lose their package."""
    names = sections_of_no_package(case)
    if not names:
        return
    gone_left = value_at(case.left, _PACKAGE) is ABSENT
    taking, adding = ("{left}", "{right}") if gone_left else ("{right}", "{left}")
    added: KeyPath = (names[0],)
    message = (
        f"{taking} takes [package] out of the workspace root, {adding} edits "
        f"{' and '.join(f'[{named((name,))}]' for name in names)}, which a root without a package must not have"
    )
    keys = (_PACKAGE, added) if gone_left else (added, _PACKAGE)
    yield hit(MADE_VIRTUAL.id, case, added, message, left_key=keys[0], right_key=keys[1])
