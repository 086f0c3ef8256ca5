"""References by full name, moved by compare-and-swap only (as ``Reference.update`` of git-revise does)."""

from __future__ import annotations

import time
from pathlib import Path

import pygit2
from pygit2.enums import ReferenceType

from gatekeeper.core.names import Oid, RefName
from gatekeeper.errors import RepositoryError
from gatekeeper.repository.stale_locks import REFERENCE_SECONDS, take_away

_PAUSE_SECONDS = 0.005


class NamedReferences:
    """The references of one repository."""

    def __init__(self, repository: pygit2.Repository, common_directory: Path) -> None:
        self._git = repository
        self._common = common_directory

    def read(self, name: RefName) -> Oid | None:
        """Return what a direct reference names, None where there is none; raises RepositoryError if it is damaged."""
        reference = self._lookup(name)
        return None if reference is None else Oid(str(reference.target))

    def below(self, prefix: str) -> dict[RefName, Oid]:
        """Return the direct references whose names begin with ``prefix``."""
        found = (self._lookup(RefName(name)) for name in self._git.references if name.startswith(prefix))
        return {RefName(each.name): Oid(str(each.target)) for each in found if each is not None}

    def swap(self, name: RefName, *, old: Oid | None, new: Oid) -> bool:
        """Let ``name`` name ``new`` if it names ``old`` (None: is not there), and return whether it did.

        Waits while somebody else holds the reference's lock, and takes away the lock of a process that has died.
        """
        deadline = time.monotonic() + REFERENCE_SECONDS
        while True:
            reference = self._lookup(name)
            found = None if reference is None else str(reference.target)
            if found != old:
                return False
            try:
                if reference is None:
                    self._git.references.create(name, pygit2.Oid(hex=new), force=False)
                else:
                    reference.set_target(pygit2.Oid(hex=new))
            except pygit2.AlreadyExistsError:
                return False
            except (OSError, ValueError, pygit2.GitError) as error:
                if "does not match" in str(error):
                    return False
                if not self._is_locked(name) and time.monotonic() > deadline:
                    raise RepositoryError(f"{name} cannot be written: {error}", self._why(name)) from error
                time.sleep(_PAUSE_SECONDS)
            else:
                return True

    def delete(self, name: RefName, *, old: Oid) -> bool:
        """Delete the reference if it names ``old``, and return whether it did; waits for locks as ``swap`` does."""
        deadline = time.monotonic() + REFERENCE_SECONDS
        while True:
            reference = self._lookup(name)
            if reference is None or str(reference.target) != old:
                return False
            try:
                reference.delete()
            except (OSError, ValueError, pygit2.GitError) as error:
                if not self._is_locked(name) and time.monotonic() > deadline:
                    raise RepositoryError(f"{name} cannot be deleted: {error}", "is the disk full?") from error
                time.sleep(_PAUSE_SECONDS)
            else:
                return True

    def _why(self, name: RefName) -> str:
        """Return what may keep a reference from being written."""
        for other in self._git.references:
            if other.startswith(f"{name}/") or name.startswith(f"{other}/"):
                return f"{other} is in its way: git has no reference below another, so one needs another name"
        return "is the disk full?"

    def _lookup(self, name: RefName) -> pygit2.Reference | None:
        try:
            reference = self._git.lookup_reference(name)
        except KeyError:
            return None
        except (ValueError, pygit2.GitError) as error:
            # Git deletes no reference that it cannot read, either.
            file = self._common / name
            hint = f"remove the file {file}" if file.is_file() else f"git show-ref --verify {name} says more"
            raise RepositoryError(f"{name} cannot be read: {error}", hint) from error
        if reference.type == ReferenceType.SYMBOLIC:
            raise RepositoryError(f"{name} is a symbolic reference", f"git symbolic-ref --delete {name}")
        return reference

    def _is_locked(self, name: RefName) -> bool:
        """Return whether somebody holds the reference's lock; that of a process that has died is taken away."""
        lock = self._common / f"{name}.lock"
        return lock.exists() and not take_away(lock, self._common, older_than=REFERENCE_SECONDS)
