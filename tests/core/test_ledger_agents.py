"""What events say of an agent, whoever started it before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.event_types import is_due_in
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import AgentRecord, ClaimId, ClaimRecord
from gatekeeper.core.ledger.state import NoRecords, Overlaid
from gatekeeper.core.names import AgentName, Oid, RefName
from tests.core.ledger_events import HOUR, START
from tests.core.test_ledger_replay import ONE, claimed, event, removed, replayed, seen


def test_an_agent_that_was_started_again_is_not_folded_away() -> None:
    back = event(happened.AgentAdopted(ONE, RefName("refs/heads/a"), None, None), 3)
    state = replayed([*removed(), back])
    fold = event(happened.MonthFolded("2026-01", (), {}, (ONE,)), 5)
    assert not is_due_in(fold, state)
    # Even where it was recorded by somebody who did not know: nobody's record is lost.
    assert replayed([fold], state).get(AgentRecord, ONE) is not None


def test_who_says_again_that_it_is_blocked_is_blocked_since_the_first_time() -> None:
    blocked = [event(happened.AgentReported(ONE, "blocked", "stuck"), hours) for hours in (1, 2)]
    record = replayed(blocked).get(AgentRecord, ONE)
    assert record is not None
    assert record.blocked_at == START + HOUR
    on = replayed([*blocked, event(happened.AgentReported(ONE, "in-progress"), 3)]).get(AgentRecord, ONE)
    assert on is not None
    assert (on.blocked_at, on.reason, on.started_at) == (None, None, START + HOUR)


def test_progress_begins_with_the_first_commit_even_if_nobody_said_so() -> None:
    record = replayed([seen(1, "1", "2")]).get(AgentRecord, ONE)
    assert record is not None
    assert (record.progress, record.started_at) == ("in-progress", START + HOUR)
    waiting = replace(record, progress="pending", started_at=None, head=None)
    below = Overlaid(NoRecords())
    below.put({(AgentRecord, ONE): replace(waiting, pending_step="start", seen_at=START - timedelta(days=1))})
    half = replayed([seen(1, "1", "2")], below).get(AgentRecord, ONE)
    assert half is not None
    assert half.progress == "pending"


def intended(hours: float, branch: str = "b") -> Event:
    said = happened.AgentStartIntended(ONE, RefName(f"refs/heads/{branch}"), "/w", "/t", Oid("1" * 40), "clone")
    return event(said, hours)


def abandoned(hours: float) -> Event:
    return event(happened.AgentStartAbandoned(ONE, "no branch"), hours)


def ended() -> list[Event]:
    """Return the story of an agent that has finished and is removed."""
    archive = RefName("refs/gatekeeper/archive/a")
    return [
        event(happened.AgentStartIntended(ONE, RefName("refs/heads/a"), "/w", "/t", Oid("1" * 40)), 0),
        event(happened.AgentStarted(ONE), 1),
        event(happened.AgentFinished(ONE, Oid("2" * 40), ("report.md",)), 2),
        event(happened.AgentRemovalIntended(ONE, archive, Oid("2" * 40)), 3),
        event(happened.AgentRemoved(ONE), 3),
    ]


#
def test_a_start_that_fails_takes_nothing_from_the_record_of_who_was_there() -> None:
    before = replayed(ended()).get(AgentRecord, ONE)
    assert before is not None
    for attempts in ([intended(4)], [intended(4), intended(5, "c")]):
        pending = replayed([*ended(), *attempts]).get(AgentRecord, ONE)
        assert pending is not None
        assert (pending.pending_step, pending.removed_at, pending.worktree) == ("start", None, "/w")
        after = replayed([*ended(), *attempts, abandoned(6)]).get(AgentRecord, ONE)
        assert after == replace(before, base=None, made_here=False)
    assert replayed([intended(4), abandoned(5)]).get(AgentRecord, ONE) is None


def test_who_starts_anew_has_nothing_of_who_was_there() -> None:
    anew = replayed([*ended(), intended(4), event(happened.AgentStarted(ONE), 5)]).get(AgentRecord, ONE)
    first = replayed([intended(5), event(happened.AgentStarted(ONE), 5)]).get(AgentRecord, ONE)
    assert anew == first
    assert anew is not None
    assert (anew.progress, anew.finished_at, anew.made_in) == ("in-progress", None, "clone")


def test_who_is_declared_and_was_seen_stays_so_after_a_start_that_failed() -> None:
    before = replayed([seen(1, "1", "2")]).get(AgentRecord, ONE)
    assert replayed([seen(1, "1", "2"), intended(2), abandoned(3)]).get(AgentRecord, ONE) == before


def test_the_claims_of_a_removed_agent_go_with_it() -> None:
    other = event(happened.ClaimMade(ClaimId("d"), AgentName("b"), "Cargo.toml", START + HOUR))
    state = replayed([claimed(0, 9), other, *removed()])
    assert [claim.id for _, claim in state.each(ClaimRecord)] == ["d"]
