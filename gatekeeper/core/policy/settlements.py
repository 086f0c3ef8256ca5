"""Which ruling is about a finding as things stand now, and whether it is acknowledged.

Until all parties have acknowledged it, a ruling is about the commits that it names: whoever moves is asked again. From
then on it holds as long as the contested place has what was ruled on, or what was ruled: the parties go on working, and
a decision that their every commit took back would be none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gatekeeper.core.ledger.case_records import CaseMatter
from gatekeeper.core.ledger.records import AgentRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.matters import authors
from gatekeeper.core.policy.trusted import Ruling
from gatekeeper.core.roster import Roster

_ON_CONTENT = frozenset({"proposal", "take", "file"})


@dataclass(frozen=True, slots=True)
class Settlement:
    """A ruling on a finding, and the parties that have yet to acknowledge it."""

    ruling: Ruling
    missing: tuple[AgentName, ...] = ()

    @property
    def is_released(self) -> bool:
        """Whether everybody who has to has acknowledged it."""
        return not self.missing


def settlement(
    problem: FoundProblem, matter: CaseMatter, rulings: Iterable[Ruling], roster: Roster, state: Records
) -> Settlement | None:
    """Return the first ruling that is about the finding as it is now; None where there is none."""
    for ruling in rulings:
        if problem.id not in ruling.said.findings:
            continue
        missing = tuple(agent for agent in heard(problem, roster, state) if agent not in ruling.acknowledged)
        still = _holds_content(ruling, matter) if not missing else _is_of_these_heads(ruling, matter, problem)
        if still:
            return Settlement(ruling, missing)
    return None


def heard(problem: FoundProblem, roster: Roster, state: Records) -> tuple[AgentName, ...]:
    """Return who has to acknowledge a ruling: of a reorganisation its author, else each declared agent at work.

    A stray branch, or an agent that is done, has nobody who would: nobody waits for it.
    """
    concerned = authors(problem) or problem.agents
    return tuple(agent for agent in concerned if agent in roster.agents and not _is_done(state.get(AgentRecord, agent)))


def _is_done(record: AgentRecord | None) -> bool:
    return record is not None and (record.removed_at is not None or record.progress == "completed")


def _is_of_these_heads(ruling: Ruling, matter: CaseMatter, problem: FoundProblem) -> bool:
    heads = ruling.said.heads
    return all(agent in heads and heads[agent] == matter.heads.get(agent) for agent in problem.agents)


def _holds_content(ruling: Ruling, matter: CaseMatter) -> bool:
    said = ruling.said
    if said.choice not in _ON_CONTENT:
        return True
    return all(
        matter.contents.get(agent, content) in {content, said.result} for agent, content in said.contents.items()
    )
