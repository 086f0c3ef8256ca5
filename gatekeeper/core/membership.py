"""Who belongs to a workspace: what cargo makes of ``members``, ``exclude`` and path dependencies, as questions.

An explicit member wins over ``exclude``, ``exclude`` wins over a glob, and what a path dependency leads to is a member
without being listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_
from typing import NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Atom, Place, Question, Standing
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbol_index import NOWHERE
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.tree_paths import ancestors, directory_of, glob_matches, is_glob, join
from gatekeeper.core.workspace_view import Dangling, WorkspaceView

_LEADS_TO_A_MEMBER = frozenset({How.PATH, How.DEV_PATH, How.INHERITED, How.DEV_INHERITED})


@dataclass(frozen=True, slots=True)
class Terms:
    """Bits of one directory: each a set of atoms of which any will do.

    Of ``inside`` all have to stand: the workspace is then the one around the directory. ``edges`` are the path
    dependencies of anybody, ``ways`` those of members: bits of dependencies, and of what makes a member of the crate
    that has them, 0 where it is one anyway.
    """

    top: bool
    inside: int
    explicit: int
    explicit_above: int
    globs: int
    excludes: int
    edges: int
    ways: tuple[tuple[int, int], ...]
    manifest: int
    inherits: int

    @property
    def deciding(self) -> int:
        """The bits that decide whether the directory is a member."""
        return self.inside | self.listing | self.manifest

    @property
    def listing(self) -> int:
        """The bits that decide whether cargo takes the directory for a member, if there is a crate in it."""
        ways = union(edges | member for edges, member in self.ways)
        return self.explicit_above | self.globs | self.excludes | ways

    def around(self, bits: int) -> bool:
        """Return whether the directory lies in the workspace, member or not."""
        return bits & self.inside == self.inside

    def excluded(self, bits: int) -> bool:
        """Return whether ``exclude`` keeps the directory out."""
        return bool(bits & self.excludes) and not bits & self.explicit_above

    def reached(self, bits: int) -> bool:
        """Return whether a path dependency of a member leads to the directory."""
        return any(bits & edges and (not member or bits & member) for edges, member in self.ways)

    def listed(self, bits: int) -> bool:
        """Return whether cargo takes the directory for a member, whatever workspace it says it belongs to."""
        if bits & self.explicit:
            return True
        return not self.excluded(bits) and (bool(bits & self.globs) or self.reached(bits))

    def member(self, bits: int) -> bool:
        """Return whether the directory is a member."""
        return bool(bits & self.manifest) and self.around(bits) and (self.top or self.listed(bits))


class Touched(NamedTuple):
    """A directory about which the lists of a workspace may have changed."""

    root: str
    directory: str
    question: Question
    terms: Terms


class Membership:
    """The entries of all workspaces of a view."""

    def __init__(self, view: WorkspaceView) -> None:
        self.view = view
        self._globs = self._patterns(view.index.of_kind(Kind.MEMBER))

    @cached_property
    def directories(self) -> list[str]:
        """Every directory that has a manifest in some tree or to which a path dependency leads."""
        known = {name[0] for name in (symbol.name for symbol in self.view.index.of_kind(Kind.MANIFEST))}
        known.update(symbol.name[0] for symbol in self.view.index.uses if symbol.kind == Kind.MANIFEST)
        return sorted(known)

    @cached_property
    def touched(self) -> list[Touched]:
        """Each directory of which an entry of ``members`` or ``exclude`` varies, with what the rules ask about it."""
        changed = [*self.view.index.changed(Kind.MEMBER), *self.view.index.changed(Kind.EXCLUDE)]
        exact = {symbol.name for symbol in changed}
        patterns = self._patterns(changed)
        found: list[Touched] = []
        for directory in self.directories if changed else ():
            above = (directory, *ancestors(directory))
            for root in self.roots(directory):
                if root == directory:
                    continue
                if any((root, place) in exact for place in above) or self._matching(patterns, root, directory):
                    question = Question(self.view.everywhere)
                    found.append(Touched(root, directory, question, self.terms(question, root, directory)))
        return found

    def root(self, directory: str) -> str | None:
        """Return the root of the workspace that ``directory`` lies in as the changes found it."""
        return self.view.index.root_of(directory)

    def roots(self, directory: str) -> list[str]:
        """Return the root of every workspace that ``directory`` can lie in once two changes have met."""
        return list(dict.fromkeys(root.directory for root in self.view.index.roots_of(directory)))

    def terms(self, question: Question, root: str, directory: str) -> Terms:
        """Put the atoms that decide about ``directory`` into ``question``."""
        view = self.view
        above = (directory, *ancestors(directory))
        globs = (atom for pattern in self.globs(root, directory) for atom in view.atoms(Kind.MEMBER, root, pattern))
        return Terms(
            top=root == directory,
            explicit=question.any_of(view.atoms(Kind.MEMBER, root, directory)),
            explicit_above=question.any_of(a for place in above for a in view.atoms(Kind.MEMBER, root, place)),
            globs=question.any_of(globs),
            excludes=question.any_of(a for place in above for a in view.atoms(Kind.EXCLUDE, root, place)),
            edges=question.any_of(atom for _, atom in self._edges(directory)),
            ways=tuple(self._ways(question, root, directory)),
            manifest=question.any_of(view.atoms(Kind.MANIFEST, directory)),
            inherits=question.any_of(view.atoms(Kind.INHERITS, directory)),
            # Last: an entry of a list is shown rather than the workspace that comes with it.
            inside=self.inside(question, root, directory),
        )

    def inside(self, question: Question, root: str, directory: str) -> int:
        """Put into ``question`` what, all together, lets ``directory`` lie in the workspace of ``root``."""
        return union(question.any_of([atom]) for atom in self._inside(root, directory))

    def standing(self, root: str, directory: str) -> Standing:
        """Return in whose tree ``directory`` is a member of the workspace of ``root``."""
        return self._members.get((root, directory), NOWHERE)

    def globs(self, root: str, directory: str) -> list[str]:
        """Return the globs in ``members`` that match ``directory``."""
        return self._matching(self._globs, root, directory)

    def _inside(self, root: str, directory: str) -> tuple[Atom, ...]:
        """Return what has to stand for ``directory`` to lie in the workspace of ``root``."""
        never = Atom(NOWHERE, Place(TreePath(join(root, "Cargo.toml")), ("workspace",)))
        return next((one.atoms for one in self.view.index.roots_of(directory) if one.directory == root), (never,))

    def _edges(self, directory: str) -> Iterator[tuple[str, Atom]]:
        """Yield the path dependencies that lead to ``directory``, each with the directory of the crate that has it."""
        for use in self.view.uses(Kind.MANIFEST, directory):
            if use.reference.how in _LEADS_TO_A_MEMBER:
                place = Place(use.reference.path, use.reference.key, use.reference.value)
                yield directory_of(place.path), Atom(use.standing, place)

    def _ways(self, question: Question, root: str, directory: str) -> Iterator[tuple[int, int]]:
        always: list[Atom] = []
        for source, atom in self._edges(directory):
            member = self.standing(root, source)
            if _covers(member, atom.standing):
                always.append(atom)
            elif member != NOWHERE:
                belonging = Atom(member, Place(atom.place.path, ()))
                yield question.any_of([atom]), question.any_of([belonging])
        if always:
            yield question.any_of(always), 0

    @cached_property
    def _members(self) -> dict[tuple[str, str], Standing]:
        """Root and directory -> in whose tree the directory is a member."""
        leading: dict[str, list[tuple[str, Standing]]] = {}
        for directory in self.directories:
            for source, atom in self._edges(directory):
                leading.setdefault(source, []).append((directory, atom.standing))
        found: dict[tuple[str, str], Standing] = {}
        for directory in self.directories:
            for root in self.roots(directory):
                listed = self._listed(root, directory)
                if listed != NOWHERE:
                    found[root, directory] = listed
        # From what most have: what a few agents add then mostly is there already.
        waiting = sorted(found, key=lambda place: found[place].agents.bit_count())
        while waiting:
            root, source = waiting.pop()
            for directory, edge in leading.get(source, ()):
                before, reached = found.get((root, directory), NOWHERE), edge & found[root, source]
                if not _covers(before, reached) and not _covers(
                    before, reached := reached & self.admits(root, directory)
                ):
                    found[root, directory] = before | reached
                    waiting.append((root, directory))
        return found

    def _listed(self, root: str, directory: str) -> Standing:
        """Return in whose tree ``directory`` is a member without a dependency that leads to it."""
        index = self.view.index
        if root == directory:
            return self._place(root, directory)
        explicit = index.standing(Symbol(Kind.MEMBER.value, (root, directory)))
        globs = _united(index.standing(Symbol(Kind.MEMBER.value, (root, glob))) for glob in self.globs(root, directory))
        if explicit == globs == NOWHERE:
            return NOWHERE
        return (self._place(root, directory) & explicit) | (self.admits(root, directory) & globs)

    def admits(self, root: str, directory: str) -> Standing:
        """Return in whose tree ``directory`` is a member as soon as a glob or a dependency asks for it."""
        (out, out_bases), (kept, kept_bases) = (
            _united(self.view.index.standing(Symbol(kind.value, (root, place))) for place in above)
            for kind, above in (
                (Kind.EXCLUDE, (directory, *ancestors(directory))),
                (Kind.MEMBER, (directory, *ancestors(directory))),
            )
        )
        agents, bases = self._place(root, directory)
        return Standing(agents & ~(out & ~kept), bases & ~(out_bases & ~kept_bases))

    def _place(self, root: str, directory: str) -> Standing:
        """Return in whose tree there is a manifest in ``directory`` that lies in the workspace of ``root``."""
        manifest = self.view.index.standing(Symbol(Kind.MANIFEST.value, (directory,)))
        return reduce(and_, (atom.standing for atom in self._inside(root, directory)), manifest)

    @staticmethod
    def _patterns(symbols: Iterable[Symbol]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for symbol in symbols:
            if symbol.kind == Kind.MEMBER and is_glob(symbol.name[1]):
                found.setdefault(symbol.name[0], []).append(symbol.name[1])
        return found

    @staticmethod
    def _matching(patterns: dict[str, list[str]], root: str, directory: str) -> list[str]:
        return [pattern for pattern in patterns.get(root, ()) if glob_matches(pattern, directory)]


def reads_root_tables(view: WorkspaceView, directory: str) -> bool:
    """Return whether cargo reads the profiles and patches of the manifest there: those of members it ignores."""
    membership = view.shared(Membership)
    root = membership.root(directory)
    if root is None or root == directory:
        return True
    return bool(view.atoms(Kind.MANIFEST, directory)) and membership.admits(root, directory) == NOWHERE


def inherited_in_vain(view: WorkspaceView, kind: Kind) -> Iterator[Dangling]:
    """Yield what members inherit of the workspace (right) and the other side takes away (left).

    Other crates below the root, like those that tests are made of, are loaded by no command of the workspace.
    """
    changed = view.index.changed(kind).items()
    for symbol in sorted(symbol for symbol, found in changed if view.removable(found) and symbol in view.index.uses):
        membership, definitions = view.shared(Membership), view.index.definitions[symbol]
        for use in view.index.uses[symbol]:
            member = membership.standing(symbol.name[0], directory_of(use.reference.path))
            for found, _ in view.missing(use.reference, (*use.needs, member), definitions):
                yield found


def _united(standings: Iterable[Standing]) -> Standing:
    return reduce(or_, standings, NOWHERE)


def _covers(whole: Standing, part: Standing) -> bool:
    return not (part.agents & ~whole.agents or part.bases & ~whole.bases)
