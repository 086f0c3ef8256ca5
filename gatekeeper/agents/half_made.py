"""Worktrees that were being made when gatekeeper was killed: proof that nobody has worked there, and taken back."""

from __future__ import annotations

import os
from pathlib import Path

from gatekeeper.agents.disk import delete_empty, delete_tree, is_empty
from gatekeeper.agents.environment_files import OWN_FILES
from gatekeeper.agents.site import Own, Site
from gatekeeper.core.names import Oid
from gatekeeper.errors import BadInputError
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.unsaved_work import scratch_index
from gatekeeper.repository.worktree_admin import delete

_SCRATCH = frozenset(f"{directory}/.{name}.new" for directory, _, name in (path.rpartition("/") for path in OWN_FILES))


def require_nobody_s_work(git: QuietGit, making: Path, at: Oid) -> None:
    """Raise BadInputError where a half-made worktree holds more than a part of what git checks out at ``at``."""
    if not making.exists():
        return
    found = _files(making) - OWN_FILES - _SCRATCH - {".git", "..git.new"}
    if not found:
        return
    tracked = set(git.names("ls-tree", "-r", "-z", "--name-only", "--full-tree", at))
    strangers = sorted(found - tracked) or _edited(git, making, at)
    if strangers:
        raise BadInputError(
            f"{making} holds {strangers[0]}, which gatekeeper has not put there", "move it away, then do this again"
        )


def _files(directory: Path) -> set[str]:
    found = set()
    for here, names, files in os.walk(directory):
        links = (name for name in names if Path(here, name).is_symlink())
        found |= {os.path.relpath(Path(here, name), directory) for name in (*files, *links)}
    return found


def _edited(git: QuietGit, making: Path, at: Oid) -> list[str]:
    """Return the files that are not as git checks them out, nor the beginning of that: git may have been killed too."""
    with scratch_index(git.at(git.git_directory, making)) as on_copy:
        on_copy("read-tree", at)
        on_copy.succeeds("update-index", "-q", "--refresh")
        changed = on_copy.names("diff-files", "--name-only", "-z", "--diff-filter=d", "--ignore-submodules=all")
        return [path for path in changed if path not in OWN_FILES and not _is_beginning(on_copy, making, at, path)]


def _is_beginning(git: QuietGit, making: Path, at: Oid, path: str) -> bool:
    file = making / path
    if file.is_symlink() or not file.is_file():
        return False
    return git("cat-file", "--filters", f"{at}:{path}").startswith(file.read_bytes())


def begun(site: Site) -> Own | None:
    """Return what is there of the worktree, without what git had not come far with when it was killed."""
    own = site.own()
    while own is not None and own.marker is None:
        _take_back_unmarked(site, own)
        own = site.own()
    return own


def _take_back_unmarked(site: Site, own: Own) -> None:
    """Delete what ``git worktree add`` had made when it was killed, before there was any file in it."""
    if site.making.exists():
        if not own.administration.is_of(site.making) and not is_empty(site.making):
            raise BadInputError(f"{site.making} is there, and gatekeeper did not make it", "move it away")
        if _files(site.making) - {".git"}:
            raise BadInputError(f"{site.making} holds what gatekeeper has not put there", "move it away")
        delete_tree(site.making)
    delete(own.administration, site.grave)
    delete_empty(*site.shelves)
