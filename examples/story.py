"""The plan of ``examples/build-swarm``, played act by act: each yields what of it did not come as it should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from people import LEAD, OPERATIONS
from swarm import BUILD_CONFIG, CODE, DEPENDENCIES, EARLY, FOUNDATION, IMPLEMENTATION, KEPT_BELOW, LATE, TESTS

if TYPE_CHECKING:
    from fleet import Fleet

_STOPPED, _GOES_ON = 1, 0
_A_PERSON_MUST_DECIDE = 3
_FIRST = "v0.4.0"
_SCANNED = (
    "main at",
    "Expected",
    "Waived",
    "1  critical",
    "critical",
    "   ",
    *(f"{count} already" for count in range(10)),
)
"""With what the paragraphs of a check begin that tell what was scanned and found, and not what follows from it."""


def tell(fleet: Fleet) -> Iterator[str]:
    """Tell the whole story."""
    yield from foundation(fleet)
    yield from meeting(fleet)
    yield from ruling(fleet)
    yield from landing(fleet)
    yield from incident(fleet)
    yield from end(fleet)


def quietly(fleet: Fleet, *arguments: str) -> Iterator[str]:
    """Run a command that is not worth showing."""
    if fleet.gatekeeper(*arguments).returncode:
        yield f"gatekeeper {' '.join(arguments)} should work"


def the_case(fleet: Fleet, kind: str) -> str:
    """Return the id of the only case that is open."""
    document: dict[str, Any] = json.loads(fleet.gatekeeper("escalation", "list", "--format", "json").stdout)
    (case,) = document["cases"]
    if case["kind"] != kind:
        raise SystemExit(f"demo: {case['id']} should be an {kind}, not an {case['kind']}")
    return str(case["id"])


def foundation(fleet: Fleet) -> Iterator[str]:
    """Four agents write the documents of the first phase; the second one starts when the architect has approved."""
    print("Quarry is a cargo workspace of 8 crates, and builds slowly. Ten agents are to mend that, in three phases.")
    print("The first four write down\n")
    for agent in FOUNDATION:
        print(f"  {agent.name:28} {agent.did}")
        yield from quietly(fleet, "agent", "start", agent.name)
        fleet.work(agent)
        fleet.git("merge", "--quiet", "--ff-only", agent.name, cwd=fleet.repository)
        yield from quietly(fleet, "agent", "finish", agent.name)
    print("\nBefore the others start, gates have to pass, and one of them is a person's word:\n")
    if fleet.show("phase", "start", "implementation") != _STOPPED:
        yield "the phase should wait for the architect"
    approval = ("approve", "gate/implementation/architecture-approved", "--because", "small steps, each by itself")
    yield from quietly_by(fleet, LEAD, *approval)
    if fleet.show("phase", "start", "implementation"):
        yield "the phase should start"


def quietly_by(fleet: Fleet, person: str, *arguments: str) -> Iterator[str]:
    """Show what somebody signs, and not what comes of it."""
    fleet.say(person, *arguments)
    if fleet.gatekeeper(*arguments, who=person).returncode:
        yield f"what {person} signs should count: gatekeeper {' '.join(arguments)}"


def meeting(fleet: Fleet) -> Iterator[str]:
    """Three agents meet at two places."""
    print("\nFive agents start, each in a worktree and with a target directory of its own:\n")
    for agent in IMPLEMENTATION:
        print(f"  {agent.name:28} {agent.did}")
        yield from quietly(fleet, "agent", "start", agent.name)
    for agent in EARLY:
        fleet.work(agent)
    print("\nThe first three have committed. Every half hour, cron or a timer looks:\n")
    if fleet.show("poll") != _GOES_ON:
        yield "what was expected should not fail the poll"


def ruling(fleet: Fleet) -> Iterator[str]:
    """What is major pauses two agents; the architect rules, both acknowledge it, and go on."""
    case = the_case(fleet, "escalation")
    print("\nThe plan expects that two of them meet at the features: nobody is alarmed, and yet they pause.\n")
    if fleet.show("check", agent=DEPENDENCIES.name, leave_out=_SCANNED) != _STOPPED:
        yield "the agent should be paused"
    print()
    if fleet.show("escalation", "show", case, person=LEAD):
        yield "the case should be shown"
    print()
    if fleet.show("escalation", "resolve", case, "--accept-proposal", "--because", "both are wanted", person=LEAD):
        yield "the ruling should count"
    for agent in (BUILD_CONFIG, DEPENDENCIES):
        if fleet.show("escalation", "acknowledge", case, agent=agent.name):
            yield "the acknowledgement should count"
    if fleet.show("check", agent=DEPENDENCIES.name, leave_out=_SCANNED) != _GOES_ON:
        yield "the agent should be released"


def landing(fleet: Fleet) -> Iterator[str]:
    """The first one lands; the two who come second take that in by a fast-forward each, and land."""
    print(
        "\nWho goes first lands, by git alone in this example. The others get the merge of both from the next poll:\n"
    )
    yield from land(fleet, BUILD_CONFIG.name)
    if fleet.show("poll") != _GOES_ON:
        yield "nothing should stand in the way"
    for agent in (TESTS, DEPENDENCIES):
        if agent is DEPENDENCIES and fleet.show("integrate", agent=agent.name, note="trunk has moved again"):
            yield "the integration should be published anew"
        integrated = f"refs/gatekeeper/integrated/{agent.name}"
        if fleet.show_git("merge", "--quiet", "--ff-only", integrated, agent=agent.name):
            yield f"{agent.name} should take the merge"
        yield from land(fleet, agent.name)
    print("\nNeither lost anything, and the task and the feature have what all of them wanted:\n")
    if fleet.show("diff", _FIRST, "main", "Makefile.toml") or fleet.show("diff", _FIRST, "main", _EXPORT):
        yield "what has landed should be shown"
    yield from quietly(fleet, "poll")


_EXPORT = "crates/quarry-export/Cargo.toml"


def land(fleet: Fleet, agent: str) -> Iterator[str]:
    """Fast-forward trunk to an agent's branch."""
    if fleet.show_git("merge", "--quiet", "--ff-only", agent):
        yield f"{agent} should land"


