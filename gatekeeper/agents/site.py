"""The places of one agent that gatekeeper starts, and what of it is there already."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gatekeeper.agents.disk import delete_tree, held, is_directory, told_plainly, write
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.workplace import Workplace, directory_name
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.repository import Repository
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.worktree_admin import MARKER, Administration, administrations, is_under_construction, tidy

TARGETS = ".target"
_MAKING = ".making"
_REMOVING = ".removing"
_SCHEMA = "gatekeeper.workplace/1"


class Stage(enum.Enum):
    """How far a workplace has come; the value is the word in the marker."""

    MAKING = "making"
    REMAKING = "remaking"
    """It was ready, and its directory is made again: what is on the branch is the agent's."""
    READY = "ready"
    REMOVING = "removing"
    """Moved away to be looked at once more; nothing is deleted."""
    DELETING = "deleting"
    """What is there has been looked at and may go."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What a worktree's git directory says of the agent for which gatekeeper made it.

    ``at``: where the work started; ``branch_made``: the branch was not there before; ``branch_was``: where it stood
    when its removal began; ``ignored_files``: how many files were ignored then.
    """

    agent: AgentName
    branch: RefName
    worktree: str
    target_dir: str
    at: Oid
    branch_made: bool
    stage: Stage
    branch_was: Oid | None = None
    ignored_files: int = 0


def purpose_of(name: AgentName) -> str:
    """Return why the worktree of an agent is locked while it is not whole."""
    return f"the workplace of {name}"


@dataclass(frozen=True, slots=True)
class Own:
    """A worktree that gatekeeper made: git's directory of it, and the marker (None: killed before it was written)."""

    administration: Administration
    marker: Marker | None

    def marked(self, marker: Marker) -> Own:
        """Write the marker, and return this with it."""
        written = asdict(marker) | {"schema": _SCHEMA, "stage": marker.stage.value}
        write(self.administration.directory / MARKER, json.dumps(written, indent=1).encode() + b"\n")
        return replace(self, marker=marker)


def read_marker(administration: Administration) -> Marker | None:
    """Return the marker in a worktree's git directory; raises BadInputError for one of another version."""
    path = administration.directory / MARKER
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        if found.pop("schema") != _SCHEMA:
            raise BadInputError(f"{path} is from another version of gatekeeper", "use that version, or a newer one")
        return Marker(**found | {"stage": Stage(found["stage"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInputError(
            f"{path} is damaged", "its worktree is no longer gatekeeper's if you delete this file"
        ) from error


@dataclass(frozen=True, slots=True)
class Site:
    """The places of one agent. ``making`` and ``removing``: the worktree before it is whole, and after that."""

    name: AgentName
    branch: RefName
    common: Path
    worktree: Path
    target: Path

    @classmethod
    def of(cls, repository: Repository, workplace: Workplace) -> Site:
        """Return the places of a planned workplace; raises UsageError for paths that were not planned."""
        own_name = directory_name(workplace.name)
        worktree, target = Path(workplace.worktree or ""), Path(workplace.target_dir or "")
        planned = worktree.parent / TARGETS / own_name
        if worktree.name != own_name or target != planned or not worktree.is_absolute() or ".." in worktree.parts:
            raise UsageError(f"{workplace.name} does not work in a place that gatekeeper has planned")
        return cls(workplace.name, workplace.branch, repository.common_directory, worktree, target)

    @property
    def base(self) -> Path:
        """The directory of all agents."""
        return self.worktree.parent

    @property
    def making(self) -> Path:
        """Where the worktree is until it is whole."""
        return self.base / _MAKING / self.worktree.name

    @property
    def removing(self) -> Path:
        """Where the worktree is while it is deleted."""
        return self.base / _REMOVING / self.worktree.name

    @property
    def shelves(self) -> tuple[Path, ...]:
        """The directories of our own, inner ones first, and that of all agents."""
        return (self.making.parent, self.removing.parent, self.target.parent, self.base)

    @property
    def grave(self) -> Path:
        """Where git's directory of the worktree goes to be deleted."""
        return self.common / "gatekeeper" / f"gone-{self.worktree.name}"

    @property
    def purpose(self) -> str:
        """Why the worktree is locked while it is not whole."""
        return purpose_of(self.name)

    @contextmanager
    def alone(self) -> Iterator[QuietGit]:
        """Keep others of our processes away from this agent, and yield git on what all worktrees share."""
        with told_plainly(), held(self.common / "gatekeeper" / f"agent-{self.worktree.name}.lock") as handle:
            delete_tree(self.grave)
            tidy(self.common / "worktrees")
            yield QuietGit(self.common, None, (handle,))

    def own(self) -> Own | None:
        """Return the agent's worktree as far as it is made, None where there is none; raises BadInputError."""
        found = []
        for administration in administrations(self.common):
            marker = read_marker(administration)
            if marker is not None and marker.agent == self.name:
                found.append(Own(administration, marker))
            elif marker is None and is_under_construction(administration, self.purpose):
                found.append(Own(administration, None))
        if not found:
            return None
        own = next((each for each in found if each.marker is not None), found[0])
        marker = own.marker
        if marker is not None and (marker.worktree, marker.branch) != (str(self.worktree), self.branch):
            raise BadInputError(f"{self.name} works on {marker.branch} in {marker.worktree} already")
        return own

    def is_at(self, own: Own, path: Path) -> bool:
        """Return whether the worktree is at ``path``."""
        return is_directory(path) and own.administration.is_of(path)
