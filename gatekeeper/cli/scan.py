"""``gatekeeper scan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options

if TYPE_CHECKING:
    from gatekeeper.core.names import Severity


def _print_schema(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if not value or context.resilient_parsing:
        return
    import json

    from gatekeeper.report.scan_json import scan_schema

    click.echo(json.dumps(scan_schema(), indent=2))
    context.exit()


@click.command("scan")
@options.repository_option
@options.trunk_option
@click.option("--branches", metavar="GLOB", multiple=True, help="Which branches to compare; may be repeated.")
@click.option("--branches-from", metavar="FILE", help="Read the refs to compare from a file, one a line; - is stdin.")
@options.format_option("text", "json")
@options.fail_on_option
@options.all_option
@options.scope_options
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of --format json, and exit.",
)
@click.pass_context
def command(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    *,
    path: str,
    trunk: str | None,
    branches: tuple[str, ...],
    branches_from: str | None,
    output: str,
    fail_on: Severity | None,
    everything: bool,
    no_cache: bool,
    no_worktrees: bool,
) -> None:
    """Compare all branches with trunk and with each other.

    Without options, trunk is origin/HEAD, main or master, and every branch that is not yet in trunk is compared,
    uncommitted work of its worktree included.
    """
    from gatekeeper.cli import scanning

    names = None if branches_from is None else scanning.read_names(branches_from)
    from gatekeeper.scanning import ScanRequest

    request = ScanRequest(path, trunk, branches, names, worktrees=not no_worktrees, cache=not no_cache)
    report = scanning.report_of(request)
    threshold = scanning.fail_on(fail_on, report, path)
    scanning.print_report(report, output, everything=everything)
    if report.at_least(threshold):
        context.exit(options.FINDINGS_STAND)