def incident(fleet: Fleet) -> Iterator[str]:
    """What is critical halts the phase; it goes on by a plan, and is over when the plan is carried out."""
    for agent in LATE:
        fleet.work(agent)
    print("\nMeanwhile the last two have committed. Each of them builds, and git merges them without a word:\n")
    if fleet.show("poll") != _STOPPED:
        yield "the phase should halt"
    case = the_case(fleet, "incident")
    print("\nThe phase stands still until there is a cause and a plan, and the coordinator has approved them:\n")
    cause, plan = (
        "both moved code across the same border",
        "quarry-utils may use quarry-model, never the other way round",
    )
    if fleet.show("resume", case, "--cause", cause, "--plan", plan, person=LEAD) != _A_PERSON_MUST_DECIDE:
        yield "the plan should wait for its approval"
    yield from quietly_by(fleet, OPERATIONS, "approve", f"incident/{case}", "--because", "the model stays below all")
    if fleet.show("check", agent=CODE.name, leave_out=_SCANNED) != _GOES_ON:
        yield "the phase should go on"
    fleet.edit(CODE.name, KEPT_BELOW, "Count facts without quarry-utils")
    print(f"\n{CODE.name} carries out its part, and commits:\n")
    if fleet.show("poll"):
        yield "nothing should be left"


def end(fleet: Fleet) -> Iterator[str]:
    """Everybody lands and finishes."""
    print("\nThe rest lands, and all finish:\n")
    for agent in LATE:
        if fleet.show_git("merge", "--quiet", "--no-edit", agent.name):
            yield f"{agent.name} should land"
    for agent in IMPLEMENTATION:
        yield from quietly(fleet, "agent", "finish", agent.name)
    if fleet.show("poll"):
        yield "nothing should be left"
    if fleet.show("phase", "complete", "implementation") != _STOPPED:
        yield "the phase should wait for the command that nobody runs yet"
    print()
    if fleet.show("status"):
        yield "the status should be shown"
    if fleet.show("log", "--verify"):
        yield "the ledger should be sound"
    if json.loads(fleet.gatekeeper("status", "--format", "json").stdout)["findings"]:
        yield "no finding should be left"
