"""``gatekeeper explain``: one rule, taught."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEAR_ENOUGH = 0.7
_FINDING_ID = re.compile(r"[0-9a-f]{12}\Z")


@click.command("explain")
@click.argument("rule")
def command(*, rule: str) -> None:
    """Explain a rule.

    What happens when both sides land, what the tool says then, and what settles it.
    """
    from gatekeeper.core.rules.registry import all_rules
    from gatekeeper.report.explanation import write_explanation
    from gatekeeper.report.page import Page

    known = {name: entry.info for name, entry in all_rules().items()}
    info = next((info for name, info in known.items() if name == rule), None)
    page = Page(sys.stdout)
    if info is not None:
        write_explanation(info, page)
    elif _FINDING_ID.match(rule):
        page.line(f"{rule} is the id of a finding. It stays the same from scan to scan; this shows it:")
        page.line(f"gatekeeper scan --format json | grep {rule}", indent=2)
        page.line("Its rule is what gatekeeper explain takes.")
    else:
        raise _unknown(rule, known)


def _unknown(name: str, known: Iterable[str]) -> UsageError:
    from gatekeeper.core.nearest import did_you_mean

    hint = did_you_mean(name.casefold(), known, "gatekeeper rules lists them", cutoff=_NEAR_ENOUGH)
    return UsageError(f"there is no rule {name}", hint)
