"""Let six agents work on an example repository, and look at what they have done.

    python examples/first_look.py [--keep DIR]

The workspace in ``examples/workspace``, with its ``gatekeeper.toml``, becomes trunk. Six agents are started, each on a
branch and in a worktree of its own. They change what they came to change, one of them without committing all of it.
Then the standing watch looks: once with news, once without. Exit 0 when it finds what is in there, tells it once, and
the ledger can be replayed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fleet import Fleet, hermetic_environment, workplace
from six_agents import AGENTS

EXPECTED = (
    ("critical", "dep-path-crate-deleted", ("code-optimizer", "incremental-build-optimizer")),
    ("critical", "target-dir-shared-by-two-agents", ("incremental-build-optimizer", "test-optimizer")),
    ("major", "feature-array-both-edited", ("build-config-optimizer", "dependency-optimizer")),
    ("major", "text-conflict", ("code-optimizer", "dependency-optimizer")),
    ("minor", "edit-outside-scope", ("dependency-optimizer",)),
    ("minor", "mk-task-different-keys", ("build-config-optimizer", "test-optimizer")),
    ("minor", "mk-args-both-edited", ("build-config-optimizer", "test-optimizer")),
    ("note", "claim-touched", ("build-config-optimizer", "test-optimizer")),
    ("note", "text-only-conflict", ("code-optimizer", "test-optimizer")),
)
AWAITED = "mk-args-both-edited"
"""The finding that ``gatekeeper.toml`` declares as expected."""

CLEAN = "production-validator"
CONCLUSION = f"""
Git alone tells of five of these, once somebody merges. The two critical ones it merges in silence.

What now: decide whether quarry-utils stays, give both builds a directory of their own, and accept
the union of the feature `integration`. The rest is for whoever lands second, and
{CLEAN} can land at any time."""


def introduce() -> None:
    """Say who is there and what each one is about to do."""
    print("Quarry is a cargo workspace of 8 crates. Its gatekeeper.toml declares who works on it:\n")
    for agent in AGENTS:
        print(f"  {agent.name:28} {agent.did}")
    print()


def tell(fleet: Fleet) -> Iterator[str]:
    """Show the story, and yield what of it did not come as it should."""
    introduce()
    first, *others = AGENTS
    if fleet.show("agent", "start", first.name, note="and the five others"):
        yield f"{first.name} should start"
    for agent in others:
        if fleet.gatekeeper("agent", "start", agent.name).returncode:
            yield f"{agent.name} should start"
    if fleet.show("claim", "Makefile.toml#tasks.check", "--for", "2h", agent="test-optimizer"):
        yield "the claim should be recorded"
    for agent in AGENTS:
        fleet.work(agent)
    print("\nThey all edit and commit. Every half hour, cron or a timer looks:\n")
    if fleet.show("poll") != 1:
        yield "the poll should exit 1: some of this must not land"
    if fleet.show("poll", note="nothing has changed: silence") != 1 or spoken(fleet):
        yield "another poll should find nothing new"
    print()
    if fleet.show("status", leave_out=("findings", "checkpoint")):
        yield "the status should be shown"
    print()
    if fleet.show("log", "--type", "claim.*", "--type", "notice.*") or fleet.show("log", "--verify"):
        yield "the ledger should be sound"
    yield from shortcomings(json.loads(fleet.gatekeeper("poll", "--dry-run", "--format", "json").stdout))
    yield from untold(fleet.root / "notices.json")


def spoken(fleet: Fleet) -> str:
    """Poll once more, and return what it says; nothing, after a poll that nothing has come after."""
    return fleet.gatekeeper("poll").stdout


def shortcomings(poll: dict[str, Any]) -> Iterator[str]:
    """Say what the watch lacks, or has too much."""
    found = {(finding["severity"], finding["rule"], agents_of(finding)) for finding in poll["standing"]}
    for severity, rule, agents in sorted(set(EXPECTED) - found):
        yield f"no {severity} {rule} of {' and '.join(agents)}"
    for severity, rule, agents in sorted(found - set(EXPECTED)):
        yield f"nobody has planted {severity} {rule} of {' and '.join(agents)}"
    awaited = {finding["rule"] for finding in poll["standing"] if finding["expected_because"] is not None}
    if awaited != {AWAITED}:
        yield f"only {AWAITED} is expected, not {', '.join(sorted(awaited))}"
    unseen = {finding["severity"] for finding in poll["standing"] if finding["git"] == "clean" and finding["sides"][1:]}
    if unseen != {"critical"}:
        yield f"git should merge the critical ones without a word, and no others: {', '.join(map(str, unseen))}"


def agents_of(finding: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the agents that a finding in JSON is about, sorted."""
    return tuple(sorted({name for side in finding["sides"] for name in side["agents"]}))


def untold(notices: Path) -> Iterator[str]:
    """Say what the notification of the team lacks; it has to have come once."""
    try:
        notice = json.loads(notices.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield f"the team should have been told, once: {error}"
        return
    told = sorted(item["rule"] for item in notice["items"] if item["event"] == "finding-opened")
    worst = sorted(rule for severity, rule, _ in EXPECTED if severity in {"critical", "major"})
    if told != worst:
        yield f"the team should have been told of {', '.join(worst)}, not {', '.join(told)}"


def main() -> int:
    """Build the fleet, tell the story, and say whether it came as it should."""
    parser = argparse.ArgumentParser(description="Keep watch over six agents in an example repository.")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="build in DIR and leave it there")
    keep = parser.parse_args().keep
    with workplace(keep) as root:
        fleet = Fleet(root, hermetic_environment(root))
        fleet.build_trunk()
        wrong = list(tell(fleet))
        for line in wrong:
            print(f"demo: {line}", file=sys.stderr)
        if not wrong:
            print(CONCLUSION)
        if keep is not None:
            print(f"The repository is in {fleet.repository}, the agents are in {root / 'agents'}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
