"""What gates say that cannot hold, and names of gates, roles and rules that name nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gatekeeper.config.gates import KEYS_BY_KIND
from gatekeeper.config.mistakes import Mistake
from gatekeeper.config.places import Location
from gatekeeper.core.patterns import Glob
from gatekeeper.core.rules.registry import all_rules
from gatekeeper.core.watch.limits import BLOCKED, CLAIM_TOUCHED, STALE

if TYPE_CHECKING:
    from gatekeeper.config.document import ConfigDocument
    from gatekeeper.config.gates import GateTable
    from gatekeeper.config.people import AgentTable

_WILDCARDS = frozenset("*?")


def wrong_gates(document: ConfigDocument) -> Iterator[Mistake]:
    """Yield gates that are of no kind or of several, roles that nobody has, and gates and rules that do not exist."""
    for name, gate in document.gates.items():
        here: Location = ("gates", name)
        wrong = list(_wrong_kind(here, gate))
        yield from wrong
        if wrong:
            continue
        if gate.approval is not None and getattr(document.policy.roles, gate.approval) is None:
            yield Mistake(
                (*here, "approval"), f"nobody could approve: policy.roles names nobody who is {gate.approval}"
            )
        yield from _unknown_rules((*here, "rules"), gate.rules or ())
    known = tuple(document.gates)
    for name, phase in document.phases.items():
        for kind, names in phase.gates:
            yield from _unknown_gates(("phases", name, "gates", kind), names, known)
    yield from _unknown_gates(("release", "gates"), document.release.gates, known)
    yield from _shared_keys(document.agents)


def _wrong_kind(here: Location, gate: GateTable) -> Iterator[Mistake]:
    given = gate.model_fields_set - {"description"}
    kinds = [kind for kind in ("command", "approval", "files", "keys") if given.intersection(_signs_of(kind))]
    if "approval" in kinds and "files" in kinds:
        kinds.remove("files")
    if len(kinds) != 1:
        yield Mistake(here, "it must have exactly one of command, files, keys (or absent, or rules) and approval")
        return
    for key in gate.__class__.model_fields:
        if key in given and key not in KEYS_BY_KIND[kinds[0]]:
            kind = next(kind for kind, keys in KEYS_BY_KIND.items() if key in keys)
            yield Mistake((*here, key), f"only a gate with {kind} has it")


def _signs_of(kind: str) -> tuple[str, ...]:
    """Return the keys any of which makes a gate one of this kind."""
    return KEYS_BY_KIND["keys"] if kind == "keys" else (kind,)


def _unknown_rules(place: Location, written: Sequence[str]) -> Iterator[Mistake]:
    if not written:
        return
    known = (*all_rules(), STALE, BLOCKED, CLAIM_TOUCHED)
    for number, rule in enumerate(written):
        if _WILDCARDS.isdisjoint(rule):
            if rule not in known:
                yield Mistake((*place, number), f"there is no rule {rule}", rule, known)
        elif not any(Glob((rule,)).matches((one,)) for one in known):
            yield Mistake((*place, number), f"there is no rule that fits {rule}", rule, known)


def _unknown_gates(place: Location, written: Sequence[str], known: tuple[str, ...]) -> Iterator[Mistake]:
    for number, name in enumerate(written):
        if name not in known:
            yield Mistake((*place, number), f"there is no gate {name}", name, known)


def _shared_keys(agents: Mapping[str, AgentTable]) -> Iterator[Mistake]:
    """Yield agents that sign as another one: what one of them signs would count as the other's."""
    declared = {name: agent.signs_as or name for name, agent in agents.items()}
    owners: dict[str, str] = {}
    # Who says nothing signs as itself, wherever in the file it stands: the mistake is told where something is said.
    for name in sorted(agents, key=lambda name: agents[name].signs_as is not None):
        first = owners.setdefault(declared[name], name)
        if first != name:
            yield Mistake(("agents", name, "signs_as"), f"{declared[name]} is what {first} signs as already")
