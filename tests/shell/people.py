"""People with keys, two agents with a case, and what is appended to the ledger past all checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatekeeper.coordinator.trusting import Judge
from gatekeeper.core.ledger.case_events import (
    AgentQuarantined,
    AgentReadmitted,
    ApprovalGiven,
    CaseAcknowledged,
    CaseOpened,
    CaseRuled,
    IncidentPlanned,
)
from gatekeeper.core.ledger.case_records import CaseId, CaseMatter, CaseRecord
from gatekeeper.core.ledger.events import Event, FindingOpened, Payload
from gatekeeper.core.ledger.records import EventId, FindingId, FindingSide
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.policy.plans import incident_subject, plan_digest
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import Principal, RoleName
from gatekeeper.ledger.codec import event_line, read_event, signed_bytes
from gatekeeper.ledger.ledger import new_event
from gatekeeper.repository import open_repository
from gatekeeper.signing import sign
from gatekeeper.trunk import read_trunk
from tests.core.ledger_events import problem
from tests.kit import RepositoryBuilder
from tests.kit.ssh import new_key, public_half
from tests.shell.ledgers import ledger_of

LEAD, OPS, CODER = Principal("lead@example.org"), Principal("ops@example.org"), Principal("coder@example.org")
ONE, TWO = AgentName("one"), AgentName("two")
TWO_SIGNS_AS = Principal("two@example.org")
CASE = CaseId("0123abcd")
FINDING = FindingId("f" * 12)
ROLES = f'[policy.roles]\narchitect = ["{LEAD}"]\ncoordinator = ["{OPS}"]\n'
AGENTS = f'[agents.one]\n[agents.two]\nsigns_as = "{TWO_SIGNS_AS}"\n'
MANIFEST = '[package]\nname = "p"\nversion = "0.1.0"\n\n[features]\ndefault = ["minimal"]\n{}minimal = []\n'
PATH, KEY = "Cargo.toml", "features.full"


def manifest(*features: str) -> str:
    """Return a manifest whose feature ``full`` is that list; without any, there is no such feature."""
    listed = ", ".join(f'"{name}"' for name in features)
    names = "".join(f"{name} = []\n" for name in sorted({*features} - {"minimal"}))
    return MANIFEST.format(f"full = [{listed}]\n{names}" if features else "")


class Court:
    """A repository with two agents that define one feature list differently, and everybody's keys."""

    def __init__(self, repository: RepositoryBuilder, keys: Path, *, roles: str = ROLES) -> None:
        self.repository = repository
        names = ("lead", "ops", "coder", "one", "two", "stranger")
        self.keys = {name: new_key(keys / name) for name in names}
        self.configure(roles, files={PATH: manifest()})
        self.list_signers()
        for agent, features in ((ONE, ("minimal", "debug-fast")), (TWO, ("minimal", "headless"))):
            repository.branch(agent)
            repository.commit(agent, {PATH: manifest(*features)})

    def configure(self, roles: str = ROLES, *, files: Mapping[str, str] | None = None) -> None:
        """Put a configuration on trunk."""
        self.repository.commit("main", {"gatekeeper.toml": roles + AGENTS, **(files or {})})

    def list_signers(self, *, without: str = "", more: str = "", options: str = "") -> None:
        """Put the signers on trunk; ``options`` are those of the people, ``more`` are lines at the end."""
        named = {"lead": LEAD, "ops": OPS, "coder": CODER, "one": Principal(ONE), "two": TWO_SIGNS_AS}
        people = {"lead", "ops"}
        lines = [
            f"{principal} {options if name in people else ''} {public_half(self.keys[name])}"
            for name, principal in named.items()
            if name != without
        ]
        self.repository.commit("main", {"allowed_signers": "\n".join([*lines, more, ""])})

    def public(self, name: str) -> str:
        """Return the public half of somebody's key."""
        return public_half(self.keys[name])

    @property
    def id(self) -> str:
        """What signatures name, so that they count in no other repository."""
        return self.repository.git("rev-list", "--max-parents=0", "main").strip()

    def matter(self, **more: Any) -> CaseMatter:
        """Return what the case is about, as the branches stand."""
        heads = {agent: Oid(self.repository.commit_id(agent)) for agent in (ONE, TWO)}
        given: dict[str, Any] = {
            "kind": "escalation",
            "owner": RoleName("architect"),
            "question": "Which features?",
            "findings": (FINDING,),
            "parties": (ONE, TWO),
            "rule": "feat-list-differs",
            "path": PATH,
            "key": KEY,
            "heads": heads,
            "contents": {ONE: "1" * 12, TWO: "2" * 12},
        }
        return CaseMatter(CASE, **given | more)

    def open(self, **more: Any) -> CaseMatter:
        """Open the case, with the finding that it is about."""
        matter = self.matter(**more)
        sides = tuple(FindingSide((agent,), matter.path, matter.key) for agent in matter.parties)
        found = replace(problem(FINDING, path=matter.path, key=matter.key), sides=sides)
        self.append(self.event(FindingOpened(found), "gatekeeper"), self.event(CaseOpened(matter), "gatekeeper"))
        return matter

    def case(self) -> CaseRecord:
        """Return the case as the ledger has it."""
        found = ledger_of(self.repository).state().get(CaseRecord, CASE)
        assert found is not None
        return found

    def event(self, payload: Payload, by: str = LEAD, *, at: datetime | None = None) -> Event:
        """Return an event that is not signed."""
        return new_event(payload, at=at or datetime.now(UTC), by=by)

    def signed(self, payload: Payload, key: str, *, at: datetime | None = None) -> Event:
        """Return an event that is signed."""
        event = self.event(payload, at=at)
        return replace(event, signature=sign(signed_bytes(event), self.keys[key]))

    def append(self, *events: Event) -> None:
        """Append events past all checks, as somebody does who can write the repository."""
        ledger_of(self.repository).append(lambda _state: events, subject="test", at=events[0].at)

    def say(self, payload: Payload, key: str, *, at: datetime | None = None) -> Event:
        """Sign and append."""
        event = self.signed(payload, key, at=at)
        self.append(event)
        return event

    def ruling(self, principal: Principal = LEAD, **more: Any) -> CaseRuled:
        """Return a ruling on the case as it is."""
        matter = self.case().matter
        given: dict[str, Any] = {
            "repository": self.id,
            "principal": principal,
            "case": CASE,
            "findings": matter.findings,
            "heads": matter.heads,
            "contents": matter.contents,
            "choice": "take",
            "because": "it is what the release needs",
            "agent": ONE,
        }
        return CaseRuled(**given | more)

    def acknowledgement(self, ruling: Event, principal: Principal, agent: AgentName, **more: Any) -> CaseAcknowledged:
        """Return what a party says to a ruling."""
        given: dict[str, Any] = {"repository": self.id, "case": CASE, "ruling": ruling.id}
        return CaseAcknowledged(principal=principal, agent=agent, **given | more)

    def plan(self) -> None:
        """Record the cause and the plan of the incident."""
        self.append(self.event(IncidentPlanned(CASE, "both define it", "the union"), "somebody"))

    def approval(self, principal: Principal = OPS, **more: Any) -> ApprovalGiven:
        """Return an approval of the plan of the incident."""
        given: dict[str, Any] = {
            "repository": self.id,
            "principal": principal,
            "subject": incident_subject(CASE),
            "proposal": plan_digest(self.case()),
            "because": "sound",
        }
        return ApprovalGiven(**given | more)

    def quarantine(self, principal: Principal = OPS, **more: Any) -> AgentQuarantined:
        """Return what sets the first agent apart."""
        given: dict[str, Any] = {"repository": self.id, "agent": ONE, "findings": (FINDING,), "because": "it spins"}
        return AgentQuarantined(principal=principal, **given | more)

    def readmission(self, placed: EventId, principal: Principal = OPS, **more: Any) -> AgentReadmitted:
        """Return what lets the first agent in again."""
        given: dict[str, Any] = {"repository": self.id, "agent": ONE, "quarantine": placed, "because": "mended"}
        return AgentReadmitted(principal=principal, **given | more)

    def judge(self, *, at: datetime | None = None) -> Judge:
        """Return who tells what counts now."""
        repository = open_repository(str(self.repository.root))
        trunk, settings = read_trunk(repository, None)
        return Judge(repository, ledger_of(self.repository).state(), settings, trunk.commit, at or datetime.now(UTC))

    def trusted(self) -> Trusted:
        """Return all that counts now."""
        return self.judge().trusted()


def edited(event: Event, old: str, new: str) -> Event:
    """Return the event with its line changed after it was signed."""
    line = event_line(event)
    assert old.encode() in line
    return read_event(line.replace(old.encode(), new.encode()))
