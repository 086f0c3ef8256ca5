"""The release: its gates, the conditions of approvals (R-23), and the completion checklist (R-24)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from gatekeeper.coordinator.phase_bench import PhaseBench, PhaseStep
from gatekeeper.core.gates.spec import definition_hash
from gatekeeper.core.gates.tree import JudgedTree
from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.ledger import phase_events as phases
from gatekeeper.core.ledger.events import Event, Payload
from gatekeeper.core.ledger.phase_effects import phase_record
from gatekeeper.core.ledger.phase_records import JudgedGate, ReleaseRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.phases.steps import in_order, release_iteration, verdict_of
from gatekeeper.core.roster import GateName, PhaseName
from gatekeeper.core.watch.registry import registry
from gatekeeper.repository.judged_tree import CommitTree


class ReleaseDesk(PhaseBench):
    """The release of one repository."""

    def release(self) -> PhaseStep:
        """Judge the release: its gates, the conditions of approvals (R-23), and the checklist (R-24)."""
        step = PhaseStep(None, None, "waits")
        with closing(self.repository.object_store()) as store:
            tree = CommitTree(store, self.judged_commit)

            def decide(state: Records) -> Sequence[Event]:
                nonlocal step
                payloads, step = self._released(state, tree)
                return self.events(payloads, state)

            record = self.record(decide, subject="release judged").get(ReleaseRecord)
        return PhaseStep(
            None, record, step.done, step.verdicts, step.checklist, step.blockers, self.herald.tell(self.now)
        )

    def _released(self, state: Records, tree: JudgedTree) -> tuple[tuple[Payload, ...], PhaseStep]:
        known = state.get(ReleaseRecord)
        iteration = release_iteration(known, tree.id)
        found = registry(self.roster, state)
        open_ones = (entry for entry in found.phases.values() if entry.progress != "completed")
        blockers = [
            Blocker(f"phase {entry.name} is not completed", f"gatekeeper phase complete {entry.name}")
            for entry in open_ones
        ]
        judged_anew = tuple(self._of_phases(state, tree))
        of_phases = tuple(now for _, _, now in judged_anew)
        verdicts = self._release_verdicts(of_phases, known, iteration, tree)
        named = (gate for spec in self.roster.phases.values() for gate in spec.gates.post)
        required = tuple(dict.fromkeys((*named, *self.roster.release)))
        if not required:
            # Where nothing is asked, nothing has passed.
            blockers.append(Blocker("no gate is asked before a release", "gatekeeper.toml#release.gates"))
        lines = self.look.checklist(None, required, tuple(map(verdict_of, (*of_phases, *verdicts))))
        payloads: list[Payload] = [phases.GateJudged(phase, now) for phase, then, now in judged_anew if now != then]
        payloads += [phases.GateJudged(None, one) for one in verdicts]
        is_ready = not blockers and all(line.holds for line in lines)
        if is_ready and (known is None or known.tree != tree.id):
            payloads.append(phases.ReleaseReady(tree.id, iteration))
        return tuple(payloads), PhaseStep(
            None, None, "ready" if is_ready else "waits", verdicts, lines, tuple(blockers)
        )

    def _of_phases(self, state: Records, tree: JudgedTree) -> Iterator[tuple[PhaseName, JudgedGate, JudgedGate]]:
        """Yield each verdict of a phase, as it was and is, as far as its gate still asks what it asked then.

        What passed at the end of a phase passed in the tree of that moment; a release is of this one.
        """
        for spec in self.roster.phases.values():
            record = phase_record(state, spec.name)
            for one in record.verdicts:
                gate = self.roster.gates.get(one.gate)
                is_asked = one.gate in {"pre": spec.gates.pre, "post": spec.gates.post}.get(one.stage, ())
                if not is_asked or gate is None or definition_hash(gate) != one.definition:
                    continue
                is_over = one.stage == "post" and record.completed_at is not None
                now = self.judged(one.gate, spec.name, "post", record.iteration, tree) if is_over else one
                yield spec.name, one, now

    def _release_verdicts(
        self,
        of_phases: Iterable[JudgedGate],
        known: ReleaseRecord | None,
        iteration: int,
        tree: JudgedTree,
    ) -> tuple[JudgedGate, ...]:
        """Return the verdicts of the release's gates, and of those that approvals have made a condition."""
        before = () if known is None else known.verdicts
        todo = list(in_order(self.roster.release, "release", before))
        todo += [gate for one in of_phases if one.outcome == "passed" for gate in one.conditions]
        verdicts: dict[GateName, JudgedGate] = {}
        while todo:
            gate = todo.pop(0)
            if gate in verdicts or gate not in self.roster.gates:
                continue
            verdicts[gate] = self.judged(gate, None, "release", iteration, tree)
            if verdicts[gate].outcome == "passed":
                todo += verdicts[gate].conditions
        return tuple(verdicts.values())
