"""What is said of all landed trees together: by the workspace's rules, of target directories, of unreadable files.

A branch moves far more often than a symbol. So the answer is kept under a digest of all that it can depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from gatekeeper.cache import Cache
from gatekeeper.core.findings import Remark, StandingFault
from gatekeeper.core.rules.registry import Rule, Sees, WorkspaceRule
from gatekeeper.core.rules.toml_level import INVALID_ON_ONE_SIDE
from gatekeeper.core.symbols import Symbol
from gatekeeper.core.workspace_view import Remains, WorkspaceHit
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.file_moves import MovesFinder
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.remembered_hits import hit_row, read_hit
from gatekeeper.scanning.shared_target_dirs import target_dir_findings
from gatekeeper.scanning.unreadable import UnreadableFile, unreadable_files, unreadable_on_trunk
from gatekeeper.scanning.values_json import from_json, to_json
from gatekeeper.scanning.workspace_hits import (
    WorkspaceStates,
    is_lacked,
    is_of_cargo,
    told_apart,
    told_as_one,
    workspace_hits,
    workspace_states,
)


@dataclass(frozen=True, slots=True)
class AcrossFiles:
    """The findings, without the agents' names; ``answers``, ``facts`` and ``renames`` are to be kept in the cache."""

    hits: tuple[WorkspaceHit, ...]
    standing: tuple[StandingFault, ...]
    remarks: tuple[Remark, ...]
    unreadable: tuple[UnreadableFile, ...]
    answers: Mapping[str, bytes] = field(default_factory=dict)
    facts: Mapping[str, bytes] = field(default_factory=dict)
    renames: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class AcrossFilesFinder:
    """Asks the workspace's rules, and what else is said of all trees together.

    Answers of rules that see the same are kept together (``Sees``): a branch that edits a makefile changes nothing of
    what rules about crates say.
    """

    fleet: Fleet
    store: ObjectStore
    documents: Documents
    rules: Sequence[Rule]
    cache: Cache
    moves: MovesFinder
    _known_states: WorkspaceStates | None = field(init=False, default=None)
    _keys: dict[Sees, str] = field(init=False, default_factory=dict)
    _known: dict[Sees, list[WorkspaceHit]] = field(init=False, default_factory=dict)

    KIND: ClassVar = "across"

    @property
    def _states(self) -> WorkspaceStates:
        if self._known_states is None:
            states = workspace_states(self.fleet, self.documents, self.moves.moves())
            self._known_states = told_apart(states, self.documents) if self.cache.is_on else states
        return self._known_states

    def recall(self) -> None:
        """Take from the cache what was found when nothing else was there on which it depends."""
        if not self.documents.remembered.said or not self.moves.is_quick:
            # Little or nothing has been kept yet; to find that out by reading everything would be the work itself.
            return
        self._keys = self._new_keys()
        entries = self.cache.get_many(self.KIND, self._keys.values())
        for sees, key in self._keys.items():
            data = entries.get(key)
            if data == _ASKS_SOURCES:
                data = self.cache.get(self.KIND, _with_sources(key, self._states))
            hits = None if data is None else _unpacked(data)
            if hits is not None:
                self._known[sees] = hits

    @property
    def knows_all(self) -> bool:
        """Whether no rule has to be asked any more."""
        return self._known.keys() == set(Sees)

    def find(self) -> AcrossFiles:
        """Return the findings, and what to keep of them and of the facts that were read."""
        hits, answers = dict(self._known), dict[str, bytes]()
        if not self.knows_all:
            view = self._states.view(self.documents)
            asked = [rule for sees in Sees if sees not in hits for rule in self._rules_that_see(sees)]
            found = workspace_hits(view, asked)
            for sees in Sees:
                names = {rule.info.id for rule in self._rules_that_see(sees)}
                hits.setdefault(sees, [hit for hit in found if hit.hit.rule in names])
            answers = self._answers(hits, with_sources=view.has_read_sources) if self.cache.is_on else {}
        ranks = {rule.info.id: rank for rank, rule in enumerate(self.rules)}
        in_order = sorted((hit for some in hits.values() for hit in some), key=lambda found: ranks[found.hit.rule])
        facts = self.documents.to_keep() if self.cache.is_on else {}
        renames = self.moves.to_keep() if self.cache.is_on else {}
        return replace(self._with(in_order), answers=answers, facts=facts, renames=renames)

    def _rules_that_see(self, sees: Sees) -> list[WorkspaceRule]:
        return [rule for rule in self.rules if isinstance(rule, WorkspaceRule) and rule.sees is sees]

    def _answers(self, hits: Mapping[Sees, Sequence[WorkspaceHit]], *, with_sources: bool) -> dict[str, bytes]:
        answers: dict[str, bytes] = {}
        for sees, key in (self._keys or self._new_keys()).items():
            if sees in self._known:
                continue
            answers[key] = packed = _packed(hits[sees])
            if with_sources:
                # Whether sources are asked follows from the manifests; what they say then counts as well.
                answers[key], answers[_with_sources(key, self._states)] = _ASKS_SOURCES, packed
        return answers

    def _with(self, hits: Sequence[WorkspaceHit]) -> AcrossFiles:
        """Return the hits of the workspace's rules with all else that is found."""
        target_dirs = target_dir_findings(self.fleet, self.store, self.rules)
        told = any(rule.info is INVALID_ON_ONE_SIDE for rule in self.rules)
        return AcrossFiles(
            hits=(*hits, *target_dirs.hits),
            standing=(*unreadable_on_trunk(self.fleet, self.documents), *target_dirs.standing),
            remarks=tuple(target_dirs.remarks),
            unreadable=tuple(unreadable_files(self.fleet, self.documents)) if told else (),
        )

    def _new_keys(self) -> dict[Sees, str]:
        """Return the keys under which answers are kept: digests of all that they can depend on."""
        states = self._states
        said = [told_as_one(found, self.documents) for found in states.paths]
        rows = [(found.path, told, [who for _, who in found.states]) for found, told in said]
        of_cargo = [row for row in rows if is_of_cargo(row[0])]
        contents = [found for found in states.paths if is_of_cargo(found.path) and is_lacked(found)]
        relation = states.relation
        moved = {path for moves in states.moves for names in moves.names.items() for path in names}
        under_new_names = [found for found in states.paths if found.path in moved]
        landing = (self.fleet.trunk, relation.base_count, relation.meaning_rows)
        common = _digest(*landing, states.existence, of_cargo, states.moves, under_new_names)
        seen = {
            Sees.SYMBOLS: (),
            Sees.CONTENTS: (contents, states.edited),
            Sees.TASKS: ([row for row in rows if not is_of_cargo(row[0])], states.scripts),
        }
        return {
            sees: _digest(common, sees.value, [rule.info.id for rule in self._rules_that_see(sees)], *more)
            for sees, more in seen.items()
        }


