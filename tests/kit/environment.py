"""The environment of every git process and every command line that a test starts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

EPOCH = 1_767_225_600
"""2026-01-01T00:00:00Z: the moment of the first commit of every built repository."""

NAME = "Gatekeeper Test"
EMAIL = "test@gatekeeper.invalid"

_DROPPED = (
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "GREP_OPTIONS",
)
_REACHED_OUTSIDE = (
    "SSH_AUTH_SOCK",
    "SSH_ASKPASS",
    "GATEKEEPER_SIGNING_KEY",
    "DBUS_SESSION_BUS_ADDRESS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""Through these, a test would reach the developer's agent, session or proxy."""


def git_date(seconds: int) -> str:
    """Return a moment as git reads it, in UTC."""
    return f"{seconds} +0000"


def hermetic_environment(home: Path, *, now: int = EPOCH) -> dict[str, str]:
    """Return the process environment without what the user or a surrounding git has set.

    GIT_DIR and its like are dropped too: tests may run inside a git hook.
    """
    dropped = {name for name in os.environ if name.startswith(("GIT_", "XDG_", "LC_"))} | set(_DROPPED)
    dropped |= {name for name in os.environ if name.upper() in _REACHED_OUTSIDE}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_AUTHOR_NAME": NAME,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_AUTHOR_DATE": git_date(now),
        "GIT_COMMITTER_NAME": NAME,
        "GIT_COMMITTER_EMAIL": EMAIL,
        "GIT_COMMITTER_DATE": git_date(now),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def git_program() -> str:
    """Return git's path, so that a test that changes PATH does not break the kit."""
    found = shutil.which("git")
    if found is None:
        message = "the tests need git on PATH"
        raise RuntimeError(message)
    return found
