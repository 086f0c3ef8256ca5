"""``gatekeeper brief``: the few words that an agent is started with."""

from __future__ import annotations

import sys

import click

from gatekeeper.cli import options


@click.command("brief")
@options.repository_option
@options.trunk_option
@click.option(
    "--keys", metavar="GLOB", default="**", show_default=True, help="Which values of the memory it is to read."
)
@options.format_option("text", "json")
@click.argument("agent")
def command(*, path: str, trunk: str | None, keys: str, output: str, agent: str) -> None:
    """Print the pointer that AGENT is started with, in under 100 tokens: who it is, what to read, how to report.

    Where it is not clear to go on, a sentence more says why, and what comes next.
    """
    from gatekeeper.cli.durations import now_utc
    from gatekeeper.coordinator.agent_checks import no_such_agent, refuse_removed
    from gatekeeper.coordinator.standing import verdict_of
    from gatekeeper.coordinator.trunks import newest_trunk
    from gatekeeper.core.ledger.records import AgentRecord, MemoryRecord
    from gatekeeper.core.names import AgentName, RefName
    from gatekeeper.core.safe_text import safe
    from gatekeeper.core.watch.memory_keys import MemoryKey, fits, parse_key_glob
    from gatekeeper.core.watch.pointer import pointer, tokens_at_most
    from gatekeeper.core.watch.registry import registry
    from gatekeeper.errors import BadInputError
    from gatekeeper.ledger.ledger import Ledger
    from gatekeeper.report.brief import brief_json
    from gatekeeper.repository import open_repository
    from gatekeeper.trunk import read_trunk

    repository = open_repository(path)
    at, settings = read_trunk(repository, trunk or newest_trunk(repository))
    state = Ledger(repository).state()
    agents = registry(settings.roster, state).agents
    entry = agents.get(AgentName(agent))
    if entry is None:
        raise no_such_agent(agent, agents)
    refuse_removed(entry.record, agent)
    try:
        glob = parse_key_glob(keys)
    except ValueError as error:
        raise BadInputError(f"--keys {keys}: {error}") from error
    named = [MemoryKey(key) for key, _ in state.each(MemoryRecord) if fits(glob, MemoryKey(key))]
    phase = registry(settings.roster, state).phase_of(entry.name)
    record = state.get(AgentRecord, agent)
    spec = settings.roster.agents.get(entry.name)
    branch = record.branch if record is not None else spec.branch if spec is not None else RefName(agent)
    text = pointer(entry.name, named, phase=None if phase is None else phase.name, branch=branch)
    decision = verdict_of(repository, state, settings, at.commit, now_utc()).of(entry.name)
    if output == "json":
        sys.stdout.write(brief_json(agent, text, tokens_at_most(text), decision))
    else:
        sys.stdout.write(
            text + (f"{safe(decision.sentence)}. Next: {safe(decision.next_step or '')}\n" if decision.reasons else "")
        )
