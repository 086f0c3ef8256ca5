"""The command group. A command's module is imported when the command is asked for, not before."""

from __future__ import annotations

from importlib import import_module

import click

from gatekeeper import __version__

COMMANDS = (
    *("scan", "check", "diff", "compat", "poll", "status", "log"),
    *("agent", "phase", "integrate", "claim", "memory", "brief", "evidence", "baseline", "drill"),
    *("escalation", "approve", "resume", "quarantine", "waive"),
    *("merge", "resolve", "duplicates", "rules", "explain"),
    *("init", "config", "install", "sync", "archive", "merge-driver"),
)
"""Module ``gatekeeper.cli.NAME`` holds the command as ``command``."""

EXIT_CODE_HELP = """\
\b
Exit codes:
  0   done; nothing at or above --fail-on stands
  1   findings at or above --fail-on stand, a gate has not passed, a change is not backward compatible, or
      what was asked for is refused: it would lose work, or is about something that has changed meanwhile
  2   the command line, a file, a revision or the repository cannot be used, or git failed
  3   a person must decide: the ledger was edited by hand, or a plan waits for its approval
  70  a fault in gatekeeper itself
"""


class LazyGroup(click.Group):
    """Knows its commands by name only."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which people need them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, if there is one of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"gatekeeper.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the one that was probably meant."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from gatekeeper.core.nearest import did_you_mean

            hint = did_you_mean(name, COMMANDS, f"there are {', '.join(COMMANDS)}")
            raise click.UsageError(f"there is no command {name}; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    epilog=EXIT_CODE_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gatekeeper", message="%(prog)s %(version)s")
@click.option("--traceback", is_flag=True, expose_value=False, help="Show where in the program a failure happened.")
def group() -> None:
    """Find conflicts between many branches before they merge."""
