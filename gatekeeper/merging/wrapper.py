"""What git runs for each file: a shell script around Gatekeeper that needs none of it to work."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gatekeeper import process
from gatekeeper.merging import SECONDS

_SCRIPT = """\
room=$2.gatekeeper child=
case $8 in
%Y) base=base ours=ours theirs=theirs ;;
*) base=${{6:-base}} ours=${{7:-ours}} theirs=${{8:-theirs}} ;;
esac
leave() {{
  rm -rf -- "$room"
  exit "$1"
}}
stop() {{
  if [ -n "$child" ]; then
    kill "$child" 2>/dev/null
    wait "$child"
  fi
  unmerged 'was interrupted' "$1"
}}
unmerged() {{
  echo "gatekeeper: the merge $1 and has written nothing; git has both sides, git checkout --merge writes them" >&2
  leave "$2"
}}
lines() {{
  git merge-file -p --marker-size="$4" -L "$ours" -L "$base" -L "$theirs" -- "$2" "$1" "$3"
}}
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM
mkdir -- "$room" || unmerged 'cannot be written' 129
limit=
command -v timeout >/dev/null 2>&1 && limit='timeout -s KILL {seconds:g}'
$limit {program} {seconds:g} {versions} "$room/merged" "$base" "$ours" "$theirs" "$1" "$2" "$3" "$4" "$5" &
child=$!
wait "$child"
code=$?
child=
from=merged
if [ "$code" -gt 1 ] || [ ! -f "$room/merged" ]; then
  from=lines
  echo "gatekeeper gave no answer (exit code $code): git merges the lines" >&2
  lines "$@" >"$room/lines"
  code=$?
  if [ "$code" -gt 127 ]; then
    lines "$@" >/dev/null 2>&1
    [ $? -gt 127 ] && leave 1
    unmerged 'cannot be written' 129
  fi
  [ "$code" -gt 1 ] && code=1
fi
trap '' HUP INT TERM
mv -f -- "$room/$from" "$2" || unmerged 'cannot be written' 129
leave "$code"
"""
"""%A is replaced in one step, as the last thing that is done; until then everything is in a directory beside it.

The program's answer counts if it exits with 0 or 1 and has left a file: a traceback of Python's exits with 1 as well.
Where git finds no text to merge, it is a conflict, as it is without a driver. Where nothing can be written it is none:
above 128, git stops the merge (before 2.42 it takes ours for the conflicted file, and has all sides in its index).
"""


def driver_command(program: Sequence[str], versions: str, *, seconds: float = SECONDS) -> str:
    """Return the setting ``merge.NAME.driver``: the script, which falls back to ``git merge-file``."""
    script = _SCRIPT.format(seconds=seconds, program=shlex.join(program), versions=versions)
    # Git puts the file's names in place of %A and its like, wherever they stand.
    quoted = shlex.quote(script).replace("%", "%%")
    # Labels are given since git 2.44; one before that leaves %S, %X and %Y as they are.
    return f"exec sh -c {quoted} gatekeeper-merge-driver %O %A %B %L %P %S %X %Y"


def this_program() -> tuple[str, ...]:
    """Return how to start this installation's driver from anywhere."""
    return process.this_program("-c", "from gatekeeper.cli.driver_process import main; main()")
