"""A timer of this user's systemd, and the service that it starts."""

from __future__ import annotations

import os
from pathlib import Path

from gatekeeper.errors import BadInputError, GitCommandError, UsageError
from gatekeeper.process import Limited, run_limited
from gatekeeper.scheduling.job import Job, Kind, Part, Scheduled

_SECONDS = 60
_ESCAPES = {"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$"}
_TITLE = "# Written by gatekeeper install schedule; --uninstall removes it.\n"

# A poll that finds something exits with 1 or 3, and has done what it should.
_SERVICE = """\
[Unit]
Description={description}

[Service]
Type=oneshot
ExecStart={command}
SuccessExitStatus=1 3
"""
_TIMER = """\
[Unit]
Description={description}

[Timer]
OnActiveSec=1min
OnUnitActiveSec={minutes}min

[Install]
WantedBy=timers.target
"""


def answers() -> bool:
    """Return whether this user has a systemd that runs."""
    try:
        return _systemctl("show-environment").code == 0
    except GitCommandError:
        return False


def install(job: Job, *, dry_run: bool) -> Scheduled:
    """Write both units and start the timer. Doing it again changes nothing."""
    parts = _parts(job)
    stale = [part for part in parts if _text(part.place) != part.text.encode()]
    running = answers()
    is_started = running and not stale and _is_started(job)
    changed = bool(stale) or (running and not is_started)
    if changed and not dry_run:
        for part in stale:
            _write(Path(part.place), part.text)
        if running:
            _do("daemon-reload")
            _do("enable", "--now", _timer(job))
            if stale:
                # A timer that was running already goes on with its old times.
                _do("restart", _timer(job))
    return Scheduled(parts, changed, _notes(job, running=running))


def uninstall(job: Job, *, dry_run: bool) -> Scheduled:
    """Stop the timer and remove what ``install`` has written."""
    places = [str(_directory() / unit) for unit in (_service(job), _timer(job))]
    there = [
        Part(Kind.SYSTEMD, place, text.decode("utf-8", "replace"))
        for place in places
        if (text := _text(place)) is not None
    ]
    if there and not dry_run:
        running = answers()
        if running:
            _do("disable", "--now", _timer(job))
        (_directory() / "timers.target.wants" / _timer(job)).unlink(missing_ok=True)
        for part in there:
            Path(part.place).unlink(missing_ok=True)
        if running:
            _do("daemon-reload")
    return Scheduled(tuple(there), bool(there))


def word(text: str) -> str:
    """Return ``text`` as one argument in ``ExecStart=``; raises UsageError where it cannot stand there."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError("systemd reads UTF-8 only, and a path here is none", "use --kind cron") from error
    escaped = "".join(
        _ESCAPES.get(c, c) if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in c.encode()) for c in text
    )
    return escaped if escaped and escaped == text and not set(text) & set(" ';") else f'"{escaped}"'


def _parts(job: Job) -> tuple[Part, Part]:
    described = f"gatekeeper poll in {_described(job.repository)}"
    # In the first word alone $$ does not stand for $, so that is env's.
    service = _SERVICE.format(description=described, command=" ".join(map(word, job.arguments)))
    timer = _TIMER.format(description=described, minutes=job.minutes)
    directory = _directory()
    return (
        Part(Kind.SYSTEMD, str(directory / _service(job)), _TITLE + service),
        Part(Kind.SYSTEMD, str(directory / _timer(job)), _TITLE + timer),
    )


def _described(path: str) -> str:
    """Return a path as a person reads it in ``systemctl list-timers``, where only % means something."""
    return "".join(c if c.isprintable() else "?" for c in path).replace("%", "%%").rstrip("\\")


def _notes(job: Job, *, running: bool) -> tuple[str, ...]:
    if not running:
        start = f"systemctl --user daemon-reload && systemctl --user enable --now {_timer(job)}"
        return (f"the systemd of this user does not answer; where it does, start the timer: {start}",)
    user = os.environ.get("USER") or os.environ.get("LOGNAME") or ""
    if Path("/var/lib/systemd/linger", user or "-").exists():
        return ()
    return ("it polls while you are logged in; loginctl enable-linger lets it go on after that",)


def _service(job: Job) -> str:
    return f"gatekeeper-{job.name}.service"


def _timer(job: Job) -> str:
    return f"gatekeeper-{job.name}.timer"


def _directory() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _text(place: str) -> bytes | None:
    """Return a unit of ours; raises BadInputError where somebody else's has its name."""
    try:
        text = Path(place).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInputError(f"cannot read {place}: {error.strerror}") from error
    if not text.startswith(_TITLE.encode()):
        raise BadInputError(f"{place} was not written by gatekeeper", "move it out of the way")
    return text


def _write(path: Path, text: str) -> None:
    scratch = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror}") from error
    finally:
        scratch.unlink(missing_ok=True)


def _is_started(job: Job) -> bool:
    return all(_systemctl(question, "--quiet", _timer(job)).code == 0 for question in ("is-enabled", "is-active"))


def _do(*arguments: str) -> None:
    done = _systemctl(*arguments)
    if done.code != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or f"it exits with {done.code}"
        raise BadInputError(f"systemctl --user {' '.join(arguments)} failed: {said}")


def _systemctl(*arguments: str) -> Limited:
    env = dict(os.environ) | {"LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
    return run_limited(["systemctl", "--user", *arguments], _SECONDS, env=env)
