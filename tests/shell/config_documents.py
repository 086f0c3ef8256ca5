"""Documents that are right, for property tests of the configuration."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gatekeeper.core.channels import EVENTS
from gatekeeper.core.roster import PRECEDENCE, ROLES

NAMES = ("a", "b-2", "Ünit", "x.y")
SPANS = st.sampled_from(["1s", "90s", "60m", "2h", "1d", "1h30m", "1d2h3m4s"])
SEVERITIES = st.sampled_from(["note", "minor", "major", "critical"])
PLACES = {"path": st.sampled_from(["**", "Cargo.toml", "crates/*/x?"]), "key": st.sampled_from(["**", "a.'b c'.*"])}
LINES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


def some(values: tuple[str, ...], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, unique=True) if values else st.just([])


def optional(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys)


def conflicts(others: tuple[str, ...]) -> st.SearchStrategy[list[Any]]:
    if not others:
        return st.just([])
    name = st.sampled_from(others)
    row = st.fixed_dictionaries({"agent": name}, optional=PLACES | {"reason": LINES})
    return st.lists(name | row, max_size=2)


@st.composite
def agents(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: draw(
            optional(
                role=LINES,
                branch=st.just(f"agent/{number}"),
                priority=st.integers(-9, 9),
                depends_on=some(names[:number]),
                conflicts_with=conflicts(names[:number]),
                scope=some(("crates/x/**", "Cargo.toml#a.**", "Makefile.toml#tasks.'x y'")),
                budget=optional(
                    cores=st.floats(0.1, 64) | st.integers(1, 8), memory=st.sampled_from(["1B", "1.5 GiB"])
                ),
                contact=LINES,
            )
        )
        for number, name in enumerate(names)
    }


@st.composite
def phases(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    gates = some(("check", "test"))
    known = ("build", "test", "release")
    return {
        name: draw(
            optional(
                agents=some(names[number : number + 1]),
                needs=some(known[:number]),
                gates=optional(pre=gates, checkpoint=gates, post=gates),
            )
        )
        for number, name in enumerate(known)
    }


def gates() -> st.SearchStrategy[dict[str, Any]]:
    """Yield definitions of the two gates that ``phases`` name."""
    texts = st.lists(LINES, min_size=1, max_size=2, unique=True)
    globs = some(("docs/*.md", "**/Cargo.toml"), 1)
    places = some(("Makefile.toml#tasks.check", "Cargo.toml", "crates/*/Cargo.toml#package.*"), 1)
    rules = some(("ws-*", "text-conflict", "agent-stale"), 1)
    manifest: dict[str, st.SearchStrategy[Any]] = {"keys": places, "absent": places, "rules": rules}
    described: dict[str, st.SearchStrategy[Any]] = {"description": LINES}
    kinds = (
        st.fixed_dictionaries({"command": texts}, optional=described | {"timeout": SPANS, "fail_on_output": texts}),
        st.fixed_dictionaries(
            {"files": globs}, optional=described | {"min_lines": st.integers(1, 9), "contains": texts, "forbids": texts}
        ),
        optional(**described, **manifest).filter(lambda gate: not gate.keys().isdisjoint(manifest)),
    )
    return st.fixed_dictionaries({"check": st.one_of(kinds), "test": st.one_of(kinds)})


def channels() -> st.SearchStrategy[list[dict[str, Any]]]:
    common = {"on": some(EVENTS, 1), "least": SEVERITIES, "timeout": st.sampled_from(["1s", "10m"])}
    kinds = (
        st.fixed_dictionaries({"command": st.lists(LINES, min_size=1, max_size=3)}, optional=common),
        st.fixed_dictionaries(
            {"webhook": st.just("https://x.example.org/y?z=1")}, optional=common | {"secret_env": st.just("A_1")}
        ),
        st.fixed_dictionaries({"mail": some(("a@b.org", "c@d.org"), 1)}, optional=common),
    )
    rows = st.lists(st.one_of(kinds), max_size=3)
    return rows.map(lambda some_rows: [{**row, "name": f"n{number}"} for number, row in enumerate(some_rows)])


def policies() -> st.SearchStrategy[dict[str, Any]]:
    places = st.fixed_dictionaries({"severity": SEVERITIES}, optional=PLACES)
    expected = st.fixed_dictionaries({"reason": LINES, "family": st.just("cargo-make")}, optional=PLACES)
    named = st.fixed_dictionaries({"reason": LINES, "agents": some(("a*", "b"), 1)})
    severities = optional(
        families=st.dictionaries(st.sampled_from(["TOML", "text"]), SEVERITIES), places=st.lists(places, max_size=2)
    )
    return optional(
        precedence=some(PRECEDENCE, 1),
        auto_integrate=st.booleans(),
        expected=st.lists(expected | named, max_size=2),
        severity=severities,
        roles=optional(**{role: some(("a@b.org", "a"), 1) for role in ROLES}),
        limits=optional(stale=SPANS, blocked=SPANS),
    )


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    names = tuple(draw(some(NAMES)))
    globs = st.lists(LINES, max_size=2)
    whole = optional(
        trunk=st.just("main"),
        fail_on=SEVERITIES,
        branches=optional(include=globs, exclude=globs),
        agents=agents(names),
        policy=policies(),
        ledger=optional(remote=st.just("origin"), allowed_signers=st.just("k/a"), retention=SPANS),
        worktrees=optional(directory=st.sampled_from(["../{repository}.x", "w"])),
        notifications=channels(),
    )
    document = draw(whole)
    if "agents" not in document:
        return document
    release = {"gates": draw(some(("check", "test")))}
    return document | {"phases": draw(phases(names)), "gates": draw(gates()), "release": release}