_ASKS_SOURCES = b"sources"


def _digest(*stated: object) -> str:
    return hashlib.sha256(repr(stated).encode("utf-8", "surrogatepass")).hexdigest()


def _with_sources(key: str, states: WorkspaceStates) -> str:
    """Return the key for what depends on the Rust sources that differ, too."""
    return _digest(key, [states.sources.states(path) for path in sorted(states.sources.changed)])


def _packed(found: Iterable[WorkspaceHit]) -> bytes:
    # Places in the text are looked up anew: they follow the contents, and what is kept here need not.
    return to_json([_row(one) for one in found])


def _row(one: WorkspaceHit) -> list[Any]:
    remains = None if one.remains is None else [*one.remains.symbol, f"{one.remains.bases:x}"]
    return [hit_row(one.hit), [f"{mask:x}" for mask in (one.left, one.right, *one.others)], remains]


def _unpacked(data: bytes) -> list[WorkspaceHit] | None:
    try:
        return [_workspace_hit(*row) for row in from_json(data)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _workspace_hit(row: list[Any], masks: list[str], remains: list[Any] | None) -> WorkspaceHit:
    left, right, *others = (int(mask, 16) for mask in masks)
    return WorkspaceHit(read_hit(row), left, right, tuple(others), None if remains is None else _remains(*remains))


def _remains(kind: str, name: list[str], bases: str) -> Remains:
    return Remains(Symbol(kind, tuple(name)), int(bases, 16))
