"""What events amount to, however they come."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.event_types import is_due_in
from gatekeeper.core.ledger.events import Event, Payload, SeenAgent
from gatekeeper.core.ledger.record_kinds import Record
from gatekeeper.core.ledger.records import (
    AgentRecord,
    BaselineRecord,
    Check,
    ClaimId,
    ClaimRecord,
    ClosedFinding,
    EventId,
    FindingId,
    FindingRecord,
    MemoryRecord,
    MonthSummary,
    NoticeId,
    NoticeRecord,
    TrunkRecord,
    WaiverRecord,
)
from gatekeeper.core.ledger.state import Changes, NoRecords, Overlaid, RecordKey, Records
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.roster import Principal
from tests.core.ledger_events import HOUR, RECORDS, SMALL, START, events, made, payloads, problem

FINDING = FindingId("f1")
ONE = AgentName("a")


def event(payload: Payload, hours: float = 0, name: str = "e") -> Event:
    return Event(EventId(name), START + hours * HOUR, "somebody", payload, written=f"line of {name}".encode())


def replayed(happenings: Iterable[Event], below: Records | None = None) -> Overlaid:
    state = Overlaid(below or NoRecords())
    for one in happenings:
        state.put(apply(one, state))
    return state


def standing(state: Overlaid) -> dict[RecordKey, Record]:
    return {key: record for key, record in state.changes.items() if record is not None}


@given(st.lists(events(), max_size=20))
def test_replay_never_fails_and_gives_the_same_each_time(happenings: list[Event]) -> None:
    first = standing(replayed(happenings))
    assert first == standing(replayed(happenings))
    # A record stands under the name that it has itself: it is found again where it is read by key.
    for (kind, key), record in first.items():
        assert isinstance(record, kind)
        names = [
            getattr(record, name) for name in ("id", "name", "key", "date", "month", "agent") if hasattr(record, name)
        ]
        if kind in {FindingRecord, ClosedFinding}:
            names = [record.problem.id]  # type: ignore[union-attr] # as the kind says
        assert key == (names[0] if names else "")


@given(st.lists(events(), max_size=10), st.lists(events(), max_size=10))
def test_a_state_can_be_replayed_from_anywhere(before: list[Event], after: list[Event]) -> None:
    whole = replayed([*before, *after])
    resumed = Overlaid(replayed(before))
    for one in after:
        resumed.put(apply(one, resumed))
    for kind in RECORDS:
        assert dict(whole.each(kind)) == dict(resumed.each(kind))  # type: ignore[type-var] # each kind in turn


_OWN = (
    *(happened.AgentStartIntended, happened.AgentStarted, happened.AgentStartAbandoned, happened.AgentAdopted),
    *(happened.AgentReported, happened.AgentFinished, happened.AgentRemovalIntended, happened.AgentRemoved),
)


@given(st.data())
def test_what_different_agents_say_commutes(data: st.DataObject) -> None:
    before = data.draw(st.lists(events(), max_size=6))
    one, other = (
        Event(EventId(name), data.draw(SMALL[type(START)]), name, data.draw(st.one_of(*(made(k, world) for k in _OWN))))
        for name in ("a", "b")
        for world in [{**SMALL, AgentName: st.just(AgentName(name))}]
    )
    assert standing(replayed([*before, one, other])) == standing(replayed([*before, other, one]))


def seen(hours: float, trunk: str, head: str, agent: AgentName = ONE) -> Event:
    look = SeenAgent(agent, RefName(f"refs/heads/{agent}"), Oid(head * 40), "mergeable", START)
    return event(happened.FleetSeen(RefName("refs/heads/main"), Oid(trunk * 40), (look,)), hours)


def test_the_later_look_counts_whoever_is_written_first() -> None:
    early, late = seen(1, "1", "2"), seen(2, "3", "4")
    for order in ([early, late], [late, early]):
        record, trunk = replayed(order).get(AgentRecord, ONE), replayed(order).get(TrunkRecord)
        assert record is not None
        assert trunk is not None
        assert (record.head, trunk.commit) == ("4" * 40, "3" * 40)


def test_figures_of_one_day_from_two_clones_are_all_kept() -> None:
    #
    one, other = (event(happened.BaselineRecorded("2026-01-01", figures)) for figures in ({"x": "1s"}, {"y": "2"}))
    for order in ([one, other], [other, one]):
        record = replayed(order).get(BaselineRecord, "2026-01-01")
        assert record is not None
        assert record.figures == {"x": "1s", "y": "2"}


def opened(hours: float) -> Event:
    return event(happened.FindingOpened(problem("f1")), hours)


def closed(hours: float) -> Event:
    return event(happened.FindingClosed(FINDING, "no longer found"), hours)


@given(st.lists(events(), max_size=8), payloads(), st.integers(0, 6))
def test_a_decision_opens_nothing_open_and_closes_nothing_closed(
    before: list[Event], payload: Payload, hours: int
) -> None:
    state = replayed(before)
    made_then = Event(EventId("x"), START + hours * HOUR, "gatekeeper", payload)
    if not is_due_in(made_then, state):
        return
    match payload:
        case happened.FindingOpened(found):
            assert state.get(FindingRecord, found.id) is None
        case happened.FindingChanged(found):
            assert state.get(FindingRecord, found.id) is not None
        case happened.FindingClosed(finding):
            assert state.get(FindingRecord, finding) is not None
        case happened.ClaimReleased(claim):
            assert state.get(ClaimRecord, claim) is not None
        case happened.WaiverEnded(waiver):
            known = state.get(WaiverRecord, waiver)
            assert known is not None
            assert known.until <= made_then.at
        case happened.HistoryArchived():
            raise AssertionError("an archive is of one history only")


def test_who_looked_later_knows_better_what_stands() -> None:
    reopened = replayed([opened(0), closed(1), opened(4)])
    assert not is_due_in(closed(2), reopened)
    assert is_due_in(closed(5), reopened)
    gone = replayed([opened(0), closed(4)])
    assert not is_due_in(opened(2), gone)
    assert is_due_in(opened(5), gone)


def test_a_change_of_severity_is_one_only_where_it_says_something_else() -> None:
    milder = event(happened.FindingChanged(problem("f1", "minor")), 1)
    assert is_due_in(milder, replayed([opened(0)]))
    assert not is_due_in(milder, replayed([opened(0), milder]))
    assert not is_due_in(milder, NoRecords())
    record = replayed([opened(0), milder]).get(FindingRecord, FINDING)
    assert record is not None
    assert (record.opened_at, record.changed_at, record.problem.severity) == (START, START + HOUR, "minor")


def notice(hours: float, *findings: FindingId) -> Event:
    return event(happened.NoticeDue(NoticeId("n"), "channel", "subject", "{}", findings), hours)


def test_of_two_clones_that_saw_the_same_one_tells() -> None:
    elsewhere = replayed([opened(1)])
    assert is_due_in(notice(1, FINDING), elsewhere)
    assert not is_due_in(notice(0, FINDING), elsewhere)
    assert not is_due_in(notice(2, FINDING), elsewhere)
    # What nobody else can have seen is told anyway: what an agent says of itself.
    assert is_due_in(notice(2), elsewhere)
    assert not is_due_in(notice(2), replayed([notice(2)]))


def test_notices_of_what_changed_or_went_away_outlive_another_writer() -> None:
    worse = event(happened.FindingChanged(problem("f1", "critical")), 2)
    assert is_due_in(notice(2, FINDING), replayed([opened(0), worse]))
    assert is_due_in(notice(3, FINDING), replayed([opened(0), worse, closed(3)]))
    assert not is_due_in(notice(4, FINDING), replayed([opened(0), worse, closed(3)]))
    checkpoint = event(happened.CheckpointMade(()), 4)
    assert is_due_in(notice(4, FINDING), replayed([checkpoint]))


def claimed(made_at: float, until: float) -> Event:
    said = happened.ClaimMade(ClaimId("c"), ONE, "Cargo.toml", START + until * HOUR)
    return event(said, made_at)


def test_a_claim_that_was_made_anew_outlives_what_was_said_of_the_old_one() -> None:
    renewed = replayed([claimed(0, 1), claimed(2, 4)])
    for because in ("lapsed", "withdrawn", "committed"):
        release = happened.ClaimReleased(ClaimId("c"), because)
        assert not is_due_in(event(release, 1), renewed)
        assert is_due_in(event(release, 5), renewed)
        assert not is_due_in(event(release, 5), NoRecords())


def test_a_checkpoint_is_made_again_only_if_it_is_newer_and_says_something_else() -> None:
    one, other = happened.CheckpointMade(()), happened.CheckpointMade((Check("q", holds=True),))
    state = replayed([event(one, 2)])
    assert not is_due_in(event(one, 3), state)
    assert not is_due_in(event(other, 1), state)
    assert is_due_in(event(other, 3), state)


def removed(name: AgentName = ONE) -> list[Event]:
    return [event(happened.AgentAdopted(name, RefName("refs/heads/a"), None, None)), event(happened.AgentRemoved(name))]


def test_closed_matters_are_folded_into_their_month_once() -> None:
    fold = event(happened.MonthFolded("2026-01", (FINDING,), {"rule": 1}, (ONE,)), 5)
    state = replayed([opened(0), closed(1), *removed()])
    assert is_due_in(fold, state)
    after = replayed([fold], state)
    assert after.get(ClosedFinding, FINDING) is None
    assert after.get(AgentRecord, ONE) is None
    assert after.get(MonthSummary, "2026-01") == MonthSummary("2026-01", 1, {"rule": 1}, (ONE,))
    assert not is_due_in(fold, after)
    more = replayed([event(happened.MonthFolded("2026-01", (FindingId("f2"),), {"other": 1, "rule": 2}))], after)
    assert more.get(MonthSummary, "2026-01") == MonthSummary("2026-01", 2, {"other": 1, "rule": 3}, (ONE,))


def granted() -> Event:
    said = happened.WaiverGranted(
        "repository", Principal("lead"), FINDING, "why", START + 9 * HOUR, "rule", "Cargo.toml", "k"
    )
    return event(said, 0, "waiver")


def test_revocations_are_kept_side_by_side() -> None:
    # One that does not count must not cover up one that does.
    takes_back = happened.WaiverRevoked("repository", Principal("lead"), EventId("waiver"), "a mistake")
    state = replayed(
        [granted(), event(takes_back, 1, "good"), event(takes_back, 2, "bad"), event(takes_back, 2, "bad")]
    )
    record = state.get(WaiverRecord, "waiver")
    assert record is not None
    assert record.event == "line of waiver"
    assert record.revocations == ("line of good", "line of bad")


def test_a_waiver_ends_no_sooner_than_it_says() -> None:
    ended = happened.WaiverEnded(EventId("waiver"))
    assert replayed([granted(), event(ended, 8)]).get(WaiverRecord, "waiver") is not None
    assert replayed([granted(), event(ended, 9)]).get(WaiverRecord, "waiver") is None


def test_a_notice_is_given_up_or_tried_again() -> None:
    told = NoticeId("n")
    failed = event(happened.NoticeFailed(told, "no answer", START + 2 * HOUR))
    record = replayed([notice(0), failed, failed]).get(NoticeRecord, told)
    assert record is not None
    assert (record.attempts, record.failure, record.due_at) == (2, "no answer", START + 2 * HOUR)
    for last in (happened.NoticeDelivered(told), happened.NoticeFailed(told, "no answer", None)):
        assert replayed([notice(0), event(last)]).get(NoticeRecord, told) is None
    # Of a notice that another clone has given up, a failure brings nothing back.
    assert replayed([failed]).get(NoticeRecord, told) is None


def test_the_last_value_stands_and_says_whose_it_is() -> None:
    #
    first, second = (event(happened.MemoryPut("k", "text", text), hours) for hours, text in ((0, "one"), (1, "two")))
    record = replayed([first, second]).get(MemoryRecord, "k")
    assert record == MemoryRecord("k", "text", "two", "somebody", START + HOUR)
    assert replayed([first, event(happened.MemoryDropped("k"))]).get(MemoryRecord, "k") is None


@given(
    st.lists(
        st.dictionaries(
            st.tuples(st.just(MemoryRecord), st.sampled_from("abc")),
            st.one_of(st.none(), made(MemoryRecord, SMALL)),
            max_size=3,
        ),
        max_size=5,
    ),
    st.integers(0, 5),
)
def test_a_state_with_changes_on_top_is_a_plain_dictionary(layers: list[Changes], split: int) -> None:
    plain: dict[str, MemoryRecord] = {}
    below = Overlaid(NoRecords())
    above = Overlaid(below)
    for number, changes in enumerate(layers):
        (below if number < split else above).put(changes)
        for (_, key), record in changes.items():
            plain.pop(key, None)
            if isinstance(record, MemoryRecord):
                plain[key] = record
    assert list(above.each(MemoryRecord)) == sorted(plain.items())
    for key in "abcd":
        assert above.get(MemoryRecord, key) == plain.get(key)
        assert above.get(ClaimRecord, key) is None
    assert list(above.each(ClaimRecord)) == []


def test_a_record_under_the_wrong_kind_is_none() -> None:
    state = Overlaid(NoRecords())
    state.put({(ClaimRecord, "k"): MemoryRecord("k", "text", "", "", START)})
    assert state.get(ClaimRecord, "k") is None
    assert list(state.each(ClaimRecord)) == []
