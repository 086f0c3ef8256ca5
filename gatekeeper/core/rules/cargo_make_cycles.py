"""Tasks, aliases and variables that two changes tie into a circle."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gatekeeper.core.cargo_make_task_facts import CONDITION
from gatekeeper.core.combination import Atom
from gatekeeper.core.cycles import Cycle, Edge, Edges, new_cycles
from gatekeeper.core.makefiles import Makefiles
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import cycle_hit, wide_cycle_hit
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.wide_cycles import WideCycle, wide_cycles
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

DEP_CYCLE = RuleInfo(
    id=RuleId("mk-dep-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each add a task dependency; together the tasks depend on each other in a circle.",
    explanation=(
        "Each change is right by itself. Together they send cargo-make round in circles until its stack overflows: "
        "the error that its documentation promises is never reached."
    ),
    settles="One of the dependencies has to go.",
    fixtures=("mk-dep-cycle",),
    tool_says="thread 'main' has overflowed its stack",
)

EXTEND_CYCLE = RuleInfo(
    id=RuleId("mk-extend-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each let a task extend another; together the tasks extend each other in a circle.",
    explanation="Cargo-make follows the circle until its stack overflows, even when it only lists its steps.",
    settles="One of the tasks has to spell out what it needs.",
    fixtures=("mk-extend-cycle",),
    tool_says="thread 'main' has overflowed its stack",
)

ALIAS_CYCLE = RuleInfo(
    id=RuleId("mk-alias-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each make a task an alias of another; together the aliases go round in a circle.",
    explanation=(
        "No task is left at the end of the aliases: none of them can be run, nor anything that depends on one. On one "
        "platform its own aliases (`linux_alias`) count together with the general ones."
    ),
    settles="One of the tasks has to be a task again.",
    fixtures=("mk-alias-cycle",),
    tool_says="Detected cycle while resolving alias y: x -> y",
)

RUN_TASK_CYCLE = RuleInfo(
    id=RuleId("mk-run_task-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each let a task run another by `run_task`; together the tasks run each other without end.",
    explanation=(
        "The plan of each task is sound, so it starts; then the tasks call each other until the stack overflows, "
        "or, with `fork = true`, until the machine has no room for another process. `run_task` under a condition is "
        "left out: such a circle may come to an end."
    ),
    settles="One of the calls has to go.",
    fixtures=("mk-run_task-cycle",),
)

ENV_CYCLE = RuleInfo(
    id=RuleId("mk-env-cycle"),
    family=Family.CARGO_MAKE,
    severity=Severity.CRITICAL,
    summary="Two changes each make a variable of `[env]` out of another; together they need each other in a circle.",
    explanation=(
        "Cargo-make sorts the variables by what they need when it loads the file; no task runs any more. Its message "
        "may name other variables than those of the circle."
    ),
    settles="One of the variables has to be spelled out.",
    fixtures=("mk-env-cycle", "mk-env-cycle--extended-file"),
    tool_says="A cycle between different env variables has been detected",
)

_DEPENDS = frozenset({How.TASK_DEPENDENCY, How.ALIAS, How.EXTEND_DEPENDENCIES})
_EXTENDS = frozenset({How.EXTEND})
_RUNS = frozenset({How.RUN_TASK, How.TASK_DEPENDENCY, How.ALIAS})
_ALIASES = frozenset({How.ALIAS})
_PLATFORM_ALIASES = ("linux_alias", "windows_alias", "mac_alias")


@workspace_rule(DEP_CYCLE)
def mk_dep_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Dependencies, through aliases and through what an extended task depends on."""
    for cycle in _cycles(view, _DEPENDS, "dependencies"):
        yield _hit(DEP_CYCLE, cycle, "The tasks depend on each other in a circle: ")


