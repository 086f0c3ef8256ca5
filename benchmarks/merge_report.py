"""What the merges add up to: tables with a column for each contender, and the bars."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from benchmarks.merge_cases import Case
from benchmarks.merge_causes import Cause, Result, cause, result
from benchmarks.merge_contenders import ASK, GIT, MAX, Attempt
from benchmarks.timing import Row, Table, at_least, at_most, shown

CONFLICTS = "git-conflict"
CLEAN = "git-clean"
EFFORTS = (1, 5, 10, 25)


@dataclass(frozen=True)
class Tried:
    """One case and what one contender made of it."""

    case: Case
    attempt: Attempt

    @cached_property
    def result(self) -> Result:
        """How it came out."""
        return result(self.case, self.attempt)

    @cached_property
    def cause(self) -> Cause | None:
        """Why it differs; None where it does not."""
        merged = self.attempt.merged
        return cause(self.case, merged) if self.result is Result.DIFFERENT and merged is not None else None

    @cached_property
    def lost(self) -> tuple[int, int]:
        """How many keys and comments a clean merge lacks that their side has kept, changed or added."""
        merged = self.attempt.merged
        if merged is None or merged.facts is None:
            return 0, 0
        return len(self.case.lost_keys(merged)), len(self.case.lost_comments(merged))


Column = Sequence[Tried]
Columns = Mapping[str, Column]


def grids(columns: Columns) -> list[str]:
    """Return the tables, as people read them."""
    count = len(columns[ASK])
    return [
        _grid(f"{count:,} merges, side by side", columns, _overview(count)),
        _grid("Effort score 1 - (U + k * I) / N", columns, _efforts()),
        _grid("By category: equal + different + conflict + not TOML", columns, _split(columns, _category)),
        _grid("By kind of file, likewise", columns, _split(columns, _kind)),
        _grid("Why clean merges differ from the maintainers' result", columns, _causes()),
        _beyond(columns),
    ]


def bars(columns: Columns) -> Table:
    """Return what is asked of Gatekeeper."""
    ask, high = columns[ASK], columns[MAX]
    conflicts = [tried for tried in ask if tried.case.category == CONFLICTS]
    resolved = [tried for tried in conflicts if tried.attempt.merged is not None]
    of_high = [tried for tried in high if tried.case.category == CONFLICTS]
    equal = _count(resolved, Result.EQUAL)
    regressed = sum(tried.case.category == CLEAN and tried.result is not Result.EQUAL for tried in ask)
    invalid = _count([*ask, *high], Result.INVALID)
    lost = sum(tried.lost != (0, 0) for tried in [*ask, *high])
    disagreements = sum(tried.cause is Cause.DISAGREEMENT for tried in ask)
    rows = [
        Row("git's conflicts resolved", (_percent(len(resolved), len(conflicts)),), "%", at_least(57)),
        Row("of these equal to the maintainers' value", (_percent(equal, len(resolved)),), "%", at_least(73)),
        Row(
            "git's conflicts resolved with --versions max",
            (_percent(sum(tried.attempt.merged is not None for tried in of_high), len(of_high)),),
            "%",
            at_least(80),
        ),
        Row("output that is not TOML, in both modes", (invalid,), "cases", at_most(0)),
        Row("a key or comment lost that its side kept, in both modes", (lost,), "cases", at_most(0)),
        Row("git-clean become a conflict or another value", (regressed,), "cases", at_most(0)),
        Row("true disagreements, of all cases", (_percent(disagreements, len(ask)),), "%", at_most(0.5)),
        Row("p95 of a merge in process", (_percentile(_milliseconds(ask), 95),), "ms", at_most(25)),
    ]
    return Table("Bars", rows)


def effort(column: Column, weight: int, is_incorrect: Callable[[Tried], bool]) -> float:
    """Return the effort that a merge tool saves, an incorrect merge costing ``weight`` times an unresolved one.

    Schesch et al., ASE 2024.
    """
    unresolved = _count(column, Result.CONFLICT)
    incorrect = sum(map(is_incorrect, column))
    return 1 - (unresolved + weight * incorrect) / max(len(column), 1)


def differs(tried: Tried) -> bool:
    """Return whether a clean merge is not the maintainers' value, also where they have edited besides."""
    return tried.result in {Result.DIFFERENT, Result.INVALID}


