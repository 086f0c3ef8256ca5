"""Real merges of manifests, as git merges them and as Gatekeeper does, held against what the maintainers made.

``python -m benchmarks merges`` or ``python benchmarks/merges.py``, both with ``[--corpus FILE] [--out results.jsonl]
[--versions max] [--lists FILE]``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# ruff: noqa: E402 -- run as a script, Python looks for modules beside it only
sys.path.insert(0, str(ROOT))

from benchmarks.merge_cases import Case, read_cases
from benchmarks.merge_contenders import ASK, GIT, MAX, contenders
from benchmarks.merge_lists import lists
from benchmarks.merge_report import Columns, Tried, bars, grids
from benchmarks.timing import Table, machine

DESCRIPTION = "real merges of one manifest, by git and by Gatekeeper, against the maintainers' result"
CORPUS = ROOT.parent / "shared" / "corpus" / "merges.jsonl.gz"
_WARM_UP = 20


def run(_rounds: int) -> list[Table]:
    """Merge the shared corpus, print the tables, and return the bars."""
    if not CORPUS.exists():
        return [Table("Real merges", skipped="the shared corpus (../shared/corpus) is not beside the project.")]
    columns = _merged([case for case in read_cases(CORPUS) if case.readable])
    print("\n".join(grids(columns)), flush=True)
    return [bars(columns)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Merge a file of cases; exit 1 when a bar does not hold."""
    chosen = _parser().parse_args(arguments)
    if not chosen.corpus.exists():
        sys.exit(f"{chosen.corpus} is not there: give a file of merges with --corpus")
    cases = list(read_cases(chosen.corpus))
    readable = [case for case in cases if case.readable]
    print(f"{machine()}\n\n{len(cases) - len(readable)} of {len(cases):,} merges left out: a side is not TOML\n")
    columns = _merged(readable)
    print("\n".join(grids(columns)))
    held = bars(columns)
    print(held.markdown())
    ours = columns[MAX if chosen.versions == "max" else ASK]
    if chosen.out:
        _write_results(chosen.out, cases, ours)
    if chosen.lists:
        told = lists(columns[GIT], ours)
        sys.stdout.write(told) if chosen.lists == "-" else Path(chosen.lists).write_text(told, encoding="utf-8")
    return 0 if held.holds else 1


def _merged(cases: Sequence[Case]) -> Columns:
    """Let every contender merge every case, in turns, so that what the machine does besides slows all."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-merges-") as directory:
        taking_part = contenders(Path(directory))
        columns: dict[str, list[Tried]] = {one.name: [] for one in taking_part}
        for case in cases[:_WARM_UP]:
            for one in taking_part:
                one.merge(case)
        for case in cases:
            for one in taking_part:
                columns[one.name].append(Tried(case, one.merge(case)))
    return columns


def _write_results(path: Path, cases: Sequence[Case], ours: Sequence[Tried]) -> None:
    """Write the text of each case, null where there is none."""
    texts = {tried.case.name: tried.attempt.merged.text for tried in ours if tried.attempt.merged is not None}
    with path.open("w", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps({"id": case.name, "text": texts.get(case.name)}) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks merges", description=DESCRIPTION)
    parser.add_argument("--corpus", type=Path, default=CORPUS, metavar="FILE", help="merges, one JSON object a line")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write id and text (or null) of each case there")
    parser.add_argument("--versions", choices=("ask", "max"), default="ask", help="what --out and --lists show (ask)")
    parser.add_argument(
        "--lists", metavar="FILE", help="write the merges that are looked at one by one there; - prints"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
