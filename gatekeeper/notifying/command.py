"""A program of the team's: the document on its standard input."""

from __future__ import annotations

from collections.abc import Mapping

from gatekeeper.core.channels import Channel
from gatekeeper.errors import GitCommandError
from gatekeeper.notifying.message import Message, last_line
from gatekeeper.process import run_limited


def send(channel: Channel, message: Message, *, env: Mapping[str, str], cwd: str) -> str | None:
    """Run the command; it has arrived when that exits with 0 in time, whether or not it has read the document."""
    told = {"GATEKEEPER_EVENT": message.event, "GATEKEEPER_DELIVERY": message.delivery}
    return run(channel.target, message.document, channel.timeout.total_seconds(), env={**env, **told}, cwd=cwd)


def run(arguments: tuple[str, ...], stdin: bytes, seconds: float, *, env: Mapping[str, str], cwd: str) -> str | None:
    """Run a program to its end or ``seconds`` long; return None where it exits with 0, else what went wrong."""
    if not arguments:
        return "there is no command to run"
    try:
        done = run_limited(arguments, seconds, env=env, cwd=cwd, stdin=stdin)
    except GitCommandError as error:
        return f"{error.message} in {cwd}" if arguments[0].startswith(".") else error.message
    if done.code == 0:
        return None
    ending = f"was stopped after {seconds:g} s" if done.code is None else _ending(done.code)
    said = last_line(done.stderr)
    return f"{arguments[0]} {ending}" + (f": {said}" if said else "")


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"failed with exit code {code}"
