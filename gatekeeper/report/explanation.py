"""One rule, explained, with the example that its tests use where the source tree is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import profile_for
from gatekeeper.errors import BadInputError
from gatekeeper.manifest_diff import diff_versions
from gatekeeper.report.diff_text import write_change
from gatekeeper.report.documentation import page_of
from gatekeeper.report.page import severity_style

if TYPE_CHECKING:
    from gatekeeper.core.rules.model import RuleInfo
    from gatekeeper.report.page import Page

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "cases"
_CHANGES_SHOWN = 8


def write_explanation(rule: RuleInfo, page: Page, *, fixtures: Path = FIXTURES) -> None:
    """Write what there is to know about a rule."""
    page.line((rule.id, "bold"), "  ", (rule.severity.label, severity_style(rule.severity)), f"  {rule.family.value}")
    page.blank()
    page.paragraph(rule.summary)
    page.blank()
    page.paragraph(rule.explanation)
    if rule.tool_says:
        page.blank()
        page.line(("What the tool says", "bold"))
        for line in rule.tool_says.splitlines():
            page.verbatim(line, indent=2)
    page.blank()
    page.line(("What settles it", "bold"))
    page.paragraph(rule.settles, indent=2)
    for name in rule.fixtures[:1]:
        if (fixtures / name).is_dir():
            _example(fixtures / name, page)
    page.blank()
    page.line(("Its page", "bold"), f" {page_of(rule.id)}")


def _example(folder: Path, page: Page) -> None:
    """Write what each side does in the example of a fixture folder; nothing where it is not about manifests."""
    base, sides = _manifests(folder, "base"), {side: _manifests(folder, side) for side in ("left", "right")}
    if not base and not any(sides.values()):
        return
    page.blank()
    page.line(("An example", "bold"), f" ({folder.name})")
    for side, manifests in sides.items():
        for path in sorted(base.keys() | manifests.keys()):
            _side(side, base.get(path), manifests.get(path), path, page)


def _manifests(folder: Path, version: str) -> dict[str, bytes]:
    """Return the manifests of one version: ``VERSION.toml``, or all that stand in the folder ``VERSION``."""
    single = folder / f"{version}.toml"
    if single.is_file():
        return {_single_path(folder): single.read_bytes()}
    tree = folder / version
    files = (file for file in tree.rglob("*") if file.is_file())
    return {
        name: file.read_bytes() for file in files if profile_for(TreePath(name := file.relative_to(tree).as_posix()))
    }


def _single_path(folder: Path) -> str:
    try:
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        return str(expected["path"])
    except (OSError, ValueError, KeyError, TypeError):
        return "Cargo.toml"


def _side(side: str, before: bytes | None, after: bytes | None, path: str, page: Page) -> None:
    try:
        changes = diff_versions(before, after, before_name=path, after_name=path, path=path)
    except BadInputError as error:
        page.line(f"{side}: {error.message}", indent=2)
        return
    if changes:
        page.line(f"{side}: {path}", indent=2)
    for change in changes[:_CHANGES_SHOWN]:
        write_change(change, page, path=path, indent=4)
    if len(changes) > _CHANGES_SHOWN:
        page.line(f"and {len(changes) - _CHANGES_SHOWN} more", indent=4)
