"""Where an agent works: its branch, its worktree and its target directory, and what stands against taking them away."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass

from gatekeeper.core.names import AgentName, Oid, RefName

_PLAIN = frozenset("._-+=,")
_LONGEST = 180
_CUT_TO = 140


@dataclass(frozen=True, slots=True)
class Workplace:
    """Absolute POSIX paths, as they are recorded; bytes that are not UTF-8 are carried as surrogate escapes.

    ``target_dir`` None: the agent was adopted, and nothing of this is gatekeeper's to delete.
    """

    name: AgentName
    branch: RefName
    worktree: str | None = None
    target_dir: str | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """A workplace that is ready. ``branch_made``: the branch was not there before; ``notes``: what to tell a person."""

    workplace: Workplace
    commit: Oid
    branch_made: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchiveRef:
    """A reference that holds all that an agent had, and its commit."""

    ref: RefName
    commit: Oid


class ObstacleKind(enum.Enum):
    """Why a workplace cannot be made or removed; the value is the word in JSON."""

    UNCOMMITTED = "uncommitted"
    UNMERGED = "unmerged"
    LOCKED = "locked"
    IN_PROGRESS = "in-progress"
    SUBMODULE = "submodule"
    NESTED = "nested"
    FOREIGN = "foreign"
    """Gatekeeper did not make the worktree: it stays in any case, and only the record of the agent may go."""
    NOT_ARCHIVED = "not-archived"
    """What is there is not what the archive holds."""
    WAITS = "waits"
    """An agent that it depends on is not completed, or its phase has not started."""

    @property
    def can_be_archived(self) -> bool:
        """Whether an archive holds all that would be lost."""
        return self in {ObstacleKind.UNCOMMITTED, ObstacleKind.UNMERGED}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What forbids to make or remove a workplace: how many of them there are, and some of their names."""

    kind: ObstacleKind
    message: str
    count: int = 1
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal has done; with ``obstacles`` it has done nothing.

    ``branch_was``: the commit of the branch that it deleted; ``ignored_files``: how many files went that git ignores.
    """

    obstacles: tuple[Obstacle, ...] = ()
    branch_was: Oid | None = None
    ignored_files: int = 0
    notes: tuple[str, ...] = ()


def directory_name(name: AgentName) -> str:
    """Return a name for a file or a part of a reference that no other agent has, without ``/`` or a leading dot."""
    encoded = "".join(
        character if character in _PLAIN or character.isalnum() else _escaped(character) for character in name
    )
    if encoded.startswith("."):
        encoded = _escaped(".") + encoded[1:]
    data = encoded.encode("utf-8", "surrogateescape")
    if len(data) <= _LONGEST:
        return encoded
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    # Nothing else that is escaped has this sign after the percent.
    return f"{data[:_CUT_TO].decode('utf-8', 'ignore')}%-{digest}"


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
