"""The pages of the rules: ``docs/rules.md``, an index by family, and ``docs/rules/ID.md``, one for each rule."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from gatekeeper.core.rules.model import RuleInfo

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures" / "cases"
_VERIFIED = ROOT / "fixtures" / "verified.json"
_SHOWN = 40
_CONTEXT = 2


def index(rules: Sequence[RuleInfo]) -> str:
    """Return the index: one line for each rule, under its family."""
    lines = [
        "# Rules",
        "",
        "Written by `make docs` from the rules. Each has a page here, and `gatekeeper explain RULE` shows it.",
        "What cargo and cargo-make really say is in [verified rules](verified-rules.md).",
        "",
    ]
    for family, members in groupby(rules, key=lambda rule: rule.family):
        lines += [f"## {family.value}", "", "| rule | severity | |", "|---|---|---|"]
        lines += [f"| [{rule.id}](rules/{rule.id}.md) | {rule.severity.label} | {rule.summary} |" for rule in members]
        lines.append("")
    return "\n".join(lines)


def page(rule: RuleInfo) -> str:
    """Return the page of one rule."""
    lines = [f"# {rule.id}", "", f"**{rule.severity.label}** · {rule.family.value} · {rule.summary}", ""]
    lines += ["## What happens", "", rule.explanation, ""]
    if rule.tool_says:
        lines += ["## What the tool says", "", "```text", *rule.tool_says.splitlines(), "```", ""]
    lines += ["## What settles it", "", rule.settles, ""]
    for name in rule.fixtures[:1]:
        lines += _example(name)
    lines += _verification(rule)
    lines += ["---", "", "[All rules](../rules.md). Written by `make docs`.", ""]
    return "\n".join(lines)


def _example(name: str) -> Iterator[str]:
    """Yield what a fixture starts from and what each side makes of it."""
    base, left, right = (_texts(FIXTURES / name, version) for version in ("base", "left", "right"))
    touched = sorted(path for path in {*base, *left, *right} if not base.get(path) == left.get(path) == right.get(path))
    if not touched:
        return
    yield from ("## An example", "", f"From `fixtures/cases/{name}`.", "")
    before = [path for path in touched if path in base]
    if before:
        near = [[f"# {path}", *_shortened(_near(base[path], left.get(path), right.get(path)))] for path in before]
        yield from ("Before:", "", "```toml", *chain.from_iterable(near), "```", "")
    for side, texts in (("left", left), ("right", right)):
        diff = [line for path in touched for line in _diff(path, base.get(path), texts.get(path))]
        if diff:
            yield from (f"What {side} does:", "", "```diff", *_shortened(diff), "```", "")


def _texts(folder: Path, version: str) -> dict[str, str]:
    """Return the files of a version that are text; of a single file, the path is in ``expected.json``."""
    single = folder / f"{version}.toml"
    if single.is_file():
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        return {expected["path"]: _text(single)}
    tree = folder / version
    return {file.relative_to(tree).as_posix(): _text(file) for file in sorted(tree.rglob("*")) if file.is_file()}


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _diff(path: str, before: str | None, after: str | None) -> list[str]:
    old, new = (before or "").splitlines(), (after or "").splitlines()
    names = (path if before is not None else "(no file)", path if after is not None else "(no file)")
    lines = list(difflib.unified_diff(old, new, *names, lineterm="", n=_CONTEXT))
    if not lines and before != after:
        return [f"--- {names[0]}", f"+++ {names[1]}"]
    return [line.rstrip() for line in lines]


def _near(base: str, *sides: str | None) -> list[str]:
    """Return the lines of the base that stand near to what a side changes."""
    lines = base.splitlines()
    kept: set[int] = set()
    for side in sides:
        matcher = difflib.SequenceMatcher(None, lines, (side or "").splitlines(), autojunk=False)
        for tag, start, end, *_ in matcher.get_opcodes():
            if tag != "equal":
                kept |= set(range(max(0, start - _CONTEXT), min(len(lines), end + _CONTEXT)))
    shown: list[str] = []
    for number, line in enumerate(lines):
        if number in kept:
            if number and number - 1 not in kept:
                shown.append("# …")
            shown.append(line.rstrip())
    return shown


def _shortened(lines: Sequence[str]) -> list[str]:
    return [*lines] if len(lines) <= _SHOWN else [*lines[:_SHOWN], f"# … {len(lines) - _SHOWN} more lines"]


def _verification(rule: RuleInfo) -> Iterator[str]:
    """Yield the words that ``make verify-rules`` has written down for the fixtures of a rule."""
    proofs = [proof for name in rule.fixtures for proof in _verified().get(name, []) if proof["verdict"] == "verified"]
    if not proofs:
        return
    yield from ("## Verified", "", f"On git's merge of the two sides, with {_tools()}:", "")
    shown = [(f"$ {proof['command']}", *filter(None, [proof["words"]]), f"exit {proof['exit']}") for proof in proofs]
    for lines in dict.fromkeys(shown):
        yield from ("```text", *lines, "```", "")


@cache
def _verified() -> Mapping[str, list[dict[str, Any]]]:
    proofs: dict[str, list[dict[str, Any]]] = {}
    for proof in _record()["proofs"]:
        proofs.setdefault(proof["fixture"], []).append(proof)
    return proofs


def _tools() -> str:
    record = _record()
    return " and ".join(filter(None, (record["cargo"], record["cargo_make"])))


@cache
def _record() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_VERIFIED.read_text(encoding="utf-8"))
    return document
