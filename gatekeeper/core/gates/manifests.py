"""What manifest gates ask: places that hold something or nothing, and rules of which nothing is open."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.gates.tree import JudgedTree, Unreadable, fitting, why_not_read
from gatekeeper.core.gates.verdict import Blocker
from gatekeeper.core.names import format_key
from gatekeeper.core.patterns import Glob
from gatekeeper.core.place_patterns import parse_place_pattern
from gatekeeper.core.schema import profile_for

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.findings import StandingFault
    from gatekeeper.core.gates.spec import ManifestGate
    from gatekeeper.core.ledger.records import FoundProblem
    from gatekeeper.core.names import KeyPath, TreePath


@dataclass(frozen=True, slots=True)
class OpenProblems:
    """What is known to be wrong: open findings, and faults that trunk has; ``settled`` findings (by id) are waived."""

    findings: tuple[FoundProblem, ...] = ()
    faults: tuple[StandingFault, ...] = ()
    settled: Collection[str] = frozenset()

    def counted(self) -> tuple[FoundProblem, ...]:
        """Return the findings that are neither expected nor settled."""
        return tuple(one for one in self.findings if one.expected_because is None and one.id not in self.settled)


def manifest_blockers(spec: ManifestGate, tree: JudgedTree, problems: OpenProblems) -> Iterator[Blocker]:
    """Yield what stands against the gate."""
    manifests = _Manifests(tree)
    for text in spec.keys:
        yield from manifests.lacking(text)
    for text in spec.absent:
        yield from manifests.holding(text)
    globs = [Glob((rule,)) for rule in spec.rules]
    for problem in problems.counted():
        if any(glob.matches((problem.rule,)) for glob in globs):
            yield Blocker(
                f"{problem.rule} is open: {problem.message}", _place(problem.path, problem.key), _spoken(problem.agents)
            )
    for fault in problems.faults:
        if any(glob.matches((fault.rule,)) for glob in globs):
            yield Blocker(f"{fault.rule} stands: {fault.message}", _place(fault.path, format_key(fault.key)))


class _Manifests:
    """The manifests of a tree; each is read and parsed once, however many places are in it."""

    def __init__(self, tree: JudgedTree) -> None:
        self._tree = tree
        self._read: dict[TreePath, dict[str, Value] | Blocker] = {}

    def lacking(self, text: str) -> Iterator[Blocker]:
        """Yield each file that holds nothing at a place that has to hold something."""
        place = parse_place_pattern(text)
        paths = fitting(self._tree, place.path)
        if not paths:
            yield Blocker(f"there is nothing at {text}: no file fits", text)
        for path in paths if place.key is not None else ():
            values = self._values(path)
            if isinstance(values, Blocker):
                yield values
            elif place.key is not None and next(_keys(values, place.key), None) is None:
                yield Blocker(f"there is nothing at {text}", path)

    def holding(self, text: str) -> Iterator[Blocker]:
        """Yield each outermost value at a place that may hold nothing."""
        place = parse_place_pattern(text)
        for path in fitting(self._tree, place.path):
            if place.key is None:
                yield Blocker(f"{path} may not be there", path)
                continue
            values = self._values(path)
            if isinstance(values, Blocker):
                yield values
                continue
            for key in _keys(values, place.key):
                yield Blocker(f"{format_key(key)} may not be in {path}", _place(path, format_key(key)))

    def _values(self, path: TreePath) -> dict[str, Value] | Blocker:
        if path not in self._read:
            self._read[path] = self._parsed(path)
        return self._read[path]

    def _parsed(self, path: TreePath) -> dict[str, Value] | Blocker:
        entry = self._tree.paths()[path]
        profile = profile_for(path)
        if not entry.is_file:
            return Blocker(f"{path} {why_not_read(entry)}", path)
        if profile is None:
            return Blocker(f"{path} is not TOML: no key can be looked up in it", path)
        content = self._tree.read(path)
        if isinstance(content, Unreadable):
            return Blocker(f"{path} {content.reason}", path)
        document = parse(content, profile)
        if isinstance(document, ParseFailure):
            return Blocker(f"{path} cannot be read: {document.message}", f"{path}:{document.line}")
        return document.tree


def _keys(tree: dict[str, Value], wanted: Glob) -> Iterator[KeyPath]:
    """Yield the outermost keys that fit, in the order of the file; what is inside arrays has no key."""
    todo: list[tuple[KeyPath, dict[str, Value]]] = [((), tree)]
    while todo:
        above, table = todo.pop()
        inner: list[tuple[KeyPath, dict[str, Value]]] = []
        for name, value in table.items():
            key = (*above, name)
            if wanted.matches(key):
                yield key
            elif isinstance(value, dict):
                inner.append((key, value))
        todo.extend(reversed(inner))


def _place(path: str, key: str) -> str:
    return f"{path}#{key}" if key else path


def _spoken(names: Collection[str]) -> str:
    return ", ".join(names)
