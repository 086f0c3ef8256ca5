"""Names of branches: what one is called wherever it is, and what a ledger's file and a directory can be called too."""

from __future__ import annotations

import re

from gatekeeper.core.names import RefName

HEADS = "refs/heads/"
REMOTES = "refs/remotes/"

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")
_MOST_BYTES = 200
"""Git adds ``.lock`` to the name of a file, the ledger ``.json``; a file's name has 255 bytes."""


def branch_of(ref: RefName) -> str:
    """Return the name of the branch without where it is: ``x`` of ``refs/heads/x`` and of ``refs/remotes/origin/x``.

    What is no branch stays as it is; so does ``x`` of ``refs/remotes/x``, which git-svn writes.
    """
    if not ref.startswith(REMOTES):
        return ref.removeprefix(HEADS)
    _, _, branch = ref.removeprefix(REMOTES).partition("/")
    return branch or ref.removeprefix(REMOTES)


def branch_here(ref: RefName) -> RefName:
    """Return the full name that a branch has, or would have, in this clone; what is no branch stays as it is."""
    return RefName(HEADS + branch_of(ref)) if ref.startswith(REMOTES) else ref


def component_problem(name: str) -> str | None:
    """Return why ``name`` cannot be one part of a branch's name, as git checks it; None when it can."""
    if not name:
        return "it must not be empty"
    if "/" in name:
        return "it must not hold a /, since files are named after it"
    return _part_problem(name)


def branch_problem(branch: str) -> str | None:
    """Return why ``branch`` cannot be the short name of a branch; None when it can."""
    if not branch:
        return "it must not be empty"
    if branch.startswith("refs/"):
        return "it must be the short name of a branch, without refs/heads/"
    if branch == "HEAD":
        return "git has no branch HEAD"
    if any(not part for part in branch.split("/")):
        return "no / may stand at its ends or beside another"
    return next((problem for part in branch.split("/") if (problem := _part_problem(part)) is not None), None)


def _part_problem(part: str) -> str | None:
    found = _FORBIDDEN.search(part)
    if found is not None or not part.isprintable():
        held = found[0] if found is not None else next(c for c in part if not c.isprintable())
        return f"git allows no {held!r} in it" if held.isprintable() else "no control character may be in it"
    if part.startswith((".", "-")):
        return f"it must not begin with {part[0]}"
    if part.endswith((".", ".lock")):
        return "it must not end with . or .lock"
    if ".." in part or "@{" in part or part == "@":
        return "git gives .. and @{ and @ meanings of their own"
    if len(part.encode("utf-8", "surrogateescape")) > _MOST_BYTES:
        return f"it must not be longer than {_MOST_BYTES} bytes"
    return None
