"""Runs one step of a workplace over and over, killed before ever later changes of the disk or calls of git.

A process of its own, started by the tests: argv is the folder with the repository, the step and the numbers. It forks
for each attempt; the child kills itself by SIGKILL before its Nth change, which Python's audit events tell. To be
killed before a call of git that changes nothing is the same as to be killed before the next change.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from gatekeeper import agents
from gatekeeper.core.names import Oid, RefName
from gatekeeper.core.workplace import ArchiveRef
from gatekeeper.repository import open_repository

_CHANGES = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir"})
_GIT = (["update-ref"], ["worktree", "add"], ["read-tree"], ["symbolic-ref", "-m"], ["commit-tree"])
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def kill_before(number: int, place: str) -> None:
    """Let this process die before its change of that number to what lies in ``place``, the first being 1."""
    left = [number]

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if _is_change(event, arguments, place):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)


def _is_change(event: str, arguments: tuple[object, ...], place: str) -> bool:
    if event == "subprocess.Popen":
        command = arguments[1]
        return isinstance(command, list) and any(command[1 : 1 + len(words)] == words for words in _GIT)
    if event == "open":
        return isinstance(arguments[2], int) and bool(arguments[2] & _WRITES) and _lies_in(place, arguments[0], -1)
    return event in _CHANGES and _lies_in(place, arguments[0], arguments[-1])


def _lies_in(place: str, path: object, directory: object) -> bool:
    """Return whether a path, relative to an open directory or absolute, is in ``place``."""
    if not isinstance(path, (str, os.PathLike)):
        return False
    full = os.fspath(path)
    if isinstance(directory, int) and directory >= 0:
        full = os.path.join(os.readlink(f"/proc/self/fd/{directory}"), full)  # noqa: PTH115, PTH118 -- no events of its own
    return str(full).startswith(place)


def run(step: str, root: Path, at: Oid) -> None:
    """Do the step once."""
    repository = open_repository(str(root))
    workplace = agents.plan(repository, "../{repository}.agents", "one", "one", trunk=RefName("refs/heads/main"))
    if step == "create":
        agents.create(repository, workplace, at)
    elif step == "existing":
        agents.create(repository, workplace, at, existing=True)
    elif step == "remove":
        agents.remove(repository, workplace, trunk=at)
    elif step == "archive":
        agents.archive(repository, workplace, workplace.name)
    elif step == "remove archived":
        ref = RefName("refs/gatekeeper/archive/agents/one/1")
        agents.remove(repository, workplace, trunk=at, archived=ArchiveRef(ref, repository.resolve(ref)))
    else:
        agents.abandon(repository, workplace)


def attempt(step: str, root: Path, at: Oid, number: int) -> str:
    """Do the step in a child that is killed before its change of that number; return how it ended."""
    child = os.fork()
    if child == 0:
        try:
            if number:
                kill_before(number, str(root.parent))
            run(step, root, at)
        except BaseException:  # noqa: BLE001 -- whatever it is, the parent has to hear of it
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed"
    return "done" if os.waitstatus_to_exitcode(status) == 0 else "failed"


def main() -> None:
    """Run the lines of standard input: step, repository, commit, number. Answer each with whether it was killed."""
    for line in sys.stdin:
        step, root, at, number = line.rstrip("\n").split("\t")
        print(attempt(step, Path(root), Oid(at), int(number)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
