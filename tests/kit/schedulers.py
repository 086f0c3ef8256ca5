"""A crontab and a systemctl that keep what they get in a directory, in place of the machine's."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

_CRONTAB = """\
#!/bin/sh
room='{room}'
if [ -f "$room/broken" ]; then echo "crontab: $(cat "$room/broken")" >&2; exit 1; fi
case $1 in
-l) cat "$room/table" 2>/dev/null || {{ echo "no crontab for $(id -un)" >&2; exit 1; }} ;;
-r) rm "$room/table" ;;
-) echo write >> "$room/calls"
   cat > "$room/new"
   if [ -s "$room/new" ] && [ -n "$(tail -c 1 "$room/new")" ]; then echo 'missing newline before EOF' >&2; exit 1; fi
   mv "$room/new" "$room/table" ;;
esac
"""

_SYSTEMCTL = """\
#!/bin/sh
room='{room}'
[ "$1" = --user ] || exit 64
shift
echo "$*" >> "$room/calls"
[ -f "$room/running" ] || {{ echo 'Failed to connect to bus' >&2; exit 1; }}
for last; do :; done
case $1 in
enable) touch "$room/$last.on" ;;
disable) rm -f "$room/$last.on" ;;
is-enabled | is-active) [ -f "$room/$last.on" ] ;;
esac
"""


@dataclass
class Scheduler:
    """Where a program in place of the machine's keeps what it gets."""

    room: Path

    def calls(self) -> list[str]:
        """Return what the program was called for since the last time."""
        noted = self.room / "calls"
        lines = noted.read_text().splitlines() if noted.exists() else []
        noted.unlink(missing_ok=True)
        return lines

    @property
    def table(self) -> bytes | None:
        """The crontab; None where there is none."""
        file = self.room / "table"
        return file.read_bytes() if file.exists() else None

    @table.setter
    def table(self, content: bytes) -> None:
        (self.room / "table").write_bytes(content)

    def breaks(self, message: str) -> None:
        """Let crontab fail with a message from now on."""
        (self.room / "broken").write_text(message)


def crontab(room: Path) -> Scheduler:
    """Put a crontab into ``room``/bin."""
    return _program(room, "crontab", _CRONTAB)


def systemctl(room: Path, *, running: bool) -> Scheduler:
    """Put a systemctl into ``room``/bin, of a user whose systemd runs or does not."""
    scheduler = _program(room, "systemctl", _SYSTEMCTL)
    if running:
        (scheduler.room / "running").touch()
    return scheduler


def first_on_path(patch: pytest.MonkeyPatch, room: Path) -> None:
    """Let the programs of ``room`` be found before the machine's."""
    patch.setenv("PATH", str(room / "bin"), prepend=os.pathsep)


def _program(room: Path, name: str, script: str) -> Scheduler:
    kept = room / f"{name}-keeps"
    kept.mkdir(parents=True)
    program = room / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(script.format(room=kept))
    program.chmod(0o755)
    return Scheduler(kept)