@workspace_rule(EXTEND_CYCLE)
def mk_extend_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``extend`` between tasks."""
    for cycle in _cycles(view, _EXTENDS, "extend"):
        yield _hit(EXTEND_CYCLE, cycle, "The tasks extend each other in a circle: ")


@workspace_rule(ALIAS_CYCLE)
def mk_alias_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``alias`` and, platform by platform, its forms for one platform."""
    seen: set[Cycle | WideCycle] = set()
    makefiles = view.shared(Makefiles)
    for makefile in makefiles.all:
        edges = makefiles.edges(makefile, _ALIASES)
        used = {atom.place.key[-1] for atoms in edges.values() for atom in atoms}
        for platform in [name for name in _PLATFORM_ALIASES if name in used] or [""]:
            for cycle in _circles(view, _on_platform(edges, platform)):
                if cycle not in seen:
                    seen.add(cycle)
                    yield _hit(ALIAS_CYCLE, cycle, "The tasks are aliases of each other in a circle: ")


def _on_platform(edges: Edges, platform: str) -> dict[Edge, list[Atom]]:
    names = {"alias", platform}
    found = {edge: [atom for atom in atoms if atom.place.key[-1] in names] for edge, atoms in edges.items()}
    return {edge: atoms for edge, atoms in found.items() if atoms}


@workspace_rule(RUN_TASK_CYCLE)
def mk_run_task_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """``run_task`` without a condition, through dependencies and aliases."""
    for cycle in _cycles(view, _RUNS, "run_task"):
        if not _some_are_conditional(view, cycle):
            yield _hit(RUN_TASK_CYCLE, cycle, "The tasks run each other in a circle: ")


def _some_are_conditional(view: WorkspaceView, cycle: Cycle | WideCycle) -> bool:
    traits = (symbol.name for symbol in view.index.of_kind(Kind.TASK_TRAIT))
    return any(task in cycle.nodes and trait == CONDITION for _, task, trait in traits)


@workspace_rule(ENV_CYCLE)
def mk_env_cycle(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Variables of ``[env]`` in a makefile and all that it extends."""
    changed = view.index.changed(Kind.ENV_USE)
    makefiles = view.shared(Makefiles)
    seen: set[Cycle | WideCycle] = set()
    for makefile in makefiles.all if changed else ():
        edges: dict[Edge, list[Atom]] = {}
        for symbol in view.index.of_kind(Kind.ENV_USE):
            path, variable, used = symbol.name
            if path in makefile.files:
                edges.setdefault((variable, used), []).extend(view.atoms(Kind.ENV_USE, *symbol.name))
        for cycle in _circles(view, edges):
            if cycle not in seen:
                seen.add(cycle)
                yield _hit(ENV_CYCLE, cycle, "The variables need each other in a circle: ")


def _cycles(view: WorkspaceView, hows: frozenset[How], part: str) -> Iterator[Cycle | WideCycle]:
    """Yield the circles of references of which some is made by ``part`` of a task: of others other rules speak."""
    makefiles = view.shared(Makefiles)
    seen: set[Cycle | WideCycle] = set()
    for makefile in makefiles.all:
        edges = makefiles.edges(makefile, hows)
        for cycle in _circles(view, edges):
            if cycle not in seen and part in _parts(edges, cycle):
                seen.add(cycle)
                yield cycle


def _circles(view: WorkspaceView, edges: Edges) -> Iterator[Cycle | WideCycle]:
    yield from new_cycles(view.relation, view.everywhere, edges)
    yield from wide_cycles(view.everywhere, edges)


def _hit(info: RuleInfo, cycle: Cycle | WideCycle, what: str) -> WorkspaceHit:
    return cycle_hit(info, cycle, what) if isinstance(cycle, Cycle) else wide_cycle_hit(info, cycle, what)


def _parts(edges: Edges, cycle: Cycle | WideCycle) -> set[str]:
    steps = pairwise((*cycle.nodes, cycle.nodes[0]))
    return {atom.place.key[-1] for step in steps for atom in edges[step]}
