"""What a rule is and what it says: values only.

A rule is written once, as one small pure function under one of two decorators (``registry.py``):

* a *path rule* sees one path in one distinct combination (base, left, right), whoever the agents are, and yields hits;
* a *workspace rule* sees the symbols of every landed tree at once, and yields hits with the agents of each side.

Neither knows the agents' names: messages hold ``{left}`` and ``{right}``, filled in when hits become findings.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatekeeper.core.names import KeyPath, RuleId, Severity, TreePath

if TYPE_CHECKING:
    from gatekeeper.core.changes import Change
    from gatekeeper.core.document import Document, ParseFailure, Value
    from gatekeeper.core.schema import Profile
    from gatekeeper.core.spans import SourceMap
    from gatekeeper.core.value_merge import ValueMerge


class Family(enum.Enum):
    """The families of the catalogue; the value is the heading that people read."""

    TOML = "TOML"
    FEATURES = "Features"
    DEPENDENCIES = "Dependencies"
    WORKSPACE = "Workspace"
    CARGO_MAKE = "cargo-make"
    ENVIRONMENT = "Environment"
    AGENTS = "Agents"
    TEXT = "Text"


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What people read of a rule.

    ``summary`` is one sentence; ``explanation`` says what happens when both sides land, and why; ``tool_says`` quotes
    the words of the tool that would fail (empty where none does); ``settles`` says what would settle it;
    ``fixtures`` names the folders under ``fixtures/cases`` that show it.
    """

    id: RuleId
    family: Family
    severity: Severity
    summary: str
    explanation: str
    settles: str
    fixtures: tuple[str, ...]
    tool_says: str = ""


@dataclass(frozen=True, slots=True)
class HitSide:
    """One side's part in a hit: where, and the value before and after (None: absent)."""

    path: TreePath
    key: KeyPath
    before: Value | None = None
    after: Value | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule found, without agents. ``severity`` None means the rule's own default.

    ``others`` are further sides of what takes three changes or more.
    """

    rule: RuleId
    key: KeyPath
    left: HitSide
    right: HitSide | None
    message: str
    proposal: str | None = None
    severity: Severity | None = None
    others: tuple[HitSide, ...] = ()


class GitVerdict(enum.StrEnum):
    """What git says of one path when the second side is merged after the first has landed."""

    CLEAN = "clean"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class PathCase:
    """One TOML path in one distinct combination of contents, both sides having changed it.

    ``base`` is None when both sides added the file. ``git_result`` is what git's clean merge of the text parses to
    (None when git conflicts). ``left_changes`` and ``right_changes`` are leaf-level, against ``base``.
    """

    path: TreePath
    profile: Profile
    base: Document | None
    left: Document
    right: Document
    left_changes: Mapping[KeyPath, Change]
    right_changes: Mapping[KeyPath, Change]
    merge: ValueMerge
    git: GitVerdict
    git_result: Document | ParseFailure | None
    left_source: SourceMap
    right_source: SourceMap
    claimed: frozenset[KeyPath] = field(default_factory=frozenset)
    """Keys that a more specific rule has already spoken for; generic rules leave these alone."""
    members: frozenset[str] = field(default_factory=frozenset)
    """Names of the packages of this workspace, which one file alone cannot tell."""
    git_source: SourceMap | None = None
    """The text of git's clean merge; where it does not parse, this tells which keys stand in it twice."""
    memo: dict[object, object] = field(default_factory=dict, repr=False, compare=False)
    """What the rules have worked out about this case already (``cases.remembered``)."""

    def with_claims(self, claimed: frozenset[KeyPath]) -> PathCase:
        """Return the case with these keys claimed. Spelled out: a fleet asks for it by the ten thousand."""
        return PathCase(
            self.path,
            self.profile,
            self.base,
            self.left,
            self.right,
            self.left_changes,
            self.right_changes,
            self.merge,
            self.git,
            self.git_result,
            self.left_source,
            self.right_source,
            claimed,
            self.members,
            self.git_source,
            self.memo,
        )
