"""The end of a torture: what is due is told, what lies about is swept up, and then all has to hold."""

from __future__ import annotations

from tests.torture.invariants import violations
from tests.torture.working import Tally
from tests.torture.world import Bystanders, World


def settled(world: World, bystanders: Bystanders, tally: Tally, *, told_once: bool) -> list[str]:
    """Poll once more, and return all that went wrong from beginning to end."""
    last = world.run("poll")
    failures = [*tally.failures, *([] if last.code in {0, 1} else [str(last)])]
    return [*failures, *violations(world, bystanders, told_once=told_once)]
