"""What an agent that comes second has to know while the first one has not landed: what that changed, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass

from gatekeeper.core.document import Document, parse
from gatekeeper.core.ledger.case_records import CaseId
from gatekeeper.core.ledger.records import FindingRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, TreePath
from gatekeeper.core.policy.precedence import Precedence
from gatekeeper.core.policy.standing import Decision, Reason
from gatekeeper.core.proposals import NOTHING
from gatekeeper.core.schema import profile_for
from gatekeeper.core.slots import look_up
from gatekeeper.core.toml_scan import key_parts
from gatekeeper.core.toml_text import shown
from gatekeeper.errors import GatekeeperError
from gatekeeper.merging.manifests import merge_manifest
from gatekeeper.merging.text_conflicts import merge_file
from gatekeeper.repository import Repository
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.whole_merges import merge_bases

_WHOLE = "the file"
_CANNOT = "it cannot be read"


@dataclass(frozen=True, slots=True)
class ContestedValue:
    """One place: what it held where the two branches parted, and what each of them has there now."""

    path: str
    key: str
    before: str
    first: str
    own: str


@dataclass(frozen=True, slots=True)
class MergedFile:
    """What a contested file becomes when both branches are merged. ``text`` None: they clash, on ``clashes``."""

    path: str
    text: str | None
    clashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Packet:
    """What to know of ``first``, who lands before the agent; ``because``: why."""

    first: AgentName
    message: str
    because: str
    findings: tuple[FoundProblem, ...]
    values: tuple[ContestedValue, ...]
    files: tuple[MergedFile, ...]
    next_step: str
    case: CaseId | None = None


def packets(
    repository: Repository,
    state: Records,
    precedence: Precedence,
    decision: Decision,
    heads: Mapping[AgentName, Oid | None],
) -> tuple[Packet, ...]:
    """Return what the agent needs to know of everybody whom it follows. ``heads``: the tips of its and their branches.

    What cannot be read is said in the packet, and raises nothing.
    """
    with closing(repository.object_store()) as store:
        pairs = ((reason, AgentName(name)) for reason in decision.follows for name in reason.waits_for)
        return tuple(_packet(store, state, precedence, (decision.agent, first), r, heads) for r, first in pairs)


def _packet(
    store: ObjectStore,
    state: Records,
    precedence: Precedence,
    pair: tuple[AgentName, AgentName],
    reason: Reason,
    heads: Mapping[AgentName, Oid | None],
) -> Packet:
    agent, first = pair
    records = (state.get(FindingRecord, finding) for finding in reason.findings)
    problems = tuple(record.problem for record in records if record is not None)
    try:
        because = precedence.why(first, agent)
    except ValueError:
        # Somebody has ruled that it goes first, whatever the order is otherwise.
        because = "it was ruled so"
    if reason.case is not None:
        because = f"it was ruled so in {reason.case}"
    merge = _Pair(store, heads.get(agent), heads.get(first))
    values = tuple(merge.values(problems, pair))
    files = tuple(merge.file(TreePath(path)) for path in sorted({value.path for value in values}))
    return Packet(first, reason.message, because, problems, values, files, reason.next_step, reason.case)


class _Pair:
    """The branches of two agents, and what they came from."""

    def __init__(self, store: ObjectStore, own: Oid | None, first: Oid | None) -> None:
        self._store = store
        self._own, self._first = own, first
        self._base: Oid | None = None
        with suppress(GatekeeperError):
            if own is not None and first is not None:
                self._base = merge_bases(store, own, first)[0]

    def values(self, problems: Iterable[FoundProblem], pair: Iterable[AgentName]) -> Iterator[ContestedValue]:
        """Yield the places where the two meet, with what stands there; each once."""
        wanted = set(pair)
        sides = (side for problem in problems for side in problem.sides if wanted.intersection(side.agents))
        for path, key in dict.fromkeys((side.path, side.key) for side in sides):
            before, first, own = (self._shown(commit, path, key) for commit in (self._base, self._first, self._own))
            yield ContestedValue(path, key, before, first, own)

    def file(self, path: TreePath) -> MergedFile:
        """Return what a file becomes when both branches are merged."""
        try:
            base, own, first = (self._content(commit, path) for commit in (self._base, self._own, self._first))
            if own is None or first is None:
                there = own if first is None else first
                is_same = base is None or there == base
                return MergedFile(path, None, () if is_same else ("one side has changed it, the other deleted it",))
            if profile_for(path) is None:
                lines = merge_file(base or b"", own, first)
                clashing = lines is None or lines.conflicts
                text = None if lines is None or clashing else lines.text.decode("utf-8", "replace")
                return MergedFile(path, text, ("git cannot merge the lines",) if clashing else ())
            outcome = merge_manifest(base, own, first, path=path)
        except GatekeeperError as error:
            return MergedFile(path, None, (error.message,))
        return MergedFile(path, outcome.text, tuple(map(str, outcome.clashes)))

    def _content(self, commit: Oid | None, path: TreePath) -> bytes | None:
        entry = None if commit is None else self._store.entry(commit, path)
        return self._store.blob(entry.oid) if entry is not None and entry.is_file else None

    def _shown(self, commit: Oid | None, path: str, key: str) -> str:
        if commit is None:
            return _CANNOT
        try:
            content = self._content(commit, TreePath(path))
        except GatekeeperError:
            return _CANNOT
        if content is None:
            return NOTHING
        profile = profile_for(TreePath(path))
        if not key or profile is None:
            return _WHOLE
        read = parse(content, profile)
        return shown(look_up(read.tree, key_parts(key))) if isinstance(read, Document) else _CANNOT
