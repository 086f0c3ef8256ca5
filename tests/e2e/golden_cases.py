"""The golden cases of ``fixtures/cases`` as whole repositories: trunk, and the branches ``left`` and ``right``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.kit import File, RepositoryBuilder

CASES = Path(__file__).parents[2] / "fixtures" / "cases"
AROUND = CASES.parent / "around"
_TWO_SIDES = 2
_README = {"README.md": b"A golden case.\n"}


@dataclass(frozen=True)
class GoldenCase:
    """One folder: either ``base.toml`` and its like, then ``expected.json`` names the path, or trees of files.

    A case of one path can name a folder of ``fixtures/around``: what stands beside that path in all versions, so that
    cargo loads it (``tests/verify``).
    """

    folder: Path

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    @cached_property
    def expected(self) -> dict[str, Any]:
        """What ``expected.json`` says."""
        document: dict[str, Any] = json.loads((self.folder / "expected.json").read_text(encoding="utf-8"))
        return document

    def files(self, version: str) -> dict[str, bytes]:
        """Return the files of ``base``, ``left`` or ``right``."""
        single = self.folder / f"{version}.toml"
        if single.is_file():
            around = self.expected.get("around")
            beside = _files_below(AROUND / around) if around else {}
            return beside | {self.expected["path"]: single.read_bytes()}
        return _files_below(self.folder / version)

    def findings(self, *, sides: int = _TWO_SIDES) -> list[dict[str, Any]]:
        """Return the findings to expect, of two sides or of one, with the path spelled out in each."""
        rows = self.expected["findings"] if sides == _TWO_SIDES else self.expected.get("one_sided", [])
        path = {"path": self.expected["path"]} if "path" in self.expected else {}
        return [path | row for row in rows]

    @property
    def rules(self) -> set[str]:
        """The rules whose findings are expected."""
        return {row["rule"] for sides in (1, _TWO_SIDES) for row in self.findings(sides=sides)}

    def build(self, repository: RepositoryBuilder) -> None:
        """Make trunk hold ``base``, and the two branches what the sides hold."""
        base = self.files("base")
        repository.commit("main", _README | base)
        for side in ("left", "right"):
            files = self.files(side)
            contents: dict[str, File] = dict.fromkeys(base.keys() - files.keys())
            contents.update(files)
            repository.branch(side)
            repository.commit(side, contents)


def _files_below(tree: Path) -> dict[str, bytes]:
    files = (file for file in tree.rglob("*") if file.is_file())
    return {file.relative_to(tree).as_posix(): file.read_bytes() for file in files}


def _cases_in(folder: Path) -> list[GoldenCase]:
    return [GoldenCase(case) for case in sorted(folder.glob("*")) if case.is_dir()]


GOLDEN_CASES = _cases_in(CASES)
KNOWN_GAPS = _cases_in(CASES.parent / "known_gaps")
"""What should be found and is not yet: ``expected.json`` says what, and ``why``."""
