"""``gatekeeper rules``: the catalogue."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.cli import options
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from gatekeeper.core.rules.model import RuleInfo


@click.command("rules")
@click.option("--family", metavar="NAME", help="Only the rules of this family.")
@options.format_option("text", "json", "markdown")
def command(*, family: str | None, output: str) -> None:
    """List the rules that findings come from."""
    from gatekeeper.core.rules.registry import listed_rules
    from gatekeeper.report import catalogue

    rules = [rule.info for rule in listed_rules()]
    if family is not None:
        rules = _of_family(rules, family)
    if output == "text":
        from gatekeeper.report.page import Page

        catalogue.write_table(rules, Page(sys.stdout))
    elif output == "markdown":
        sys.stdout.write(catalogue.rules_markdown(rules))
    else:
        from gatekeeper.core.rules.unreported import UNREPORTED

        sys.stdout.write(catalogue.rules_json(rules, UNREPORTED if family is None else ()))


def _of_family(rules: list[RuleInfo], name: str) -> list[RuleInfo]:
    from gatekeeper.core.nearest import did_you_mean
    from gatekeeper.core.rules.model import Family

    families = {family.value.casefold(): family for family in Family}
    wanted = families.get(name.casefold())
    if wanted is None:
        hint = did_you_mean(name.casefold(), families, f"there are {', '.join(families)}")
        raise UsageError(f"there is no family {name}", hint)
    return [rule for rule in rules if rule.family is wanted]
