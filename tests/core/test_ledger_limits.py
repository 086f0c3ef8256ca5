"""What the passing of time makes due: agents that are stale or blocked for too long, and a clock that jumps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.records import AgentRecord, FindingRecord
from gatekeeper.core.ledger.state import NoRecords, Overlaid, Records
from gatekeeper.core.names import RefName
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import Limits, Roster
from gatekeeper.core.watch.limits import BLOCKED, FAMILY, STALE
from tests.core.ledger_events import HOUR, START
from tests.core.test_ledger_derive import SETTINGS, A, after, derived, look, said, seen, told


def at_work(at: datetime = START) -> Overlaid:
    return after(NoRecords(), [said(happened.AgentAdopted(A, RefName("refs/heads/a"), None, None), at)])


def rules(state: Records) -> list[str]:
    return [record.problem.rule for _, record in state.each(FindingRecord)]


def test_an_agent_that_commits_nothing_is_stale_after_the_limit_and_no_sooner() -> None:
    state = after(at_work(), derived(look(agents=[seen(A)]), at_work()))
    assert derived(look(at=START + HOUR, agents=[seen(A)]), state) == ()
    late = after(state, derived(look(at=START + HOUR + timedelta(seconds=1), agents=[seen(A)]), state))
    assert rules(late) == [STALE]
    now = START + 2 * HOUR
    on = derived(look(at=now, agents=[seen(A, "2", at=now)]), late)
    assert [e.payload.because for e in on if isinstance(e.payload, happened.FindingClosed)] == [
        "no longer over the limit"
    ]
    assert rules(after(late, on)) == []


def test_a_commit_from_the_future_is_as_good_as_one_of_the_moment_that_it_was_seen() -> None:
    ahead = seen(A, at=START + 10_000 * HOUR)
    state = after(at_work(), derived(look(agents=[ahead]), at_work()))
    assert rules(after(state, derived(look(at=START + HOUR, agents=[ahead]), state))) == []
    assert rules(after(state, derived(look(at=START + 2 * HOUR, agents=[ahead]), state))) == [STALE]


def test_a_clock_that_jumps_back_changes_nothing() -> None:
    state = after(at_work(), derived(look(agents=[seen(A)]), at_work()))
    earlier = START - 1000 * HOUR
    assert derived(look(at=earlier, agents=[seen(A)]), state) == ()
    # Somebody else has looked since, as far as anybody can tell.
    assert derived(look(at=earlier, agents=[seen(A, "2")]), state) == ()
    # So a poll lets the ledger's time go on where the clock does not.
    moved = look(at=earlier, agents=[seen(A, "2")], seen_at=START)
    state = after(state, derived(moved, state))
    record = state.get(AgentRecord, A)
    assert record is not None
    assert (record.head, record.seen_at) == ("2" * 40, START)
    assert derived(moved, state) == ()


def test_who_is_blocked_for_too_long_is_for_a_person() -> None:
    blocked = said(happened.AgentReported(A, "blocked", "no disk"))
    state = after(at_work(), [blocked])
    assert rules(after(state, derived(look(at=START + HOUR), state))) == []
    new = derived(look(at=START + 2 * HOUR), state)
    (found,) = (e.payload.problem for e in new if isinstance(e.payload, happened.FindingOpened))
    assert (found.rule, found.severity, found.family) == (BLOCKED, "major", FAMILY)
    assert found.message.endswith("no disk")
    (notice,) = (json.loads(e.payload.document) for e in new if isinstance(e.payload, happened.NoticeDue))
    assert {item["event"] for item in notice["items"]} == {"checkpoint-failed", "agent-blocked"}
    waived = derived(look(at=START + 2 * HOUR), state, replace(SETTINGS, trusted=Trusted(waived=frozenset({found.id}))))
    assert "notice.due" not in told(waived)


def test_limits_are_those_of_the_roster() -> None:
    short = replace(SETTINGS, roster=Roster(limits=Limits(stale=timedelta(seconds=90))))
    new = derived(look(at=START + timedelta(seconds=91), agents=[seen(A)]), at_work(), short)
    assert [e.payload.problem.message for e in new if isinstance(e.payload, happened.FindingOpened)] == [
        "a has not committed anything for 1 min"
    ]


def test_nobody_waits_for_an_agent_that_is_removed_or_half_made() -> None:
    gone = after(at_work(), [said(happened.AgentRemoved(A))])
    going = after(at_work(), [said(happened.AgentRemovalIntended(A, None, None))])
    for state in (gone, going):
        assert rules(after(state, derived(look(at=START + 9 * HOUR), state))) == []