def is_wrong(tried: Tried) -> bool:
    """Return whether a clean merge is wrong by itself: no TOML, something lost, or a true disagreement."""
    return tried.result is Result.INVALID or tried.lost != (0, 0) or tried.cause is Cause.DISAGREEMENT


_Cell = Callable[[Column], str]


def _overview(count: int) -> dict[str, _Cell]:
    rows: dict[str, _Cell] = {one.value: _share_of(_is_result(one), count) for one in Result}
    rows["of the equal: byte for byte"] = _share_of(_is_identical, count)
    rows["clean, a key lost that its side kept"] = _share_of(lambda tried: tried.lost[0] > 0, count)
    rows["clean, a comment lost that its side kept"] = _share_of(lambda tried: tried.lost[1] > 0, count)
    rows["median"] = lambda column: f"{shown(statistics.median(_milliseconds(column)))} ms"
    rows["p95"] = lambda column: f"{shown(_percentile(_milliseconds(column), 95))} ms"
    rows["max"] = lambda column: f"{shown(max(_milliseconds(column)))} ms"
    rows["measured"] = lambda column: "in process" if column[0].attempt.in_process else "whole process"
    return rows


def _efforts() -> dict[str, _Cell]:
    def row(weight: int, is_incorrect: Callable[[Tried], bool]) -> _Cell:
        return lambda column: f"{effort(column, weight, is_incorrect):.3f}"

    rows = {f"k = {k}, incorrect: not the maintainers' value": row(k, differs) for k in EFFORTS}
    return rows | {f"k = {k}, incorrect: wrong by itself": row(k, is_wrong) for k in EFFORTS}


def _split(columns: Columns, by: Callable[[Tried], str]) -> dict[str, _Cell]:
    """Return a row for each group, with the four results of each contender."""
    counted = Counter(map(by, columns[GIT]))

    def row(group: str) -> _Cell:
        return lambda column: _results([tried for tried in column if by(tried) == group])

    return {f"{group} ({count:,})": row(group) for group, count in counted.most_common()}


def _results(column: Column) -> str:
    return " + ".join(f"{_count(column, one):,}" for one in Result)


def _causes() -> dict[str, _Cell]:
    def row(one: Cause) -> _Cell:
        return lambda column: (
            f"{(found := sum(tried.cause is one for tried in column)):,} ({_percent(found, len(column)):.2f} %)"
        )

    return {one.value: row(one) for one in Cause}


def _beyond(columns: Columns) -> str:
    """Return what becomes of the merges that only the higher version resolves."""
    more = [
        high
        for asked, high in zip(columns[ASK], columns[MAX], strict=True)
        if asked.attempt.merged is None and high.attempt.merged is not None
    ]
    rows: dict[str, _Cell] = {Result.EQUAL.value: _share_of(_is_result(Result.EQUAL), len(more))}
    rows |= {one.value: _share_of(_has_cause(one), len(more)) for one in Cause}
    return _grid(f"{len(more):,} merges that --versions max resolves beyond the others", {MAX: more}, rows)


def _is_result(one: Result) -> Callable[[Tried], bool]:
    return lambda tried: tried.result is one


def _has_cause(one: Cause) -> Callable[[Tried], bool]:
    return lambda tried: tried.cause is one


def _is_identical(tried: Tried) -> bool:
    merged = tried.attempt.merged
    return tried.result is Result.EQUAL and merged is not None and merged.text == tried.case.human.text


def _share_of(holds: Callable[[Tried], bool], count: int) -> _Cell:
    return lambda column: f"{(found := sum(map(holds, column))):,} ({_percent(found, count):.1f} %)"


def _category(tried: Tried) -> str:
    return tried.case.category


def _kind(tried: Tried) -> str:
    return tried.case.kind


def _count(column: Iterable[Tried], one: Result) -> int:
    return sum(tried.result is one for tried in column)


def _milliseconds(column: Column) -> list[float]:
    return [tried.attempt.milliseconds for tried in column]


def _percentile(figures: Sequence[float], percent: int) -> float:
    return statistics.quantiles(figures, n=100, method="inclusive")[percent - 1]


def _percent(part: float, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _grid(title: str, columns: Columns, rows: Mapping[str, _Cell]) -> str:
    lines = [["", *columns], *([name, *(cell(column) for column in columns.values())] for name, cell in rows.items())]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    shown_lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    shown_lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([f"### {title}", "", *shown_lines, ""])
