"""Path cases as the engine builds them, from three texts and git's own verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.core.changes import changes
from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.rules.evaluate import path_findings
from gatekeeper.core.rules.model import GitVerdict, Hit, PathCase
from gatekeeper.core.rules.registry import all_rules
from gatekeeper.core.schema import profile_for
from gatekeeper.core.spans import SourceMap
from gatekeeper.core.value_merge import merge_values
from tests.kit import RepositoryBuilder

CASES = Path(__file__).parents[2] / "fixtures" / "cases"


@dataclass(frozen=True)
class Texts:
    """One path in three versions; ``base`` None: both sides added it."""

    path: str
    base: str | None
    left: str
    right: str

    def mirrored(self) -> Texts:
        """Return the same with the sides exchanged."""
        return Texts(self.path, self.base, self.right, self.left)


def single_file_cases() -> list[Path]:
    """Return the fixture folders that are about one file."""
    return sorted(folder.parent for folder in CASES.glob("*/left.toml"))


def read_texts(folder: Path) -> Texts:
    """Return the three versions of a fixture."""
    base, left, right = ((folder / f"{side}.toml").read_text() for side in ("base", "left", "right"))
    return Texts(json.loads((folder / "expected.json").read_text())["path"], base, left, right)


def merged_by_git(repository: RepositoryBuilder, texts: Texts) -> str | None:
    """Return git's clean merge of the two sides, None where it conflicts."""
    repository.commit("main", {"README.md": "a workspace\n", texts.path: texts.base})
    for side, text in (("left", texts.left), ("right", texts.right)):
        repository.branch(side)
        repository.commit(side, {texts.path: text})
    if repository.conflicts("left", "right"):
        return None
    repository.merge("left", "right")
    return repository.git("cat-file", "blob", f"left:{texts.path}")


def case_of(texts: Texts, merged: str | None, members: Iterable[str] = ()) -> PathCase:
    """Return the case of three texts, ``merged`` being git's clean result or None for a conflict."""
    path = TreePath(texts.path)
    profile = profile_for(path)
    assert profile is not None
    base = None if texts.base is None else parse(texts.base.encode(), profile)
    left, right = parse(texts.left.encode(), profile), parse(texts.right.encode(), profile)
    assert isinstance(left, Document), left
    assert isinstance(right, Document), right
    assert base is None or isinstance(base, Document), base
    return PathCase(
        path=path,
        profile=profile,
        base=base,
        left=left,
        right=right,
        left_changes={change.key: change for change in changes(base, left)},
        right_changes={change.key: change for change in changes(base, right)},
        merge=merge_values(base, left, right),
        git=GitVerdict.CONFLICT if merged is None else GitVerdict.CLEAN,
        git_result=None if merged is None else parse(merged.encode(), profile),
        left_source=SourceMap(texts.left.encode()),
        right_source=SourceMap(texts.right.encode()),
        members=frozenset(members),
        git_source=None if merged is None else SourceMap(merged.encode()),
    )


def found(case: PathCase, without: str | None = None) -> tuple[Hit, ...]:
    """Return what all rules but ``without`` find."""
    return path_findings(case, [rule for name, rule in all_rules().items() if name != without])


def severity_of(hit: Hit) -> str:
    """Return the severity of a hit: its own, or its rule's."""
    return (all_rules()[hit.rule].info.severity if hit.severity is None else hit.severity).label
