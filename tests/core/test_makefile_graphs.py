"""What decides on whether cargo-make comes from one task to another, and that a third branch decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gatekeeper.core.names import Severity
from gatekeeper.core.workspace_view import WorkspaceHit
from tests.core.small_fleet import Tree, hits, rules_hit, view_of

A, B, C = ('[tasks.a]\nscript = "a"\n', '[tasks.b]\nscript = "b"\n', '[tasks.c]\nscript = "c"\n')
PLATFORMS = ("linux", "mac", "windows")
OPEN = 'extend = [{ path = "${HOME}/x.toml", optional = true }]\n'
NO_CORE = "[config]\nskip_core_tasks = true\n"


def make(*parts: str) -> dict[str, str]:
    return {"Makefile.toml": "\n".join(parts)}


def extending(*parts: str, common: str) -> dict[str, str]:
    return {"Makefile.toml": "\n".join(('extend = "common.toml"\n', *parts)), "common.toml": common}


def told(agents: Sequence[Tree], base: Tree) -> list[tuple[str, int, int]]:
    """Return the rules that speak, and of which two agents, as masks with the smaller one first."""
    found = hits(view_of(agents, [base]))
    return sorted((str(one.hit.rule), min(one.left, one.right), max(one.left, one.right)) for one in found)


def circles(agents: Sequence[Tree], base: Tree) -> list[str]:
    """Return the rules about circles that speak; others may, of what hides an edge or of conditions."""
    return [rule for rule in rules_hit(agents, base) if rule.endswith("-cycle")]


def the_hit(left: Tree, right: Tree, base: Tree) -> WorkspaceHit:
    (found,) = hits(view_of([left, right], [base]))
    return found


@pytest.mark.parametrize(
    ("key", "action", "rule"),
    [
        ("dependencies", 'script = "x"\n', "mk-dep-cycle"),
        ("extend", 'script = "x"\n', "mk-extend-cycle"),
        ("run_task", "", "mk-run_task-cycle"),
    ],
)
def test_a_circle_closes_on_each_platform_by_itself(key: str, action: str, rule: str) -> None:
    a, b = f"[tasks.a]\n{action}", f"[tasks.b]\n{action}"
    to_a, to_b = (f'{key} = ["{name}"]\n' if key == "dependencies" else f'{key} = "{name}"\n' for name in "ab")
    left, right = make(f"{a}[tasks.a.linux]\n{to_b}", b), make(a, f"{b}[tasks.b.windows]\n{to_a}")
    assert rules_hit([left, right], make(a, b)) == []
    same = make(a, f"{b}[tasks.b.linux]\n{to_a}")
    assert the_hit(left, same, make(a, b)).hit.severity is Severity.MAJOR
    assert the_hit(left, same, make(a, b)).hit.message.startswith("On `linux`, ")
    general = make(a, b + to_a)
    assert rules_hit([left, general], make(a, b)) == [rule]
    assert rules_hit([make(a + to_b, b), general], make(a, b)) == [rule]
    assert the_hit(make(a + to_b, b), general, make(a, b)).hit.severity is None


def test_a_key_of_a_platform_replaces_the_general_one() -> None:
    own = "".join(f"[tasks.a.{platform}]\ndependencies = []\n" for platform in PLATFORMS)
    to_a, to_b = 'dependencies = ["a"]\n', 'dependencies = ["b"]\n'
    assert rules_hit([make(A + to_b + own, B), make(A + own, B + to_a)], make(A + own, B)) == []
    cleared = own.replace("dependencies = []", 'clear = true\nscript = "p"')
    assert rules_hit([make(A + to_b + cleared, B), make(A + cleared, B + to_a)], make(A + cleared, B)) == []
    some = own.replace("[tasks.a.mac]\ndependencies = []\n", "")
    found = the_hit(make(A + to_b + some, B), make(A + some, B + to_a), make(A + some, B))
    assert found.hit.message.startswith("On `mac`, the tasks depend on each other")


@pytest.mark.parametrize("hiding", ["disabled = true\n", 'alias = "c"\n'])
def test_what_hides_an_edge_counts_whoever_brings_or_removes_it(hiding: str) -> None:
    to_a, to_b = 'dependencies = ["a"]\n', 'dependencies = ["b"]\n'
    base = make(A, B, C)
    left, right = make(A + to_b, B, C), make(A, B + to_a, C)
    assert circles([left, right], base) == ["mk-dep-cycle"]
    assert circles([left, make(A + hiding, B + to_a, C)], base) == []
    hidden = make(A + hiding, B, C)
    assert circles([make(A + hiding + to_b, B, C), make(A + hiding, B + to_a, C)], hidden) == []
    both = make(A + to_b + hiding, B + to_a + hiding, C)
    one, other = make(A + to_b, B + to_a + hiding, C), make(A + to_b + hiding, B + to_a, C)
    assert circles([one, other], both) == ["mk-dep-cycle"]


def test_an_alias_of_a_platform_goes_before_the_general_one() -> None:
    own = "".join(f'{platform}_alias = "c"\n' for platform in PLATFORMS)
    to_a, to_b = 'alias = "a"\n', 'alias = "b"\n'
    assert rules_hit([make(A + own + to_b, B, C), make(A + own, B + to_a, C)], make(A + own, B, C)) == []
    linux = 'linux_alias = "c"\n'
    found = the_hit(make(A + linux + to_b, B, C), make(A + linux, B + to_a, C), make(A + linux, B, C))
    assert found.hit.rule == "mk-alias-cycle"
    assert found.hit.severity is None
    assert found.hit.message.startswith("On `mac` and `windows`, ")


def test_extending_goes_through_aliases() -> None:
    left, right = make(B + 'extend = "c"\n', C), make(B, C + 'alias = "b"\n')
    assert rules_hit([left, right], make(B, C)) == ["mk-extend-cycle"]
    assert (
        rules_hit([make(B + 'extend = "c"\nalias = "a"\n', C, A), make(B, C + 'alias = "b"\n', A)], make(B, C, A)) == []
    )


def test_running_each_other_ends_where_any_condition_may_fail() -> None:
    a, b = "[tasks.a]\n", "[tasks.b]\n"
    on_linux = '[tasks.b.linux]\ncondition = { env_set = ["E"] }\n'
    right = make(a, f'{b}run_task = "a"\n{on_linux}')
    found, _ = hits(view_of([make(f'{a}run_task = "b"\n', b), right], [make(a, b)]))
    assert found.hit.message.startswith("On `mac` and `windows`, ")
    routed = '[{ name = "c", condition = { env_set = ["E"] } }, { name = "b" }]'
    assert rules_hit([make(f"{a}run_task = {routed}\n", b), make(a, f'{b}run_task = "a"\n')], make(a, b)) == []
    # Of a single table cargo-make does not read the condition.
    table = '{ name = "b", condition = { env_set = ["E"] } }'
    assert rules_hit([make(f"{a}run_task = {table}\n", b), make(a, f'{b}run_task = "a"\n')], make(a, b)) == [
        "mk-run_task-cycle"
    ]
    # A dependency is run before the condition is looked at.
    b += 'condition = { env_set = ["E"] }\n'
    through = make(a, f'{b}dependencies = ["a"]\n')
    assert rules_hit([make(f'{a}run_task = "b"\n', b), through], make(a, b)) == ["mk-run_task-cycle"]


def test_a_task_of_several_files_is_blended_key_by_key() -> None:
    to_a, to_b = 'dependencies = ["a"]\n', 'dependencies = ["b"]\n'
    described = '[tasks.a]\ndescription = "d"\n'
    base = extending(described, B, common=A)
    left, right = extending(described, B, common=A + to_b), extending(described, B + to_a, common=A)
    assert rules_hit([left, right], base) == ["mk-dep-cycle"]
    for own in ("dependencies = []\n", "clear = true\n"):
        trees = [
            tree | {"Makefile.toml": tree["Makefile.toml"].replace("[tasks.a]\n", f"[tasks.a]\n{own}")}
            for tree in (left, right, base)
        ]
        assert rules_hit(trees[:2], trees[2]) == []
    added = extending(described, B, common=A + to_b)
    without = {"Makefile.toml": f"{described}\n{B}", "common.toml": A + to_b}
    calling = {"Makefile.toml": f"{described}\n{B}{to_a}", "common.toml": A + to_b}
    assert rules_hit([added, calling], without) == ["mk-dep-cycle"]


def test_the_last_of_several_extended_files_is_the_nearest() -> None:
    head = 'extend = [{ path = "one.toml" }, { path = "two.toml" }]\n'
    files = {"one.toml": A, "two.toml": "[tasks.a]\ndependencies = []\n", "Makefile.toml": head + B}
    left = files | {"one.toml": A + 'dependencies = ["b"]\n'}
    right = files | {"Makefile.toml": head + B + 'dependencies = ["a"]\n'}
    assert rules_hit([left, right], files) == []
    nearest = files | {"two.toml": '[tasks.a]\ndependencies = ["b"]\n'}
    assert rules_hit([nearest, right], files) == ["mk-dep-cycle"]


def test_a_third_branch_neither_makes_nor_hides_what_two_do() -> None:
    calls = 'dependencies = ["a"]\n'
    base = make(A, B)
    removing, calling, opening = make(B), make(A, B + calls), make(OPEN, A, B)
    assert told([removing, calling, opening], base) == [("mk-dep-removed", 0b001, 0b010)]
    assert told([make(OPEN, B), calling], base) == []
    test, calls = "[tasks.test]\nclear = true\n", 'dependencies = ["test"]\n'
    base, removing, calling = make(test, B), make(B), make(test, B + calls)
    assert told([removing, calling, make(NO_CORE, test, B)], base) == []
    assert told([make(NO_CORE, B), make(NO_CORE, test, B + calls)], make(NO_CORE, test, B)) == [
        ("mk-dep-removed", 1, 2)
    ]


def test_a_third_branch_decides_nothing_about_commands() -> None:
    silent, calling = {"ci.sh": "#!/bin/sh\n"}, {"ci.sh": "#!/bin/sh\ncargo make a\ncargo make test\n"}
    base = make(A, B) | silent
    trees = [make(B) | silent, make(A, B) | calling, make(OPEN, A, B) | silent]
    assert told(trees, base) == [("mk-script-calls-task", 0b001, 0b010)]
    test = "[tasks.test]\n"
    trees = [make(B) | silent, make(B, test) | calling, make(NO_CORE, B, test) | silent]
    assert told(trees, make(B, test) | silent) == []


def test_a_third_branch_that_starts_to_extend_a_file_brings_its_variables_to_nobody_else() -> None:
    common, env = '[env]\nZ = "1"\n', '[env]\nQ = "1"\n'
    tied, tying = common + 'X = "${Y}/a"\n', env + 'Y = "${X}/b"\n'
    base = {"Makefile.toml": env, "common.toml": common}
    left, right, third = base | {"common.toml": tied}, base | {"Makefile.toml": tying}, extending(env, common=common)
    assert told([left, right, third], base) == []
    assert told([left, right | extending(tying, common=common)], base) == [("mk-env-cycle", 1, 2)]
    held = base | {"common.toml": tied}
    assert told([extending(env, common=tied), held | {"Makefile.toml": tying}], held) == [("mk-env-cycle", 1, 2)]
    own = [
        tree | {"Makefile.toml": tree["Makefile.toml"] + 'X = "own"\n'} for tree in (extending(env, common=tied), held)
    ]
    assert told([own[0], own[1] | {"Makefile.toml": tying + 'X = "own"\n'}], own[1]) == []


def test_a_third_branch_that_describes_a_task_hides_no_circle() -> None:
    x, y = '[tasks.x]\nscript = "x"\n', '[tasks.y]\nscript = "y"\n'
    base = extending(common=x + y)
    left = extending(common=x + 'dependencies = ["y"]\n' + y)
    right = extending(common=x + y + 'dependencies = ["x"]\n')
    third = extending('[tasks.x]\ndescription = "hi"\n', common=x + y)
    assert told([left, right, third], base) == [("mk-dep-cycle", 0b001, 0b010)]


def test_a_file_that_is_no_longer_extended_takes_its_tasks_along() -> None:
    calls = 'dependencies = ["a"]\n'
    base, right = extending(B, common=A), extending(B + calls, common=A)
    left = {"Makefile.toml": B, "common.toml": A}
    found = the_hit(left, right, base)
    assert found.hit.rule == "mk-dep-removed"
    assert found.hit.left.key == ("extend",)
    assert "no longer takes in `common.toml`, which has the task `a`" in found.hit.message
    assert rules_hit([{"Makefile.toml": A + B, "common.toml": A}, right], base) == []
    # By way of another file.
    base = {"Makefile.toml": 'extend = "m.toml"\n' + B, "m.toml": 'extend = "common.toml"\n', "common.toml": A}
    right = base | {"Makefile.toml": 'extend = "m.toml"\n' + B + calls}
    assert rules_hit([base | {"m.toml": ""}, right], base) == ["mk-dep-removed"]


def test_dependencies_by_path_lead_to_the_makefile_there() -> None:
    base = {"Makefile.toml": B, "sub/Makefile.toml": A + C, "other.toml": ""}
    for path in ("sub", "sub/Makefile.toml", "./sub/"):
        right = base | {"Makefile.toml": B + f'dependencies = [{{ name = "a", path = "{path}" }}]\n'}
        assert rules_hit([base | {"sub/Makefile.toml": C}, right], base) == ["mk-dep-removed"]
        dead = right["Makefile.toml"] + "disabled = true\n"
        assert rules_hit([base | {"sub/Makefile.toml": C}, right | {"Makefile.toml": dead}], base) == []
    own = base | {"Makefile.toml": B + 'dependencies = [{ name = "a", path = "other" }, { name = "c", path = "$D" }]\n'}
    assert rules_hit([base | {"sub/Makefile.toml": ""}, own], base) == []


@pytest.mark.parametrize(
    ("calling", "end"),
    [
        ('[tasks.b.windows]\ndependencies = ["a"]\n', "that depends on it, on `windows` only."),
        ('windows_alias = "a"\n', "that is an alias of it, on `windows` only."),
        ('run_task = [{ name = ["a"], condition = { env_set = ["E"] } }]\n', "that runs it under a condition."),
        ('dependencies = ["a"]\n[tasks.b.mac]\ndependencies = []\n', "on `linux` and `windows` only."),
    ],
)
def test_references_of_some_runs_say_of_which(calling: str, end: str) -> None:
    found = the_hit(make(B), make(A, B + calling), make(A, B))
    assert found.hit.message.endswith(end)
    assert found.hit.severity is (None if "linux" in end else Severity.MAJOR)


def test_an_entry_of_the_nearer_file_replaces_the_one_it_extends() -> None:
    entry = '[config]\ninit_task = "{}"\n'
    base = extending(A, C, common="")
    removing = extending(C, common="")
    assert rules_hit([removing, extending(A, C, common=entry.format("a"))], base) == ["mk-config-task-removed"]
    held = extending(entry.format("c"), A, C, common="")
    assert (
        rules_hit([extending(entry.format("c"), C, common=""), held | {"common.toml": entry.format("a")}], held) == []
    )


@pytest.mark.parametrize(
    ("calling", "severity"),
    [
        ({"Makefile.toml": '[config]\nend_task = "diff-files"\n' + B}, None),
        ({"Makefile.toml": '[config]\non_error_task = "diff-files"\n' + B}, Severity.MAJOR),
        (make('[tasks.b]\nrun_task = { name = "b", fork = true, cleanup_task = "diff-files" }\n'), Severity.MAJOR),
        (make('[tasks.b]\nscript = "cargo make diff-files"\n'), Severity.MAJOR),
        (make(B, '[tasks.b.mac]\ndependencies = ["diff-files"]\n'), Severity.MAJOR),
        (make(B) | {"ci.sh": "#!/bin/sh\ncargo make diff-files\n"}, Severity.MAJOR),
        (make(B + 'extend = "diff-files"\ndependencies = ["diff-files"]\n'), None),
    ],
)
def test_whatever_relies_on_a_core_task_misses_it(calling: dict[str, str], severity: Severity | None) -> None:
    base = make(B) | {"ci.sh": "#!/bin/sh\n"}
    left = base | make(NO_CORE, B)
    found = the_hit(left, base | calling, base)
    assert found.hit.rule == "mk-skip-core-tasks"
    assert found.hit.severity is severity
    assert rules_hit([base | make(NO_CORE, B, "[tasks.diff-files]\n"), base | calling], base) == []


def test_a_dead_reference_to_a_core_task_misses_nothing() -> None:
    dead = make(B + 'disabled = true\ndependencies = ["diff-files"]\n')
    assert rules_hit([make(NO_CORE, B), dead], make(B)) == []
