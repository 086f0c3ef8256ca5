"""Fleets of agents that all come second somewhere: each takes what is published for it, lands, and nothing stands."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.precedence import Precedence
from gatekeeper.core.policy.standing import Standing
from gatekeeper.repository import open_repository
from gatekeeper.trunk import read_trunk
from tests.e2e.integrating import MEMBERS, Line, with_crate
from tests.e2e.watched import MAKEFILE, Watch, crate
from tests.kit import RepositoryBuilder

Edit = Callable[[str], dict[str, str]]
_ROUNDS = 12


def _member(name: str) -> dict[str, str]:
    return with_crate(name)


def _variable(name: str) -> dict[str, str]:
    return {"Makefile.toml": MAKEFILE.replace("[env]\n", f'[env]\nOF_{name.upper()} = "{name}"\n')}


def _task(name: str) -> dict[str, str]:
    return {"Makefile.toml": f'{MAKEFILE}\n[tasks.{name}]\ncommand = "{name}"\n'}


def _features(name: str) -> dict[str, str]:
    return {"crates/two/Cargo.toml": crate("two", features=f"{name} = []\n")}


def _signs(name: str) -> dict[str, str]:
    """Return what has to be on trunk in the end, by file, whatever each edit was."""
    return {"member": f'"crates/{name}"', "variable": f"OF_{name.upper()}", "task": f"[tasks.{name}]", "features": name}


EDITS: dict[str, tuple[Edit, str]] = {
    "member": (_member, "Cargo.toml"),
    "variable": (_variable, "Makefile.toml"),
    "task": (_task, "Makefile.toml"),
    "features": (_features, "crates/two/Cargo.toml"),
}


#
@pytest.mark.parametrize("seed", range(4))
def test_everybody_who_integrates_in_order_lands_and_nothing_is_lost(repository: RepositoryBuilder, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    line, edits = _fleet(Line(Watch(repository)), rng)
    watch = line.watch
    waiting = list(edits)
    polled = watch.later(minutes=1).poll()
    for _ in range(_ROUNDS):
        assert polled.troubles == ()
        # Nobody with precedence is stopped for what is minor, and nobody waits in a circle.
        assert all(decision.standing is Standing.INTEGRATING for decision in polled.decisions)
        held_up = {decision.agent for decision in polled.decisions if decision.follows}
        assert not waiting or held_up < set(waiting)
        if not waiting:
            break
        first = _order(line).first(map(AgentName, waiting))
        # Whoever only lies beside others, where git alone cannot merge them, asks for it; the rest is there already.
        done = line.integrate(first)
        assert done.outcome in {"published", "up-to-date"}, done
        if done.outcome == "published":
            line.take(first)
        line.land(first)
        waiting.remove(first)
        polled = watch.later(minutes=1).poll()
    assert (waiting, polled.standing, polled.decisions) == ([], (), ())
    for name, kind in edits.items():
        assert _signs(name)[kind] in line.on_trunk(EDITS[kind][1]), (name, kind)
    assert watch.builder.git("for-each-ref", "refs/gatekeeper/integrated") == ""


def _fleet(line: Line, rng: random.Random) -> tuple[Line, dict[str, str]]:
    names = [f"n{number}" for number in range(rng.randrange(3, 6))]
    line.begin("".join(f"[agents.{name}]\npriority = {rng.randrange(3)}\n" for name in names))
    line.watch.commit("main", {"crates/two/Cargo.toml": crate("two"), "Cargo.toml": MEMBERS})
    edits = {name: rng.choice(list(EDITS)) for name in names}
    for name, kind in edits.items():
        line.watch.later(minutes=1).agent(name, EDITS[kind][0](name))
    return line, edits


def _order(line: Line) -> Precedence:
    _, settings = read_trunk(open_repository(str(line.watch.root)))
    return Precedence.of(settings.roster, line.watch.state)
