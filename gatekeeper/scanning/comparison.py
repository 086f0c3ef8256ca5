"""From the agents to the report: everything that a scan does where no earlier report will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatekeeper.cache import Cache
from gatekeeper.config import Settings
from gatekeeper.core.findings import Report, reading_order
from gatekeeper.core.names import AgentName, RuleId
from gatekeeper.core.roster import Roster
from gatekeeper.core.rules.evaluate import turns
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.rules.scope import EDIT_OUTSIDE_SCOPE
from gatekeeper.repository.attributes import lay_attributes
from gatekeeper.repository.discovery import Trunk
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.across_files import AcrossFiles, AcrossFilesFinder
from gatekeeper.scanning.agents import Agent
from gatekeeper.scanning.assemble import Assembler, without_bare_conflicts
from gatekeeper.scanning.blob_merges import BlobMerges
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.encounters import Earlier, Encounter, Encounters, met_by, occasions, settle
from gatekeeper.scanning.file_moves import MovesFinder
from gatekeeper.scanning.finding_maker import FindingMaker
from gatekeeper.scanning.fleet import Fleet, compare, gather
from gatekeeper.scanning.merged_definitions import MergedDefinitions
from gatekeeper.scanning.overlays import OverlayBuilder
from gatekeeper.scanning.parallel import Aside
from gatekeeper.scanning.path_hits import PathHits
from gatekeeper.scanning.remembered import pack, pack_names, unpack, unpack_names
from gatekeeper.scanning.remembered_encounters import comparison_key, pack_encounters, unpack_encounters
from gatekeeper.scanning.remembered_facts import RememberedFacts
from gatekeeper.scanning.request import Progress
from gatekeeper.scanning.scope import scope_hits
from gatekeeper.scanning.statuses import agent_statuses, scan_stats
from gatekeeper.scanning.verdicts import Verdicts
from gatekeeper.scanning.workspace_hits import package_names

_LARGE_FLEET = 200
"""From so many agents on, a process of its own for the workspace's rules pays."""


