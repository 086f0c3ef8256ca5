"""Sets git up to call the merge driver, and takes that back."""

from __future__ import annotations

import enum
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import process
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.merging.attributes import rivals, with_lines, without_lines
from gatekeeper.merging.files import read, replace
from gatekeeper.merging.wrapper import driver_command, this_program

NAME = "gatekeeper"
PATTERNS = ("Cargo.toml", "Makefile.toml", "Cargo.lock")

_TITLE = "Gatekeeper's merge of manifests: proven or refused"
_EXTENSION = "extensions.worktreeConfig"


class Scope(enum.Enum):
    """Where the setting goes: the value is git's option."""

    LOCAL = "--local"
    WORKTREE = "--worktree"
    GLOBAL = "--global"


_OTHER = {Scope.LOCAL: Scope.WORKTREE, Scope.WORKTREE: Scope.LOCAL}
"""Who needs the same .gitattributes."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The file with the attributes, whether anything had to be changed, and what a person should know of it."""

    attributes: Path
    changed: bool
    notes: tuple[str, ...] = ()


def install(
    root: Path | None, scope: Scope, *, patterns: Sequence[str] = PATTERNS, program: Sequence[str] = (), versions: str
) -> Installed:
    """Let git call the driver for files of ``patterns``, and of those from before. Doing it again changes nothing."""
    attributes = _attributes(root, scope)
    before = _text(attributes)
    after = with_lines(before, patterns)
    wanted = {
        f"merge.{NAME}.name": _TITLE,
        f"merge.{NAME}.driver": driver_command(program or this_program(), versions),
    }
    if root is not None and scope is Scope.WORKTREE:
        _give_worktrees_their_own_configuration(root)
    changed = False
    for key, value in wanted.items():
        if _configured(root, scope, key) != value:
            _git(root, "config", scope.value, "--replace-all", key, value)
            changed = True
    _write(attributes, before, after)
    notes = tuple(f"{attributes}, {sentence}" for sentence in rivals(after, patterns))
    return Installed(attributes, changed=changed or before != after, notes=notes)


def uninstall(root: Path | None, scope: Scope) -> Installed:
    """Take back what ``install`` has set up. Worktrees keep the possibility of a configuration of their own."""
    attributes = _attributes(root, scope)
    changed = _is_configured(root, scope)
    if scope is Scope.WORKTREE and not changed:
        return Installed(attributes, changed=False)
    if changed:
        _git(root, "config", scope.value, "--remove-section", f"merge.{NAME}")
    other = _OTHER.get(scope)
    if other is not None and _is_configured(root, other):
        return Installed(attributes, changed, (f"{attributes} stays: {other.value} needs it",))
    before = _text(attributes)
    after = without_lines(before)
    _write(attributes, before, after)
    return Installed(attributes, changed=changed or before != after)


def _text(attributes: Path) -> str:
    return read(attributes).decode("utf-8", "surrogateescape") if attributes.exists() else ""


def _write(attributes: Path, before: str, after: str) -> None:
    if not after and before and not attributes.is_symlink():
        attributes.unlink()
    elif after != before:
        attributes.parent.mkdir(parents=True, exist_ok=True)
        replace(attributes, after.encode("utf-8", "surrogateescape"))


def _attributes(root: Path | None, scope: Scope) -> Path:
    if scope is Scope.GLOBAL:
        if os.environ.get("GIT_CONFIG_GLOBAL") == os.devnull:
            # Git would put a file in place of the device, if it may.
            raise UsageError(f"GIT_CONFIG_GLOBAL is {os.devnull}: there is no configuration of this user", "unset it")
        configured = _configured(root, scope, "core.attributesFile", "--path")
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return Path(configured) if configured else home / "git" / "attributes"
    if root is None:
        raise UsageError("there is no worktree to write .gitattributes in", "use --global, or run it in a worktree")
    return root / ".gitattributes"


def _have_worktrees_their_own_configuration(root: Path | None) -> bool:
    return _configured(root, Scope.LOCAL, _EXTENSION, "--bool") == "true"


def _give_worktrees_their_own_configuration(root: Path) -> None:
    """Turn the extension on, and hand to the main worktree what would then hold for all, as git-worktree(1) asks."""
    if _have_worktrees_their_own_configuration(root):
        return
    found = process.git([*_in(root), "rev-parse", "--path-format=absolute", "--git-common-dir"], env=dict(os.environ))
    common = Path(os.fsdecode(found.removesuffix(b"\n")))
    moved = {}
    if _configured(root, Scope.LOCAL, "core.bare", "--bool") == "true":
        # A false one may be there to overrule the user's, and hurts nobody.
        moved["core.bare"] = "true"
    if (elsewhere := _configured(root, Scope.LOCAL, "core.worktree")) is not None:
        moved["core.worktree"] = elsewhere
    for key, value in moved.items():
        _git(root, "config", "--file", str(common / "config.worktree"), key, value)
    _git(root, "config", Scope.LOCAL.value, _EXTENSION, "true")
    for key in moved:
        _git(root, "config", "--file", str(common / "config"), "--unset-all", key)


def _is_configured(root: Path | None, scope: Scope) -> bool:
    if scope is Scope.WORKTREE and not _have_worktrees_their_own_configuration(root):
        # Git takes --worktree for --local then.
        return False
    return _configured(root, scope, f"merge.{NAME}.driver") is not None


def _configured(root: Path | None, scope: Scope, key: str, *options: str) -> str | None:
    arguments = ["git", *_in(root), "config", scope.value, *options, "--get", key]
    done = process.run(arguments, env=dict(os.environ))
    if done.code not in {0, 1}:
        raise BadInputError(f"git cannot read its configuration: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n") if done.code == 0 else None


def _git(root: Path | None, *arguments: str) -> None:
    process.git([*_in(root), *arguments], env=dict(os.environ))


def _in(root: Path | None) -> list[str]:
    return [] if root is None else ["-C", str(root)]
