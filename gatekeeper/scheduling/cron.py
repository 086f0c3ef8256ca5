"""One line in this user's crontab."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Sequence

from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.process import Limited, run_limited
from gatekeeper.scheduling.job import Job, Kind, Part, Scheduled

PLACE = "crontab"

_SECONDS = 30
_LARGEST = 64 * 1024 * 1024
"""Of a crontab, in bytes. What is not read whole would be cut."""

_LONGEST = 998
"""Of a command, in bytes: Vixie's cron has room for 1,000."""

_NO_TABLE = re.compile(rb"no f?crontab for|can't open '[^']*': No such file", re.IGNORECASE)
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_SPECIAL = re.compile(r"%|\\|\n+(?s:.)?")
_HOUR = 60
_DAY = 24 * _HOUR


def is_there() -> bool:
    """Return whether this machine has a crontab program."""
    return shutil.which("crontab") is not None


def install(job: Job, *, dry_run: bool) -> Scheduled:
    """Put the job's line into the crontab, in place of an older one. Doing it again changes nothing."""
    line = f"{_times(job.minutes)} {_command(job.arguments)}{_marker(job)}"
    before = _table()
    after = _with(before, os.fsencode(line), os.fsencode(_marker(job)))
    if after != before and not dry_run:
        _write(after)
    return Scheduled((Part(Kind.CRON, PLACE, line),), after != before)


def uninstall(job: Job, *, dry_run: bool) -> Scheduled:
    """Take the job's line out again."""
    marker = os.fsencode(_marker(job))
    before = _table()
    own = tuple(
        Part(Kind.CRON, PLACE, os.fsdecode(line))
        for line in map(bytes.rstrip, _LINE.findall(before))
        if line.endswith(marker)
    )
    if own and not dry_run:
        _write(_with(before, None, marker))
    return Scheduled(own, bool(own))


def _marker(job: Job) -> str:
    return f" # gatekeeper {job.name}"


def _times(minutes: int) -> str:
    if minutes < _HOUR and _HOUR % minutes == 0:
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    hours, rest = divmod(minutes, _HOUR)
    if rest == 0 and _DAY % minutes == 0:
        return {1: "0 * * * *", 24: "0 0 * * *"}.get(hours, f"0 */{hours} * * *")
    raise UsageError(
        f"cron cannot do something every {minutes} minutes",
        "take a part of an hour or of a day, such as 20m or 4h, or --kind systemd",
    )


def _command(arguments: Sequence[str]) -> str:
    command = " ".join(map(word, arguments))
    if len(os.fsencode(command)) > _LONGEST:
        raise UsageError(
            f"the line would have {len(os.fsencode(command))} bytes, and cron takes {_LONGEST}",
            "call it with a shorter PATH, or use --kind systemd",
        )
    return command


def word(text: str) -> str:
    r"""Return ``text`` as a word of the shell that cron's own reading leaves as it is.

    Some crons turn ``%`` into a line break and ``\%`` into ``%``, some two backslashes into one, others know none of
    that. So a percent sign stands as ``\%`` outside of quotes, and no two backslashes stand together.
    """
    pieces, position = [], 0
    for found in _SPECIAL.finditer(text):
        pieces += [_quoted(text[position : found.start()]), _special(found[0])]
        position = found.end()
    return "".join((*pieces, _quoted(text[position:]))) or "''"


def _quoted(text: str) -> str:
    return shlex.quote(text) if text else ""


def _special(text: str) -> str:
    if text == "%":
        return r"\%"
    if text == "\\":
        return "'\\'"
    # What follows is printed with it, as $(...) drops line breaks at its end.
    octal = "".join(f"\\{byte:03o}" for byte in os.fsencode(text))
    return f"\"$(printf '{octal}')\""


def _with(table: bytes, line: bytes | None, marker: bytes) -> bytes:
    lines = _LINE.findall(table)
    own = [number for number, old in enumerate(lines) if old.rstrip().endswith(marker)]
    for number in reversed(own[0 if line is None else 1 :]):
        del lines[number]
    if line is None:
        return b"".join(lines)
    if own:
        lines[own[0]] = line + b"\n"
    else:
        if lines and not lines[-1].endswith(b"\n"):
            lines[-1] += b"\n"
        lines.append(line + b"\n")
    return b"".join(lines)


def _table() -> bytes:
    """Return the crontab; empty only where cron says that there is none, as all else would be overwritten."""
    done = _crontab("-l")
    if done.code == 0 and len(done.stdout) < _LARGEST:
        return done.stdout
    if done.code is not None and _NO_TABLE.search(done.stderr):
        return b""
    raise BadInputError(f"cannot read the crontab: {_said(done)}", "crontab -l has to work; nothing was changed")


def _write(table: bytes) -> None:
    done = _crontab("-", stdin=table) if table else _crontab("-r")
    if done.code != 0:
        raise BadInputError(f"cannot write the crontab: {_said(done)}", "it is as it was")


def _crontab(option: str, *, stdin: bytes = b"") -> Limited:
    env = dict(os.environ) | {"LC_ALL": "C"}
    return run_limited(["crontab", option], _SECONDS, env=env, stdin=stdin, kept=_LARGEST)


def _said(done: Limited) -> str:
    if done.code == 0:
        return f"it has {_LARGEST} bytes or more"
    if done.code is None:
        return f"crontab has not ended within {_SECONDS} s"
    lines = done.stderr.decode("utf-8", "replace").split("\n")
    return "; ".join(filter(None, map(str.strip, lines))) or f"crontab exits with {done.code}"
