"""Random fleets for policy: who is declared, what they disagree on, and how things go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from gatekeeper.core.ledger.apply import apply
from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.ledger.events import Event, SeenAgent
from gatekeeper.core.ledger.records import FindingId, FindingSide, FoundProblem, SeverityName
from gatekeeper.core.ledger.state import Overlaid, Records
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import AgentSpec, PhaseName, PhaseSpec, Roster
from gatekeeper.core.watch.derive import WatchSettings, derive
from gatekeeper.core.watch.observation import Observation
from tests.core.ledger_events import START, new_ids

NAMES = tuple(map(AgentName, ("ann", "bob", "cleo", "dan", "eve", "finn")))
"""The last two are declared nowhere."""

DECLARED = NAMES[:4]
MAIN = RefName("refs/heads/main")
REORGANISATION = "ws-member-excluded-plain"
SEVERITIES: tuple[SeverityName, ...] = ("note", "minor", "major", "critical")


def ref(agent: AgentName) -> RefName:
    return RefName(f"refs/heads/{agent}")


def oid(digit: int) -> Oid:
    return Oid(f"{digit:040x}")


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Return who is declared: nobody depends on somebody behind them, so that there is no circle."""
    specs = {}
    for number, name in enumerate(DECLARED):
        needs = draw(st.lists(st.sampled_from(DECLARED[:number]), max_size=2, unique=True)) if number else []
        specs[name] = AgentSpec(name, ref(name), priority=draw(st.integers(-1, 1)), depends_on=tuple(needs))
    cut = draw(st.integers(0, len(DECLARED)))
    phases = {}
    if draw(st.booleans()) and not any(set(spec.depends_on) & set(DECLARED[cut:]) for spec in specs.values()):
        first, second = PhaseName("first"), PhaseName("second")
        phases = {
            first: PhaseSpec(first, DECLARED[:cut]),
            second: PhaseSpec(second, DECLARED[cut:], needs=draw(st.sampled_from([(), (first,)]))),
        }
    order = draw(st.permutations(["priority", "first-seen"]))
    return Roster(agents=specs, phases=phases, precedence=tuple(order))


def found(
    name: str, severity: SeverityName, sides: Iterable[Sequence[str]], *, rule: str = "rule", taking: int | None = None
) -> FoundProblem:
    """Return a finding between sides; ``taking`` is the side that takes something away."""
    made = tuple(
        FindingSide(tuple(map(AgentName, agents)), "Cargo.toml", name, takes_away=number == taking)
        for number, agents in enumerate(sides)
    )
    return FoundProblem(FindingId(name), rule, severity, "Cargo.toml", name, made, f"They differ at {name}.")


@st.composite
def problems(
    draw: st.DrawFn, severities: Sequence[SeverityName] = ("note", "minor", "major", "critical")
) -> FoundProblem:
    """Return a finding between two or three agents, or of one alone."""
    name = draw(st.sampled_from([f"f{number}" for number in range(8)]))
    agents = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    cuts = min(draw(st.integers(1, 3)), len(agents))
    sides = [agents[number::cuts] for number in range(cuts)]
    rule = draw(st.sampled_from(["rule", REORGANISATION]))
    taking = draw(st.sampled_from([None, 0]))
    return found(name, draw(st.sampled_from(severities)), sides, rule=rule, taking=taking)


def one_each(all_found: Iterable[FoundProblem]) -> tuple[FoundProblem, ...]:
    """Return findings by different names."""
    return tuple({problem.id: problem for problem in all_found}.values())


def fleets(**more: Sequence[SeverityName]) -> st.SearchStrategy[tuple[FoundProblem, ...]]:
    """Return what stands between agents."""
    return st.lists(problems(**more), max_size=6).map(one_each)


def mirrored(problem: FoundProblem) -> FoundProblem:
    """Return the same finding told from the other side."""
    return replace(problem, sides=problem.sides[::-1])


_IDS = new_ids()


class Fleet:
    """A ledger, and looks at who is where: ``heads`` are commits by number, ``contents`` what they hold."""

    def __init__(self, state: Records, roster: Roster, trusted: Trusted | None = None) -> None:
        self.state = Overlaid(state)
        self.roster = roster
        self.trusted = trusted or Trusted()
        self.heads: dict[AgentName, Oid] = {name: oid(number + 1) for number, name in enumerate(NAMES)}
        self.contents: dict[AgentName, str] = {name: f"content of {name}" for name in NAMES}
        self.landed: set[AgentName] = set()
        self.at = START

    def look(self, *standing: FoundProblem, taken_in: Iterable[AgentName] = ()) -> list[Event]:
        """Poll, and return what was recorded."""
        agents = {
            name: SeenAgent(name, ref(name), head, "landed" if name in self.landed else "mergeable", START)
            for name, head in self.heads.items()
            if name in self.roster.agents
        }
        look = Observation(
            self.at,
            MAIN,
            oid(100 + len(self.landed)),
            agents,
            standing,
            tips=self.heads,
            landed=frozenset(self.landed),
            taken_in=frozenset(taken_in),
        )
        settings = WatchSettings(self.roster, trusted=self.trusted)
        events = list(derive(look, self.state, settings, new_id=_IDS, inquire=self._inquire))
        for event in events:
            self.state.put(apply(event, self.state))
        return events

    def _inquire(self, matter: CaseMatter, _known: CaseMatter | None) -> CaseMatter:
        return replace(matter, heads=self._of(self.heads, matter), contents=self._of(self.contents, matter))

    @staticmethod
    def _of(values: Mapping[AgentName, str], matter: CaseMatter) -> dict[AgentName, Oid]:
        return {agent: Oid(values[agent]) for agent in matter.parties}