@dataclass(slots=True)
class Comparison:
    """What the stages share."""

    store: ObjectStore
    cache: Cache
    trunk: Trunk
    settings: Settings
    rules: Mapping[RuleId, Rule]
    progress: Progress

    def report(self, agents: Sequence[Agent], focus: AgentName | None, key: str) -> Report:
        """Return the report, and keep it and what led to it in the cache."""
        listing = self.store.listing(self.trunk.commit)
        lay_attributes(self.store, listing)
        self.progress("landing agents", 0, len(agents))
        builder = OverlayBuilder(self.store, self.cache, self.trunk.commit)
        overlays = builder.build(agents)
        fleet = gather(builder, overlays, listing, focus)
        builder.remember()
        documents = Documents(self.store, RememberedFacts(self.cache, self.trunk.ref))
        asked = tuple(self.rules.values())
        moves = MovesFinder(self.store, self.cache, fleet.changes)
        finder = AcrossFilesFinder(fleet, self.store, documents, asked, self.cache, moves)
        across = self._across(finder, len(fleet.changes))
        self.progress("comparing agents", 0, len(overlays.changes))
        texts = BlobMerges(self.store, self.cache)
        comparison = comparison_key(self.trunk.commit, self.store.attributes_id, tuple(self.rules))
        earlier, moved = self._earlier(comparison, fleet, focus)
        verdicts = compare(self.store, texts, fleet.only(moved))
        path_hits = PathHits(documents, texts, turns(asked), self._package_names(fleet, documents), self.cache)
        maker = FindingMaker([change.name for change in fleet.changes], self.settings, self.rules)
        merged = MergedDefinitions(fleet, documents, texts)
        assembler = Assembler(fleet, documents, path_hits, maker, merged, fleet.numbered(focus))
        encounters = _encounters(earlier, verdicts, assembler, self.progress)
        across_files = across.result()
        self.cache.put_many(AcrossFilesFinder.KIND, across_files.answers)
        self.cache.put_many(RememberedFacts.KIND, across_files.facts)
        self.cache.put_many(MovesFinder.KIND, across_files.renames)
        conflicts = encounters.conflicts({found.hit.left.path for found in across_files.hits})
        of_workspace = list(assembler.of_workspace(across_files.hits, conflicts))
        out_of_scope = scope_hits(fleet, overlays.graph, builder, documents, self._roster, assembler.focus)
        on_paths = [finding for encounter in encounters.all for finding in encounter.findings]
        findings = [
            *without_bare_conflicts(on_paths, of_workspace),
            *of_workspace,
            *assembler.of_unreadable(across_files.unreadable),
            *assembler.of_workspace(out_of_scope, {}),
        ]
        report = Report(
            trunk_ref=self.trunk.ref,
            trunk_commit=self.trunk.commit,
            agents=agent_statuses(overlays),
            findings=tuple(sorted(findings, key=reading_order)),
            standing=tuple(across_files.standing),
            stats=scan_stats(
                len(agents), len(fleet.changes), encounters, blob_merges=len(texts.decided), cache_hits=self.cache.hits
            ),
            notes=tuple(across_files.remarks),
        )
        self._remember(key, report, comparison, encounters if focus is None else None, fleet)
        return report

    @property
    def _roster(self) -> Roster:
        """Who has declared a scope, if anybody asks for that."""
        return self.settings.roster if EDIT_OUTSIDE_SCOPE.id in self.rules else Roster()

    def _across(self, finder: AcrossFilesFinder, agents: int) -> Aside[AcrossFiles]:
        """Rules over the workspace need no verdict of git's: in a large fleet they run beside the comparison."""
        finder.recall()
        return Aside(finder.find, worth_forking=agents >= _LARGE_FLEET and not finder.knows_all)

    def _package_names(self, fleet: Fleet, documents: Documents) -> frozenset[str]:
        """Return the names of trunk's packages, which only another commit of trunk changes."""
        data = self.cache.get("packages", self.trunk.commit)
        known = None if data is None else unpack_names(data)
        if known is not None:
            return known
        names = package_names(fleet, documents)
        self.cache.put_many("packages", {self.trunk.commit: pack_names(names)})
        return names

    def _earlier(self, comparison: str, fleet: Fleet, focus: AgentName | None) -> tuple[Earlier, int]:
        """Return what an earlier comparison of the same trunk found and still holds, and the agents to compare."""
        everyone = Earlier(), fleet.relation.everyone
        data = self.cache.get("encounters", comparison) if focus is None else None
        remembered = None if data is None else unpack_encounters(data, fleet.changes)
        kept = None if remembered is None else self.cache.get("report", remembered.report)
        report = None if kept is None else unpack(kept)
        if remembered is None or report is None:
            return everyone
        earlier = remembered.earlier(report.findings)
        return everyone if earlier is None else (earlier, remembered.moved)

    def _remember(self, key: str, report: Report, comparison: str, encounters: Encounters | None, fleet: Fleet) -> None:
        if not self.cache.is_on:
            return
        # What points into a report goes in before it: a run that ends in between leaves no report to point into.
        if encounters is not None:
            data = pack_encounters(encounters, fleet.changes, key, report.findings)
            self.cache.put_many("encounters", {comparison: data})
        self.cache.put_many("report", {key: pack(report)})


def _encounters(earlier: Earlier, verdicts: Verdicts, assembler: Assembler, progress: Progress) -> Encounters:
    """Return all encounters: those that still hold, and those of the pairs that were compared."""
    hits = assembler.path_hits
    found = occasions(verdicts, hits, progress)
    kept, new = settle(earlier, found)
    again = (occasion for occasion, _, _ in new if occasion not in found)
    hits.prepare(case for occasion in again for case in occasion.cases)
    made = (
        Encounter(occasion, left, right, tuple(assembler.of_occasion(occasion, left, right)))
        for occasion, left, right in new
    )
    met = dict(earlier.met)
    for agent, lower in met_by(verdicts).items():
        met[agent] = met.get(agent, 0) | lower
    return Encounters([*kept, *made], met)
