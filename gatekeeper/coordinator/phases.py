"""Phases started, completed and judged: every verdict is recorded with what follows from it, and then told.

What follows is derived from the state that it is recorded on; where somebody was faster, it is derived again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Literal

from gatekeeper.coordinator.gate_requests import iteration_now
from gatekeeper.coordinator.phase_bench import Done, PhaseBench, PhaseStep
from gatekeeper.core.gates.checklist import ChecklistItem
from gatekeeper.core.gates.tree import JudgedTree
from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.phase_effects import phase_record
from gatekeeper.core.ledger.phase_records import JudgedGate
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.nearest import did_you_mean
from gatekeeper.core.phases.following import after_checkpoint, after_post, after_pre
from gatekeeper.core.phases.steps import completion_blockers, in_order, not_started, start_blockers
from gatekeeper.core.roster import PhaseName, PhaseSpec
from gatekeeper.core.watch.registry import registry
from gatekeeper.errors import BadInputError
from gatekeeper.repository.judged_tree import CommitTree


class PhaseDesk(PhaseBench):
    """The phases of one repository."""

    def status(self, name: str | None) -> tuple[PhaseStep, ...]:
        """Return how each phase stands, or one, judged without recording it."""
        wanted = self.roster.phases_in_order() if name is None else (self._spec(name).name,)
        state = self.ledger.state()
        self.look_by(state, self.scanned())
        with closing(self.repository.object_store()) as store:
            tree = CommitTree(store, self.judged_commit)
            return tuple(self._standing(self.roster.phases[phase], state, tree) for phase in wanted)

    def _standing(self, spec: PhaseSpec, state: Records, tree: JudgedTree) -> PhaseStep:
        found, record = registry(self.roster, state), phase_record(state, spec.name)
        entry = found.phases[spec.name]
        if entry.progress == "completed":
            return PhaseStep(entry, record, "completed", record.verdicts)
        if not entry.is_started:
            blockers = tuple(start_blockers(spec, found, self.roster, self.look.decided))
            return PhaseStep(entry, record, "judged", self._verdicts(spec, "pre", state, tree), (), blockers)
        verdicts = (*self._verdicts(spec, "checkpoint", state, tree), *self._verdicts(spec, "post", state, tree))
        blockers = tuple(completion_blockers(spec, found, self.look.decided))
        return PhaseStep(entry, record, "judged", verdicts, self._checklist(spec), blockers)

    def start(self, name: str) -> PhaseStep:
        """Start a phase if what it needs is completed and its gates pass; the verdicts are recorded in any case."""
        spec = self._spec(name)

        def decide(state: Records, tree: JudgedTree) -> tuple[tuple[Payload, ...], PhaseStep]:
            found, record = registry(self.roster, state), phase_record(state, spec.name)
            entry = found.phases[spec.name]
            if record.started_at is not None or entry.progress == "completed":
                return (), PhaseStep(entry, record, "completed" if entry.progress == "completed" else "started")
            blockers = tuple(start_blockers(spec, found, self.roster, self.look.decided))
            if blockers:
                return (), PhaseStep(entry, record, "waits", blockers=blockers)
            verdicts = self._verdicts(spec, "pre", state, tree)
            return tuple(after_pre(spec, verdicts, state)), PhaseStep(entry, record, "waits", verdicts)

        return self._taken(spec, decide)

    def checkpoint(self, name: str) -> PhaseStep:
        """Judge the gates of a phase that is under way; verdicts that are others than the last are recorded."""
        spec = self._spec(name)

        def decide(state: Records, tree: JudgedTree) -> tuple[tuple[Payload, ...], PhaseStep]:
            found, record = registry(self.roster, state), phase_record(state, spec.name)
            entry = found.phases[spec.name]
            if not entry.is_started:
                return (), PhaseStep(entry, record, "waits", blockers=(not_started(spec),))
            verdicts = self._verdicts(spec, "checkpoint", state, tree)
            return tuple(after_checkpoint(spec, verdicts, state)), PhaseStep(entry, record, "judged", verdicts)

        return self._taken(spec, decide)

    def complete(self, name: str) -> PhaseStep:
        """Complete a phase if its agents are done, its checklist holds and its gates pass; failures are counted.

        Of a phase that is completed, the gates are judged again, and nothing else.
        """
        spec = self._spec(name)

        def decide(state: Records, tree: JudgedTree) -> tuple[tuple[Payload, ...], PhaseStep]:
            found, record = registry(self.roster, state), phase_record(state, spec.name)
            entry = found.phases[spec.name]
            lines: tuple[ChecklistItem, ...] = ()
            if record.completed_at is None:
                blockers = tuple(completion_blockers(spec, found, self.look.decided))
                lines = self._checklist(spec)
                if blockers or not all(line.holds for line in lines):
                    return (), PhaseStep(entry, record, "waits", (), lines, blockers)
            verdicts = self._verdicts(spec, "post", state, tree)
            done: Done = "waits" if record.completed_at is None else "completed"
            return tuple(after_post(spec, verdicts, state)), PhaseStep(entry, record, done, verdicts, lines)

        return self._taken(spec, decide)

    def _verdicts(
        self, spec: PhaseSpec, stage: Literal["pre", "checkpoint", "post"], state: Records, tree: JudgedTree
    ) -> tuple[JudgedGate, ...]:
        gates = {"pre": spec.gates.pre, "checkpoint": spec.gates.checkpoint, "post": spec.gates.post}[stage]
        iteration = iteration_now(state, spec.name, tree.id)
        order = in_order(gates, stage, phase_record(state, spec.name).verdicts)
        return tuple(self.judged(gate, spec.name, stage, iteration, tree) for gate in order)

    def _checklist(self, spec: PhaseSpec) -> tuple[ChecklistItem, ...]:
        # Its gates are judged besides.
        return self.look.checklist(spec.agents)[:3]

    def _taken(
        self, spec: PhaseSpec, decide: Callable[[Records, JudgedTree], tuple[tuple[Payload, ...], PhaseStep]]
    ) -> PhaseStep:
        payloads: tuple[Payload, ...] = ()
        step = PhaseStep(None, None, "waits")
        with closing(self.repository.object_store()) as store:
            tree = CommitTree(store, self.judged_commit)

            def events(state: Records) -> Sequence[Event]:
                nonlocal payloads, step
                payloads, step = decide(state, tree)
                return self.events(payloads, state)

            state = self.record(events, subject=f"phase {spec.name}")
        return PhaseStep(
            registry(self.roster, state).phases[spec.name],
            phase_record(state, spec.name),
            _word(payloads, step.done),
            step.verdicts,
            step.checklist,
            step.blockers,
            self.herald.tell(self.now),
        )

    def _spec(self, name: str) -> PhaseSpec:
        found = self.roster.phases.get(PhaseName(name))
        if found is None:
            listed = "gatekeeper phase status lists them" if self.roster.phases else "gatekeeper.toml declares none"
            raise BadInputError(f"there is no phase {name}", did_you_mean(name, self.roster.phases, listed))
        return found


_DONE: Sequence[tuple[type, Done]] = (
    (phases.PhaseReopened, "reopened"),
    (phases.PhaseFailed, "failed"),
    (phases.PhaseCompleted, "completed"),
    (phases.PhaseStarted, "started"),
)


def _word(payloads: Sequence[Payload], otherwise: Done) -> Done:
    """Return what a step has come to: what weighs most of all that was recorded."""
    found = (word for kind, word in _DONE if any(isinstance(said, kind) for said in payloads))
    return next(found, otherwise)
