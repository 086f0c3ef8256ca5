"""Inherited dependencies that opt out of default features, and all that decides what cargo makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.core.combination import Atom, Place, Question
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Kind
from gatekeeper.core.workspace_view import WorkspaceView


@dataclass(frozen=True, slots=True)
class OptOut:
    """One inherited dependency with ``default-features = false``; the numbers are bits of ``question``."""

    path: TreePath
    name: str
    question: Question
    opts: int
    defaults: int
    edition: int
    inherits_edition: int
    shared_edition: int

    @property
    def deciding(self) -> int:
        """The bits that make the opt-out a fault."""
        return self.defaults | self.edition | self.inherits_edition | self.shared_edition

    @property
    def anything(self) -> int:
        """All bits."""
        return self.deciding | self.opts

    def refused(self, bits: int) -> bool:
        """Return whether cargo refuses the manifest."""
        return self._in_vain(bits) and self._in_2024(bits)

    def ignored(self, bits: int) -> bool:
        """Return whether cargo only warns that it ignores the opt-out."""
        return self._in_vain(bits) and not self._in_2024(bits)

    def _in_vain(self, bits: int) -> bool:
        return bool(bits & self.opts and bits & self.defaults)

    def _in_2024(self, bits: int) -> bool:
        return bool(bits & self.edition or (bits & self.inherits_edition and bits & self.shared_edition))


def opt_outs(view: WorkspaceView) -> list[OptOut]:
    """Return every opt-out of which anything that decides about it varies."""
    found: list[OptOut] = []
    for symbol in view.index.of_kind(Kind.OPTS_OUT):
        directory, name = symbol.name
        root = view.index.root_of(directory)
        opting = view.atoms(Kind.OPTS_OUT, directory, name)
        if root is None or not opting:
            continue
        path = opting[0].place.path
        inheriting = (
            Atom(use.standing, Place(use.reference.path, use.reference.key, use.reference.value))
            for use in view.uses(Kind.WORKSPACE_PACKAGE, root, "edition")
            if use.reference.path == path
        )
        question = Question(view.everywhere)
        one = OptOut(
            path,
            name,
            question,
            opts=question.any_of(opting),
            defaults=question.any_of(view.atoms(Kind.SHARED_DEFAULTS, root, name)),
            edition=question.any_of(view.atoms(Kind.EDITION_2024, directory)),
            inherits_edition=question.any_of(inheriting),
            shared_edition=question.any_of(view.atoms(Kind.SHARED_EDITION_2024, root)),
        )
        if question.varies:
            found.append(one)
    return found
