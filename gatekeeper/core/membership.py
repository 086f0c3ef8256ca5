"""Who belongs to a workspace: what cargo makes of ``members``, ``exclude`` and path dependencies, as questions.

An explicit member wins over ``exclude``, ``exclude`` wins over a glob, and what a path dependency leads to is a member
without being listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Atom, Groups, Place, Question, Standing
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.tree_paths import ancestors, glob_matches, is_glob
from gatekeeper.core.workspace_view import WorkspaceView

_LEADS_TO_A_MEMBER = frozenset({How.PATH, How.DEV_PATH, How.INHERITED, How.DEV_INHERITED})


@dataclass(frozen=True, slots=True)
class Terms:
    """Bits of one directory: each a set of atoms of which any will do."""

    top: bool
    explicit: int
    explicit_above: int
    globs: int
    excludes: int
    edges: int
    manifest: int
    inherits: int

    @property
    def deciding(self) -> int:
        """The bits that decide whether the directory is a member."""
        return self.explicit_above | self.globs | self.excludes | self.edges | self.manifest

    def excluded(self, bits: int) -> bool:
        """Return whether ``exclude`` keeps the directory out."""
        return bool(bits & self.excludes) and not bits & self.explicit_above

    def member(self, bits: int) -> bool:
        """Return whether the directory is a member."""
        if not bits & self.manifest:
            return False
        listed = bits & (self.globs | self.edges) and not self.excluded(bits)
        return self.top or bool(bits & self.explicit) or bool(listed)


class Membership:
    """The entries of all workspaces of a view."""

    def __init__(self, view: WorkspaceView) -> None:
        self.view = view
        self._standings: dict[str, Standing] = {}
        self._globs = self._patterns(view.index.of_kind(Kind.MEMBER))

    @cached_property
    def directories(self) -> list[str]:
        """Every directory that has a manifest in some tree or to which a path dependency leads."""
        known = {name[0] for name in (symbol.name for symbol in self.view.index.of_kind(Kind.MANIFEST))}
        known.update(symbol.name[0] for symbol in self.view.index.uses if symbol.kind == Kind.MANIFEST)
        return sorted(known)

    @cached_property
    def touched(self) -> list[tuple[str, Question, Terms]]:
        """Each directory of which an entry of ``members`` or ``exclude`` varies, with what the rules ask about it."""
        changed = [*self.view.index.changed(Kind.MEMBER), *self.view.index.changed(Kind.EXCLUDE)]
        exact = {symbol.name for symbol in changed}
        patterns = self._patterns(changed)
        found: list[tuple[str, Question, Terms]] = []
        for directory in self.directories:
            root = self.root(directory)
            if root is None or root == directory:
                continue
            above = (directory, *ancestors(directory))
            if any((root, place) in exact for place in above) or self._matching(patterns, root, directory):
                question = Question(self.view.everywhere)
                found.append((directory, question, self.terms(question, root, directory)))
        return found

    def root(self, directory: str) -> str | None:
        """Return the root of the workspace that ``directory`` lies in."""
        return self.view.index.root_of(directory)

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
            edges=question.any_of(self.edges(directory)),
            manifest=question.any_of(view.atoms(Kind.MANIFEST, directory)),
            inherits=question.any_of(view.atoms(Kind.INHERITS, directory)),
        )

    def standing(self, directory: str) -> Standing:
        """Return where ``directory`` is a member of its workspace; everywhere, if it lies in none."""
        if directory not in self._standings:
            self._standings[directory] = self._standing(directory, self.root(directory))
        return self._standings[directory]

    def _standing(self, directory: str, root: str | None) -> Standing:
        if root is None:
            return self.view.everywhere
        question = Question(self.view.everywhere)
        terms = self.terms(question, root, directory)
        groups = Groups.of(self.view.relation, question.standings)
        agents, bases = (union(some for bits, some in side if terms.member(bits)) for side in groups)
        return Standing(agents, bases)

    def edges(self, directory: str) -> list[Atom]:
        """Return the path dependencies that lead to ``directory``."""
        return [
            Atom(use.standing, Place(use.reference.path, use.reference.key, use.reference.value))
            for use in self.view.uses(Kind.MANIFEST, directory)
            if use.reference.how in _LEADS_TO_A_MEMBER
        ]

    def globs(self, root: str, directory: str) -> list[str]:
        """Return the globs in ``members`` that match ``directory``."""
        return self._matching(self._globs, root, directory)

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
