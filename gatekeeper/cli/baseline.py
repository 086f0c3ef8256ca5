"""``gatekeeper baseline``: figures by date, and what became of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gatekeeper.cli import options
from gatekeeper.cli.actor import as_option
from gatekeeper.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from gatekeeper.core.ledger.state import Records
    from gatekeeper.core.watch.baselines import Baseline


class _Tolerance(click.FloatRange):
    """A number within bounds, which every comparison with what is no number would let through."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if found != found:  # noqa: PLR0124 - so is nan alone
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return found


@click.group("baseline")
def command() -> None:
    """Keep figures by date, and compare them."""


@command.command("record")
@options.repository_option
@as_option
@click.option("--date", "day", metavar="DATE", help="Of which day they are (default: today, UTC).")
@options.format_option("text", "json")
@click.argument("figures", metavar="NAME=FIGURE...", nargs=-1, required=True)
def record(*, path: str, actor: str | None, day: str | None, output: str, figures: tuple[str, ...]) -> None:
    """Keep figures such as build=120s memory=1.5GB locks=42 as the baseline of a day.

    A second record of the same day adds to the first, and takes the place of figures of the same name.
    """
    from gatekeeper.cli.actor import writer
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.core.ledger.events import BaselineRecorded
    from gatekeeper.ledger.ledger import Ledger, new_event
    from gatekeeper.repository import open_repository

    new = dict(_figure(figure) for figure in figures)
    repository = open_repository(path)
    ledger, now = Ledger(repository), now_utc()
    name = (_day(day) if day is not None else now.date()).isoformat()
    by = writer(actor, repository, ledger.state())
    event = new_event(BaselineRecorded(name, new), at=now, by=by)
    ledger.append(lambda _state: [event], subject=f"baseline of {name}", at=now)
    from gatekeeper.report.baselines import baselines_text

    sys.stdout.write(baselines_text([_known(ledger.state(), name)], output=output))


@command.command("list")
@options.repository_option
@options.format_option("text", "json")
def list_command(*, path: str, output: str) -> None:
    """List the baselines, the oldest first."""
    from gatekeeper.core.ledger.records import BaselineRecord
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.baselines import baselines_text
    from gatekeeper.repository import open_repository

    state = Ledger(open_repository(path)).state()
    found = [_known(state, day) for day, _ in state.each(BaselineRecord)]
    sys.stdout.write(baselines_text(found, output=output))


@command.command("compare")
@options.repository_option
@click.option("--tolerance", type=_Tolerance(0, 10), default=0.05, show_default=True, help="What is the same.")
@click.option("--more-is-better", metavar="NAME", multiple=True, help="Of this figure; may be repeated.")
@options.format_option("text", "json")
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.pass_context
def compare(
    context: click.Context,
    *,
    path: str,
    tolerance: float,
    more_is_better: tuple[str, ...],
    output: str,
    before: str | None,
    after: str | None,
) -> None:
    """Compare the figures of two days (default: the last two). The exit code is 1 where one is worse.

    With BEFORE alone: of that day and the newest one after it.
    """
    from gatekeeper.core.ledger.records import BaselineRecord
    from gatekeeper.core.watch.baselines import compare as compared
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.baseline_json import comparison_json
    from gatekeeper.report.baseline_text import write_comparison
    from gatekeeper.repository import open_repository

    state = Ledger(open_repository(path)).state()
    old, new = (_known(state, day) for day in _compared([day for day, _ in state.each(BaselineRecord)], before, after))
    rows = compared(old, new, tolerance, more_is_better)
    if output == "json":
        sys.stdout.write(comparison_json(old, new, rows))
    else:
        from gatekeeper.report.page import Page

        write_comparison(old, new, rows, Page(sys.stdout))
    if any(row.verdict == "worse" for row in rows):
        context.exit(options.FINDINGS_STAND)


def _compared(days: Sequence[str], before: str | None, after: str | None) -> tuple[str, str]:
    """Return which two of the days there are, the oldest first, to compare; raises UsageError."""
    if before is None:
        if len(days) < 2:  # noqa: PLR2004 - a comparison is of two
            raise UsageError("there are no two baselines to compare", "gatekeeper baseline record NAME=FIGURE")
        return days[-2], days[-1]
    first = _day(before).isoformat()
    if after is not None:
        return first, _day(after).isoformat()
    if not days or days[-1] <= first:
        raise UsageError(f"there is no baseline after {first}", "gatekeeper baseline list shows the days")
    return first, days[-1]


def _figure(text: str) -> tuple[str, str]:
    from gatekeeper.core.watch.baselines import parse_figure

    name, equals, written = text.partition("=")
    if not equals or not name.strip() or not name.isprintable():
        raise UsageError(f"{text!r} is no figure", "write build=120s")
    try:
        return name.strip(), parse_figure(written).text
    except ValueError as error:
        raise BadInputError(f"{name}: {error}") from error


def _day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date", "write 2026-12-31") from error


def _known(state: Records, day: str) -> Baseline:
    from gatekeeper.core.ledger.records import BaselineRecord
    from gatekeeper.core.watch.baselines import Baseline, parse_figure

    found = state.get(BaselineRecord, _day(day).isoformat())
    if found is None:
        raise BadInputError(f"there is no baseline of {day}", "gatekeeper baseline list shows the days")
    return Baseline(_day(day), {name: parse_figure(written) for name, written in found.figures.items()})
