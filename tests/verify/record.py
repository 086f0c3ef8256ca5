"""What was verified, as a table for people and as JSON for the pages of the rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.verify.proofs import Proof
from tests.verify.tools import Tools
from tests.verify.unproven import UNPROVEN

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "verified-rules.md"
RECORD = ROOT / "fixtures" / "verified.json"


def page(proofs: Sequence[Proof], tools: Tools) -> str:
    """Return the page of all rows."""
    verified = sum(proof.verdict == "verified" for proof in proofs)
    with_tool = tools.cargo_make or "no cargo-make"
    return "\n".join(
        (
            "# What cargo and cargo-make say",
            "",
            "Written by `make verify-rules`. Each row is a fixture's merge, made by git and checked out, and a command",
            "run in it. On the base and on either side alone the same command does not say it. Where it says",
            "*unlike left*, only left must not say it, and the merge does as right or the base do. `git merge` is the",
            "merge itself, in both orders. Where it says nothing, the command succeeds, as it may everywhere.",
            "",
            f"{verified} of {len(proofs)} commands verified, with {tools.cargo} and {with_tool}.",
            "",
            *table(proofs),
            "",
            "## What no command shows",
            "",
            *(f"- `{rule}`: {reason}" for rule, reason in UNPROVEN.items()),
            "",
        )
    )


def table(proofs: Sequence[Proof]) -> list[str]:
    """Return the rows as Markdown."""
    lines = ["| rule | fixture | command | exit | what it says on the merge | alone | verdict |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for proof in proofs:
        exit_code = "" if proof.exit is None else str(proof.exit)
        cells = (proof.rule, proof.fixture, _code(proof.command), exit_code, _code(proof.words), proof.alone)
        lines.append("| " + " | ".join((*cells, proof.verdict)) + " |")
    return lines


def write(proofs: Sequence[Proof], tools: Tools) -> None:
    """Write the page and the record."""
    PAGE.write_text(page(proofs, tools), encoding="utf-8")
    document = {
        "cargo": tools.cargo,
        "cargo_make": tools.cargo_make,
        "proofs": [asdict(proof) for proof in proofs],
    }
    RECORD.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _code(text: str) -> str:
    """Return text as code in a cell of a table."""
    if not text:
        return ""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"
