"""Where in the tree a path on a command line leads."""

from __future__ import annotations

import re

from gatekeeper.core.tree_paths import resolve

OUTSIDE = ".."
"""The directory of a command that is run outside the tree."""

_TOP_OF_THE_TREE = re.compile(
    r"\A(?:\$\{?(?:CARGO_MAKE_WORKING_DIRECTORY|CARGO_MAKE_WORKSPACE_WORKING_DIRECTORY|GITHUB_WORKSPACE"
    r"|CI_PROJECT_DIR)\}?)(?=/|\Z)"
)
_HOME_OR_TEMPORARY = re.compile(r"\A(?:~|\$\{?(?:HOME|TMPDIR|RUNNER_TEMP)\}?)(?=/|\Z)")
_PATH = re.compile(r"[\w./+@-]+\Z")


def placed(path: str, directory: str | None) -> str | None:
    """Return where ``path`` leads inside the tree, None where it does not or that cannot be known."""
    if (top := _TOP_OF_THE_TREE.match(path)) is not None:
        path, directory = path[top.end() :].lstrip("/"), ""
    if directory is None or directory == OUTSIDE or (path and not _PATH.match(path)):
        return None
    return resolve(directory, path)


def entered(path: str, directory: str | None) -> str | None:
    """Return the directory that ``path`` leads to from ``directory``; None where that cannot be known."""
    place = placed(path, directory)
    if place is not None:
        return place
    known = _PATH.match(path) is not None and path != "-" and (path.startswith("/") or directory is not None)
    return OUTSIDE if known or _HOME_OR_TEMPORARY.match(path) else None
