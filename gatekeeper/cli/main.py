"""The entrance: the version, the one map from failures to exit codes, and what a failure looks like.

``--version`` is answered before anything else is loaded; click and the commands come in when they are needed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gatekeeper import __version__, errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXIT_CODES: Mapping[type[BaseException], int] = {
    errors.UsageError: 2,
    errors.ConfigurationError: 2,
    errors.BadInputError: 2,
    errors.UnknownRevisionError: 2,
    errors.NotARepositoryError: 2,
    errors.UnsupportedRepositoryError: 2,
    errors.SigningError: 2,
    errors.RepositoryError: 2,
    errors.GitCommandError: 2,
    errors.RemoteError: 2,
    errors.LedgerError: 2,
    errors.UnknownEventError: 2,
    errors.DamagedLedgerError: 3,
    errors.GatekeeperError: 70,
    Exception: 70,
    OSError: 2,
    KeyboardInterrupt: 130,
    BrokenPipeError: 141,
}
"""What the program exits with after a failure; a class that is not named here exits as its nearest ancestor does.

0 is success, 1 means that findings stand (``gatekeeper.cli.options.FINDINGS_STAND``).
"""

DRIVER_FAILED = 129
"""The least that ``merge-driver`` exits with after a failure: git takes 1 to 128 for a conflict that is marked."""


def main() -> None:
    """Run the command line and exit."""
    if sys.stdout is None or sys.stderr is None:
        _open_closed_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every failure becomes a message on standard error."""
    # Taken out here, so that it works wherever a person adds it to the command that failed.
    wanted = [argument for argument in arguments if argument != "--traceback"]
    traceback = len(wanted) < len(arguments)
    try:
        code = _print_version() if wanted == ["--version"] else _run_command(wanted)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - the one place where every failure ends
        code = _report(error, traceback=traceback)
        if wanted[:1] == ["merge-driver"]:
            code = max(code, DRIVER_FAILED)
    except KeyboardInterrupt as error:
        code = _report(error, traceback=False)
    return code


def exit_code(error: BaseException) -> int:
    """Return what the program exits with after ``error``."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def _print_version() -> int:
    sys.stdout.write(f"gatekeeper {__version__}\n")
    return 0


def _run_command(arguments: list[str]) -> int:
    import io

    import click

    from gatekeeper.cli.group import group

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character gets its code instead of a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with group.make_context("gatekeeper", list(arguments)) as context:
            group.invoke(context)
    except click.exceptions.Exit as finished:
        return finished.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error
    except click.ClickException as error:
        raise errors.UsageError(error.format_message(), _usage_hint(error)) from error
    return 0


def _usage_hint(error: Exception) -> str | None:
    context = getattr(error, "ctx", None)
    return None if context is None else f"{context.command_path} --help shows how to use it"


def _report(error: BaseException, *, traceback: bool) -> int:
    code = exit_code(error)
    try:
        # What is already printed goes out before the message; an output that is gone is left alone from here on.
        sys.stdout.flush()
    except OSError:
        _forget_standard_output()
    if isinstance(error, BrokenPipeError):
        return code
    if traceback:
        from traceback import print_exception

        print_exception(error)
    message, hint = _described(error)
    _say(f"gatekeeper: {message}")
    if hint:
        _say(f"  hint: {hint}")
    return code


def _described(error: BaseException) -> tuple[str, str | None]:
    if isinstance(error, errors.GatekeeperError):
        return error.message, error.hint
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", None
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}", None
    hint = "run the same command with --traceback, and report what it prints"
    return f"version {__version__} failed unexpectedly: {type(error).__name__}: {error}", hint


def _say(text: str) -> None:
    from gatekeeper.core.safe_text import safe

    try:
        sys.stderr.write("\n".join(safe(line) for line in text.splitlines()) + "\n")
        sys.stderr.flush()
    except OSError:
        return


def _open_closed_streams() -> None:
    """Give a program that was started with ``>&-`` somewhere to write to."""
    import os
    from pathlib import Path

    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    sys.stdout = sys.stdout or nowhere
    sys.stderr = sys.stderr or nowhere


def _forget_standard_output() -> None:
    """Keep the interpreter from flushing a broken standard output once more when it exits."""
    import os

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
