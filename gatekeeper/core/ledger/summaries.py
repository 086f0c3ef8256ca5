"""One line about an event, for the log and for commit messages: ``[AGENT] what happened``."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger import (  # noqa: F401 - they register what the events of each subject say
    case_statements,
    phase_statements,
)
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import FoundProblem
from gatekeeper.core.ledger.statement import statement

_ID_LENGTH = 12
_MOST_NAMED = 8


def summary(event: Event) -> str:
    """Return the line; in front of it stand the agents whom it is about, else whoever wrote it."""
    return f"[{_names(_concerned(event.payload)) or event.by}] {statement(event.payload)}"


def summary_lines(event: Event) -> tuple[str, ...]:
    """Return the lines of a commit's message: where many agents have moved, one for each of them."""
    said = event.payload
    if not isinstance(said, happened.FleetSeen):
        return (summary(event),)
    return (f"[{event.by}] {_trunk(said)}", *(_moved(seen) for seen in said.agents))


def people_of(event: Event) -> frozenset[str]:
    """Return whom an event concerns, and who wrote it."""
    said = event.payload
    people = {event.by, *_concerned(said)}
    if isinstance(said, happened.FleetSeen):
        people.update(seen.agent for seen in said.agents)
    if isinstance(said, happened.CheckpointMade):
        people.update(agent for check in said.checks for agent in check.agents)
    return frozenset(people)


def _concerned(said: happened.Payload) -> Sequence[str]:
    """Return the agents that an event is about; of a look at all of them, nobody in particular."""
    if isinstance(said, (happened.FindingOpened, happened.FindingChanged)):
        return said.problem.agents
    if isinstance(said, (cases.CaseOpened, cases.CaseChanged)):
        return said.matter.parties
    if isinstance(said, (happened.FindingClosed, cases.CaseClosed)):
        return said.agents
    agent = getattr(said, "agent", None)
    return () if agent is None else (agent,)


def _names(names: Sequence[str]) -> str:
    shown = names if len(names) <= _MOST_NAMED + 1 else names[:_MOST_NAMED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


@statement.register
def _(said: happened.AgentStartIntended) -> str:
    return f"is to start on {said.branch} in {said.worktree}"


@statement.register
def _(_: happened.AgentStarted) -> str:
    return "started"


@statement.register
def _(said: happened.AgentStartAbandoned) -> str:
    return f"was not started: {said.because}"


@statement.register
def _(said: happened.AgentAdopted) -> str:
    return f"adopted with {said.branch}"


@statement.register
def _(said: happened.AgentReported) -> str:
    return f"reports {said.progress}" + (f": {said.reason}" if said.reason else "")


@statement.register
def _(said: happened.AgentFinished) -> str:
    return "finished" + (f" at {said.head[:_ID_LENGTH]}" if said.head else "")


@statement.register
def _(said: happened.WorkLogged) -> str:
    commits, files = (len(said.document.get(name) or ()) for name in ("commits", "files"))
    return f"logged its work: {commits} {_plural('commit', commits)}, {files} {_plural('file', files)}"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


@statement.register
def _(said: happened.AgentRemovalIntended) -> str:
    return "is to be removed" + (f", kept as {said.archived_as}" if said.archived_as else "")


@statement.register
def _(_: happened.AgentRemoved) -> str:
    return "removed"


@statement.register
def _(said: happened.FleetSeen) -> str:
    moved = _names([seen.agent for seen in said.agents])
    return _trunk(said) + (f"; moved: {moved}" if moved else "")


def _trunk(said: happened.FleetSeen) -> str:
    rewritten = f", rewritten from {said.rewritten_from[:_ID_LENGTH]}" if said.rewritten_from else ""
    return f"saw trunk at {said.trunk[:_ID_LENGTH]}{rewritten}"


def _moved(seen: happened.SeenAgent) -> str:
    return f"[{seen.agent}] " + (f"at {seen.head[:_ID_LENGTH]}, {seen.state}" if seen.head else f"{seen.state}")


@statement.register
def _(said: happened.FindingOpened) -> str:
    return f"opened {_problem(said.problem)}"


@statement.register
def _(said: happened.FindingChanged) -> str:
    return f"changed {_problem(said.problem)}"


def _problem(problem: FoundProblem) -> str:
    place = problem.path + (f"#{problem.key}" if problem.key else "")
    return f"{problem.id} {problem.severity} {problem.rule} {place}".rstrip()


@statement.register
def _(said: happened.FindingClosed) -> str:
    return f"closed {said.finding}: {said.because}"


@statement.register
def _(said: happened.CheckpointMade) -> str:
    failed = [check.name for check in said.checks if not check.holds]
    return "checkpoint: " + (f"{', '.join(failed)} not met" if failed else "all met")


@statement.register
def _(said: happened.NoticeDue) -> str:
    return f"to tell {said.channel}: {said.subject}"


@statement.register
def _(said: happened.NoticeDelivered) -> str:
    return f"told {said.notice}"


@statement.register
def _(said: happened.NoticeFailed) -> str:
    rest = "" if said.again_at else "; given up"
    return f"could not tell {said.notice}: {said.because}{rest}"


@statement.register
def _(said: happened.ClaimMade) -> str:
    return f"claims {said.place} until {said.until:%Y-%m-%d %H:%M} UTC"


@statement.register
def _(said: happened.ClaimReleased) -> str:
    return f"claim {said.claim} {said.because}"


@statement.register
def _(said: happened.WaiverGranted) -> str:
    return f"{said.principal} waives {said.finding} until {said.until:%Y-%m-%d %H:%M} UTC: {said.because}"


@statement.register
def _(said: happened.WaiverRevoked) -> str:
    return f"{said.principal} takes back waiver {said.waiver}: {said.because}"


@statement.register
def _(said: happened.WaiverEnded) -> str:
    return f"waiver {said.waiver} has ended"


@statement.register
def _(said: happened.MemoryPut) -> str:
    return f"put {said.key} ({len(said.text)} characters)"


@statement.register
def _(said: happened.MemoryDropped) -> str:
    return f"dropped {said.key}"


@statement.register
def _(said: happened.BaselineRecorded) -> str:
    return f"baseline of {said.date}: {', '.join(said.figures)}"


@statement.register
def _(said: happened.MonthFolded) -> str:
    return f"folded {len(said.findings)} closed findings of {said.month}"


@statement.register
def _(said: happened.LedgerStarted) -> str:
    return f"ledger of format {said.format}"


@statement.register
def _(said: happened.HistoryArchived) -> str:
    return f"history up to {said.tip[:_ID_LENGTH]} is kept as {said.ref}"
