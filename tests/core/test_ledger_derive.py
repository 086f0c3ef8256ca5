"""From looks at the fleet to events: what is new is recorded once, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.channels import Channel, ChannelKind
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.ledger.event_types import is_due_in, type_of
from gatekeeper.core.ledger.events import Event, Payload, SeenAgent
from gatekeeper.core.ledger.records import (
    CheckpointRecord,
    ClaimId,
    ClaimRecord,
    ClosedFinding,
    EventId,
    FindingId,
    FindingRecord,
    FoundProblem,
    MonthSummary,
)
from gatekeeper.core.ledger.state import NoRecords, Overlaid, Records
from gatekeeper.core.names import AgentName, Oid, RefName, Severity
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import Principal
from gatekeeper.core.watch.derive import WatchSettings, derive
from gatekeeper.core.watch.observation import Observation
from tests.core.ledger_events import HOUR, START, events, new_ids, problem

MAIN = RefName("refs/heads/main")
TRUNK = Oid("0" * 40)
A, B = AgentName("a"), AgentName("b")
ALARMS = frozenset({"finding-opened", "finding-closed", "checkpoint-failed", "agent-blocked", "agent-done"})
CHANNEL = Channel("team", ChannelKind.COMMAND, ("tell",), ALARMS, Severity.MAJOR)
SETTINGS = WatchSettings(channels=(CHANNEL,))
_IDS = new_ids()


def asked(found: CaseMatter, _known: CaseMatter | None) -> CaseMatter:
    """A case as the findings make it: there is no git to ask."""
    return found


def seen(name: AgentName, head: str = "1", state: str = "mergeable", at: datetime | None = START) -> SeenAgent:
    return SeenAgent(name, RefName(f"refs/heads/{name}"), Oid(head * 40), state, at)


def look(
    *problems: FoundProblem,
    at: datetime = START,
    agents: Iterable[SeenAgent] = (),
    unread: Iterable[str] = (),
    **more: Any,
) -> Observation:
    gone = frozenset(map(AgentName, unread))
    return Observation(at, MAIN, TRUNK, {one.agent: one for one in agents}, problems, gone, **more)


def after(state: Records, happenings: Sequence[Event]) -> Overlaid:
    new = Overlaid(state)
    for event in happenings:
        new.put(apply(event, new))
    return new


def said(payload: Payload, at: datetime = START, name: str = "said") -> Event:
    return Event(EventId(name), at, "somebody", payload, written=b"line")


def derived(what: Observation, state: Records, settings: WatchSettings = SETTINGS) -> tuple[Event, ...]:
    return derive(what, state, settings, new_id=_IDS, inquire=asked)


def told(happenings: Iterable[Event]) -> list[str]:
    return [type_of(event.payload).name for event in happenings]


def looks() -> st.SearchStrategy[Observation]:
    agents = st.lists(
        st.builds(
            seen,
            st.sampled_from([A, B]),
            st.sampled_from("12"),
            st.sampled_from(["mergeable", "landed", "missing"]),
            st.one_of(st.none(), st.integers(-400, 400).map(lambda hours: START + hours * HOUR)),
        ),
        max_size=2,
    )
    found = st.builds(
        problem,
        st.sampled_from(["f1", "f2", "f3"]),
        st.sampled_from(["note", "minor", "major", "critical"]),
        st.sampled_from([("a",), ("b",), ("a", "b")]),
        expected_because=st.sampled_from([None, "agreed"]),
        family=st.sampled_from(["cargo-make", "Features"]),
        message=st.sampled_from(["one", "other"]),
    )
    return st.builds(
        lambda problems, at, agents, unread, fulfilled: look(
            *problems, at=START + at * HOUR, agents=agents, unread=unread, fulfilled=frozenset(fulfilled)
        ),
        st.lists(found, max_size=4, unique_by=lambda each: each.id),
        st.integers(-5, 3000),
        agents,
        st.sets(st.sampled_from("ab")),
        st.sets(st.sampled_from([ClaimId("c1"), ClaimId("c2")])),
    )


@given(st.lists(events(), max_size=10), st.lists(looks(), max_size=3), looks())
def test_what_the_ledger_says_already_is_not_said_again(
    before: list[Event], earlier: list[Observation], last: Observation
) -> None:
    # whatever was recorded, and whatever the clock says.
    state = after(NoRecords(), before)
    for one in earlier:
        state = after(state, derived(one, state))
    state = after(state, derived(last, state))
    assert derived(last, state) == ()
    stands = {problem.id for problem in last.problems}
    assert stands <= {FindingId(key) for key, _ in state.each(FindingRecord)}


@given(st.lists(events(), max_size=8), looks(), st.randoms(use_true_random=False))
def test_no_order_in_a_look_means_anything(before: list[Event], what: Observation, random: Any) -> None:
    problems, agents = list(what.problems), list(what.agents.items())
    random.shuffle(problems)
    random.shuffle(agents)
    shuffled = replace(what, problems=tuple(problems), agents=dict(agents))
    state = after(NoRecords(), before)
    one, other = (derive(each, state, SETTINGS, new_id=new_ids(), inquire=asked) for each in (what, shuffled))
    assert one == other


@given(st.lists(looks(), max_size=4), st.lists(looks(), max_size=4))
def test_what_was_derived_elsewhere_never_contradicts_the_state_that_it_meets(
    mine: list[Observation], theirs: list[Observation]
) -> None:
    # Two clones: theirs was pushed first; mine is put on top where it is due still.
    state: Overlaid = Overlaid(NoRecords())
    own: list[Event] = []
    for one in mine:
        new = derived(one, state)
        state = after(state, new)
        own += new
    meets: Overlaid = Overlaid(NoRecords())
    for one in theirs:
        meets = after(meets, derived(one, meets))
    for event in own:
        stood = {key for key, _ in meets.each(FindingRecord)}
        if not is_due_in(event, meets):
            continue
        if isinstance(event.payload, happened.FindingOpened):
            assert event.payload.problem.id not in stood
        if isinstance(event.payload, happened.FindingClosed):
            assert event.payload.finding in stood
        meets = after(meets, [event])
    last = (mine or theirs or [look()])[-1]
    united = after(meets, derived(last, meets))
    assert derived(last, united) == ()


def test_the_first_look_is_recorded_whole() -> None:
    new = derived(look(problem("f1"), agents=[seen(A)]), NoRecords())
    assert told(new) == ["fleet.seen", "finding.opened", "case.opened", "checkpoint.made", "notice.due"]
    assert {event.at for event in new} == {START}
    assert {event.by for event in new} == {"gatekeeper"}


def test_a_finding_opens_closes_and_opens_again() -> None:
    #
    state = after(NoRecords(), derived(look(problem("f1"), agents=[seen(A)]), NoRecords()))
    gone = derived(look(at=START + HOUR, agents=[seen(A)]), state)
    assert told(gone) == ["finding.closed", "case.closed", "notice.due"]
    state = after(state, gone)
    closed = state.get(ClosedFinding, "f1")
    assert closed is not None
    assert (closed.opened_at, closed.closed_at, closed.because) == (START, START + HOUR, "no longer found")
    back = derived(look(problem("f1"), at=START + HOUR, agents=[seen(A)]), state)
    assert told(back) == ["finding.opened", "case.opened", "notice.due"]
    state = after(state, back)
    assert state.get(ClosedFinding, "f1") is None


def test_why_a_finding_is_gone() -> None:
    state = after(NoRecords(), derived(look(problem("f1", agents=("a", "b")), agents=[seen(A), seen(B)]), NoRecords()))
    for word in ("landed", "missing"):
        new = derived(look(agents=[seen(A), seen(B, state=word)], at=START + HOUR), state)
        assert [e.payload.because for e in new if isinstance(e.payload, happened.FindingClosed)] == [f"b is {word}"]


def test_nothing_is_closed_by_not_looking() -> None:
    known = problem("f1", agents=("a", "b"))
    state = after(NoRecords(), derived(look(known, agents=[seen(A), seen(B)]), NoRecords()))
    assert derived(look(at=START + HOUR, agents=[seen(A), seen(B)], unread=["b"]), state) == ()
    assert told(derived(look(at=START + HOUR, agents=[seen(A), seen(B)]), state))[0] == "finding.closed"


def test_only_another_weight_is_a_change() -> None:
    state = after(NoRecords(), derived(look(problem("f1", "minor")), NoRecords()))
    assert derived(look(problem("f1", "minor", message="In other words.")), state) == ()
    worse = derived(look(problem("f1", "critical")), state)
    assert told(worse) == ["finding.changed", "case.opened", "notice.due"]
    milder = derived(look(problem("f1", "note")), state)
    assert told(milder) == ["finding.changed"]
    expected = problem("f1", "critical", expected_because="agreed")
    # No surprise, so no alarm: but what follows from it, follows.
    assert told(derived(look(expected), state)) == ["finding.changed", "case.opened"]
    # Who no longer expects it has to be told.
    calm = after(NoRecords(), derived(look(expected), NoRecords()))
    assert told(derived(look(problem("f1", "critical")), calm)) == ["finding.changed", "notice.due"]


def test_who_is_to_answer_hears_of_what_was_expected_too() -> None:
    everything = replace(SETTINGS, channels=(Channel("all", ChannelKind.COMMAND, ("tell",)),))
    new = derived(look(problem("f1", "critical", expected_because="agreed")), NoRecords(), everything)
    (document,) = (json.loads(e.payload.document) for e in new if isinstance(e.payload, happened.NoticeDue))
    assert {item["event"] for item in document["items"]} == {"escalation-opened", "agent-stopped"}


def test_of_one_finding_that_is_reported_twice_the_worse_stands() -> None:
    twice = (problem("f1", "minor"), problem("f1", "critical"))
    for order in permutations(twice):
        state = after(NoRecords(), derived(look(*order), NoRecords()))
        record = state.get(FindingRecord, "f1")
        assert record is not None
        assert record.problem.severity == "critical"


def test_what_is_settled_fails_no_checkpoint_and_alarms_nobody() -> None:
    #
    broken = problem("f1", "critical", ("a", "b"), family="cargo-make")
    assert told(derived(look(broken), NoRecords()))[-1] == "notice.due"
    for settings, found in (
        (replace(SETTINGS, trusted=Trusted(waived=frozenset({"f1"}))), broken),
        (SETTINGS, replace(broken, expected_because="agreed")),
    ):
        new = derived(look(found), NoRecords(), settings)
        line, case = ["precedence.taken", "precedence.taken"], ["case.opened"]
        decided = [] if settings.trusted.waived else [*line, *case]
        assert told(new) == ["fleet.seen", "finding.opened", *decided, "checkpoint.made"]
        checkpoint = after(NoRecords(), new).get(CheckpointRecord)
        assert checkpoint is not None
        assert checkpoint.holds


def test_a_waiver_that_no_longer_counts_fails_the_checkpoint_again() -> None:
    broken = problem("f1", "critical", ("a", "b"), family="cargo-make")
    waived = replace(SETTINGS, trusted=Trusted(waived=frozenset({"f1"})))
    state = after(NoRecords(), derived(look(broken), NoRecords(), waived))
    assert derived(look(broken), state, waived) == ()
    new = derived(look(broken), state)
    assert told(new) == ["precedence.taken", "precedence.taken", "case.opened", "checkpoint.made", "notice.due"]
    (document,) = (json.loads(e.payload.document) for e in new if isinstance(e.payload, happened.NoticeDue))
    assert [item["event"] for item in document["items"]] == ["checkpoint-failed"]


def test_claims_and_waivers_lapse_at_their_time() -> None:
    claim = happened.ClaimMade(ClaimId("c"), A, "Cargo.toml", START + HOUR)
    waiver = happened.WaiverGranted(
        "repository", Principal("lead"), FindingId("f1"), "why", START + HOUR, "rule", "Cargo.toml", "k"
    )
    state = after(NoRecords(), [said(claim), said(waiver, name="w"), *derived(look(), NoRecords())])
    assert derived(look(at=START + HOUR - timedelta(seconds=1)), state) == ()
    assert told(derived(look(at=START + HOUR), state)) == ["claim.released", "waiver.ended"]
    done = derived(look(at=START, fulfilled=frozenset({ClaimId("c")})), state)
    assert [e.payload for e in done] == [happened.ClaimReleased(ClaimId("c"), "committed")]
    assert after(state, done).get(ClaimRecord, "c") is None


def test_closed_matters_are_folded_after_their_time_and_only_when_something_happens() -> None:
    settings = replace(SETTINGS, retention=timedelta(days=30))
    state = after(NoRecords(), derived(look(problem("f1"), problem("f2")), NoRecords(), settings))
    state = after(state, derived(look(problem("f2"), at=START + HOUR), state, settings))
    late = START + timedelta(days=40)
    assert derived(look(problem("f2"), at=late), state, settings) == ()
    new = derived(look(problem("f2"), problem("f3"), at=late), state, settings)
    assert told(new)[-1] == "month.folded"
    state = after(state, new)
    assert state.get(ClosedFinding, "f1") is None
    assert state.get(MonthSummary, "2026-01") == MonthSummary("2026-01", 1, {"rule": 1})
    assert derived(look(problem("f2"), problem("f3"), at=late), state, settings) == ()


def test_a_branch_that_is_gone_is_seen_once() -> None:
    state = after(NoRecords(), derived(look(agents=[seen(A)]), NoRecords()))
    gone = SeenAgent(A, RefName("refs/heads/a"), None, "missing", None)
    new = derived(look(agents=[gone]), state)
    assert told(new) == ["fleet.seen"]
    assert derived(look(agents=[gone]), after(state, new)) == ()
    # One that is only declared is no news until it has a branch.
    assert derived(look(agents=[seen(A), replace(gone, agent=B)]), state) == ()


def test_a_trunk_that_was_rewritten_is_said_once() -> None:
    state = after(NoRecords(), derived(look(), NoRecords()))
    moved = replace(look(rewritten_from=TRUNK), trunk=Oid("9" * 40))
    new = derived(moved, state)
    assert [e.payload.rewritten_from for e in new if isinstance(e.payload, happened.FleetSeen)] == [TRUNK]
    assert derived(replace(moved, rewritten_from=None), after(state, new)) == ()
