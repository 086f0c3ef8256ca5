"""Sets git up to call the merge driver, and takes that back."""

from __future__ import annotations

import enum
import os
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import process
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.merging.files import read, replace

NAME = "gatekeeper"
PATTERNS = ("Cargo.toml", "Makefile.toml", "Cargo.lock")
SECONDS = 10
"""How long git waits for the driver before it merges the lines itself."""

_TITLE = "Gatekeeper's merge of manifests: proven or refused"
_BEGIN, _END = "# gatekeeper merge driver: begin", "# gatekeeper merge driver: end"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}\r?\n.*?^{re.escape(_END)}\r?(?:\n|\Z)", re.MULTILINE | re.DOTALL)

_WRAPPER = """\
kept="$2.gatekeeper-ours"
cp -- "$2" "$kept" || exit 1
limit=; command -v timeout >/dev/null 2>&1 && limit="timeout -k 1 {seconds}"
$limit {program} merge-driver {versions}-- "$1" "$2" "$3" "$4" "$5"
code=$?
if [ $code -ne 0 ] && {{ [ $code -ne 1 ] || cmp -s -- "$2" "$kept"; }}; then
  cp -- "$kept" "$2"
  git merge-file --marker-size="$4" -L ours -L base -L theirs -- "$2" "$1" "$3"
  code=$?
  [ $code -gt 127 ] && code=1
fi
rm -f -- "$kept"
exit $code
"""


class Scope(enum.Enum):
    """Where the setting goes: the value is git's option."""

    LOCAL = "--local"
    WORKTREE = "--worktree"
    GLOBAL = "--global"


@dataclass(frozen=True, slots=True)
class Installed:
    """The file with the attributes, and whether anything had to be changed."""

    attributes: Path
    changed: bool


def driver_command(program: Sequence[str], versions: str) -> str:
    """Return what git runs: a shell script that falls back to ``git merge-file``, so that no side can get lost.

    It does so where the program is missing, crashes, takes too long, or ends with 1 and has not written anything: a
    traceback of Python's ends with 1 as well.
    """
    option = "" if versions == "ask" else f"--versions {versions} "
    script = _WRAPPER.format(seconds=SECONDS, program=shlex.join(program), versions=option)
    return f"sh -c {shlex.quote(script)} {NAME}-merge-driver %O %A %B %L %P"


def install(
    root: Path | None, scope: Scope, *, patterns: Sequence[str] = PATTERNS, program: Sequence[str] = (), versions: str
) -> Installed:
    """Let git call the driver for files of ``patterns``. Doing it again changes nothing."""
    attributes = _attributes(root, scope)
    command = driver_command(program or (sys.executable, "-m", "gatekeeper"), versions)
    wanted = {
        f"merge.{NAME}.name": _TITLE,
        f"merge.{NAME}.driver": command,
    }
    if scope is Scope.WORKTREE:
        _git(root, "config", "extensions.worktreeConfig", "true")
    changed = False
    for key, value in wanted.items():
        if _configured(root, scope, key) != value:
            _git(root, "config", scope.value, key, value)
            changed = True
    lines = "".join(f"{pattern} merge={NAME}\n" for pattern in patterns)
    return Installed(attributes, changed=_rewrite(attributes, f"{_BEGIN}\n{lines}{_END}\n") or changed)


def uninstall(root: Path | None, scope: Scope) -> Installed:
    """Take back what ``install`` has set up."""
    attributes = _attributes(root, scope)
    changed = _configured(root, scope, f"merge.{NAME}.driver") is not None
    if changed:
        _git(root, "config", scope.value, "--remove-section", f"merge.{NAME}")
    return Installed(attributes, changed=_rewrite(attributes, "") or changed)


def _rewrite(attributes: Path, block: str) -> bool:
    """Put ``block`` into the file in place of the one that is there; return whether the file has changed."""
    before = read(attributes).decode("utf-8", "surrogateescape") if attributes.exists() else ""
    rest = _BLOCK.sub("", before)
    if rest and not rest.endswith("\n") and block:
        rest += "\n"
    after = _BLOCK.sub(lambda _: block, before) if block and _BLOCK.search(before) else rest + block
    if after == before:
        return False
    if not after:
        attributes.unlink()
        return True
    attributes.parent.mkdir(parents=True, exist_ok=True)
    replace(attributes, after.encode("utf-8", "surrogateescape"))
    return True


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


def _configured(root: Path | None, scope: Scope, key: str, *options: str) -> str | None:
    arguments = ["git", *_in(root), "config", scope.value, *options, "--get", key]
    done = process.run(arguments, env=dict(os.environ))
    if done.code not in {0, 1}:
        raise BadInputError(f"git cannot read its configuration: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "replace").removesuffix("\n") if done.code == 0 else None


def _git(root: Path | None, *arguments: str) -> None:
    process.git([*_in(root), *arguments], env=dict(os.environ))


def _in(root: Path | None) -> list[str]:
    return [] if root is None else ["-C", str(root)]
