"""``python -m tests.torture``: everything at full size, and what did not hold."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture.clones import meet
from tests.torture.crowd import crowd
from tests.torture.killing import kill
from tests.torture.settling import settled
from tests.torture.working import Tally
from tests.torture.world import Bystanders, World, made


def main() -> int:
    """Run all parts; return 1 where something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=900.0, help="stop beginning anything new after so long")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random")
    parser.add_argument("--operations", type=int, default=1000, help="mixed operations, by eight processes at once")
    parser.add_argument("--kills", type=int, default=300, help="runs that are killed and run again")
    parser.add_argument("--meetings", type=int, default=50, help="polls of two clones at once")
    parser.add_argument("--keep", action="store_true", help="leave the repositories where they are")
    wanted = parser.parse_args()
    until = time.monotonic() + wanted.seconds
    top = Path(tempfile.mkdtemp(prefix="torture-"))
    _say(f"seed {wanted.seed}, in {top}")

    def left() -> float:
        return float(max(0.0, until - time.monotonic()))

    def mixed(world: World) -> Tally:
        return crowd(world, wanted.seed, wanted.operations, seconds=left())

    def killed(world: World) -> Tally:
        return kill(world, wanted.seed, wanted.kills, seconds=left())

    failed = False
    if wanted.operations:
        failed |= _tortured("eight processes", top / "crowd", mixed, told_once=True)
    if wanted.kills:
        failed |= _tortured("killed", top / "killed", killed, remote=True, told_once=False)
    if wanted.meetings:
        (top / "clones").mkdir()
        started = time.monotonic()
        met, broken = meet(top / "clones", wanted.seed, wanted.meetings, seconds=left())
        failed |= _told("two clones at once", {"polls of both": met}, broken, started)
    if not left():
        _say(f"after {wanted.seconds:g} seconds nothing new was begun: the figures say how far it came")
    if not wanted.keep and not failed:
        shutil.rmtree(top)
    return int(failed)


def _tortured(
    title: str, root: Path, torture: Callable[[World], Tally], *, told_once: bool, remote: bool = False
) -> bool:
    root.mkdir()
    world = made(root, remote=remote)
    bystanders = Bystanders.of(world)
    started = time.monotonic()
    tally: Tally = torture(world)
    return _told(
        title, dict(sorted(tally.done.items())), settled(world, bystanders, tally, told_once=told_once), started
    )


def _told(title: str, figures: dict[str, int], broken: list[str], started: float) -> bool:
    counted = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in figures.items())
    _say(f"{title}: {sum(figures.values())} in {time.monotonic() - started:.0f} s ({counted})")
    for line in broken:
        _say(f"  BROKEN {line}")
    _say(f"  {'all held' if not broken else f'{len(broken)} did not hold'}")
    return bool(broken)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
