"""Proposals for a contested place of a file that somebody hands over as its three versions."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.core.merge import UnreadableSideError
from gatekeeper.core.names import KeyPath, TreePath
from gatekeeper.core.proposals import Choice, proposed
from gatekeeper.core.schema import profile_for
from gatekeeper.errors import BadInputError
from gatekeeper.merging.text_conflicts import merge_file

_DELETED = "one side has deleted the file: take one of them whole"
_NO_LINES = "git cannot merge the lines"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file becomes; ``content`` None: it goes. Where ``clashes`` says anything, nothing can be proposed."""

    content: bytes | None
    clashes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether there is a proposal."""
        return not self.clashes


def propose(
    base: bytes | None, ours: bytes | None, theirs: bytes | None, *, path: TreePath, at: KeyPath, choice: Choice
) -> Proposal:
    """Return what ``choice`` makes of the place ``at`` of the file at ``path`` (``()``: the whole file).

    A version that is None has no such file. Raises BadInputError for a manifest that is no TOML where it matters.
    """
    profile = profile_for(path)
    if choice is not Choice.UNION and (profile is None or not at):
        return Proposal(ours if choice is Choice.OURS else theirs)
    if ours is None or theirs is None:
        return Proposal(None, (_DELETED,))
    if profile is None:
        merged = merge_file(base or b"", ours, theirs)
        return Proposal(None, (_NO_LINES,)) if merged is None or merged.conflicts else Proposal(merged.text)
    try:
        before, mine, other = (None if side is None else side.decode("utf-8") for side in (base, ours, theirs))
        outcome = proposed(before, mine or "", other or "", profile, at, choice)
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 on each side, so no proposal can be made of it") from error
    except UnreadableSideError as error:
        raise BadInputError(f"{path} is not valid TOML: {error}") from error
    if outcome.text is None:
        return Proposal(None, tuple(map(str, outcome.clashes)))
    return Proposal(outcome.text.encode("utf-8"), (), outcome.notes)
