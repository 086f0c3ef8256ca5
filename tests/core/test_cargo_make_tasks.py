"""The nearest neighbours of what is wrong between tasks of makefiles."""

from __future__ import annotations

import pytest

from gatekeeper.core.document import Document, parse
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import CARGO_MAKE
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.workspace import file_facts
from tests.core.small_fleet import rules_hit

MAKE = """
[tasks.a]
command = "x"
[tasks.b]
command = "y"
"""


def found(left: str, right: str, base: str = MAKE) -> list[str]:
    return rules_hit([{"Makefile.toml": left}, {"Makefile.toml": right}], {"Makefile.toml": base})


def called(line: str) -> list[str]:
    document = parse(f"[tasks.t]\nscript = [{line!r}]\n".encode(), CARGO_MAKE)
    assert isinstance(document, Document)
    references = file_facts(TreePath("Makefile.toml"), document).references
    return [one.symbol.name[1] for one in references if one.how == How.CALLED]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("cargo make a", ["a"]),
        ("cargo make --quiet a && makers b-c", ["a", "b-c"]),
        ("cargo make --profile=ci a", ["a"]),
        ("cargo make --profile ci a", ["a"]),
        ("cargo make --makefile other.toml a", []),
        ("cargo make --allow-private a", []),
        ("cargo make -p ci a", ["a"]),
        ("echo 'to repeat it, run cargo make a'", []),
        ("cargo make a || true", []),
        ("cargo make ns::a", ["ns::a"]),
        ("# cargo make a", []),
        ("cd other && cargo make a", []),
        ("cargo makeshift a", []),
        ("cargo make", []),
        ("cargo make $TASK", []),
    ],
)
def test_calls_on_a_command_line(line: str, names: list[str]) -> None:
    assert called(line) == names


def test_calls_by_a_command_and_not_by_other_runners() -> None:
    private = MAKE.replace('"x"', '"x"\nprivate = true')
    assert found(private, MAKE + '[tasks.c]\ncommand = "cargo"\nargs = ["make", "a"]\n') == ["mk-private-vs-called"]
    assert found(private, MAKE + '[tasks.c]\nscript_runner = "@duckscript"\nscript = "echo cargo make a"\n') == []


def test_a_trait_that_both_know_of_is_nobodys_conflict() -> None:
    disabled = MAKE.replace('"x"', '"x"\ndisabled = true')
    calling = '[tasks.c]\ndependencies = ["a"]\n'
    assert found(disabled, MAKE + calling) == ["mk-disabled-vs-dep"]
    assert found(disabled + calling, MAKE + calling) == []
    assert found(disabled, MAKE + calling.replace('"a"', '"b"')) == []
    assert found(disabled, MAKE + calling + calling.replace("tasks.c", "tasks.d"), MAKE + calling) == [
        "mk-disabled-vs-dep"
    ]


def test_what_was_called_before_is_no_news() -> None:
    base = MAKE + '[tasks.c]\ndependencies = ["a"]\n'
    condition = base.replace('"x"', '"x"\ncondition = { env_set = ["E"] }')
    assert found(condition, base.replace('["a"]', '["a", "b"]'), base) == []


def test_a_renamed_task_is_told_from_a_removed_one() -> None:
    calling = {"Makefile.toml": MAKE + '[tasks.c]\ndependencies = ["a"]\n'}
    removed, renamed = (
        {"Makefile.toml": MAKE.replace('[tasks.a]\ncommand = "x"', new)} for new in ("", '[tasks.z]\ncommand = "x"')
    )
    assert rules_hit([removed, calling], {"Makefile.toml": MAKE}) == ["mk-dep-removed"]
    assert rules_hit([renamed, calling], {"Makefile.toml": MAKE}) == ["mk-dep-renamed"]
    assert rules_hit([renamed, removed, calling], {"Makefile.toml": MAKE}) == ["mk-dep-removed", "mk-dep-renamed"]


def test_a_target_directory_lasts_until_another_is_set() -> None:
    base = MAKE.replace('"y"', '"cargo"')
    sets = '"x"\nenv = { CARGO_TARGET_DIR = "t/a" }'
    flow = '[tasks.c]\ndependencies = ["a", "b"]\n'
    assert found(base.replace('"x"', sets), base + flow, base) == ["mk-env-target-dir-leak"]
    own = base.replace('"cargo"', '"cargo"\nenv = { CARGO_TARGET_DIR = "t/b" }')
    assert found(own.replace('"x"', sets), own + flow, own) == []
    assert found(base.replace('"x"', sets), base + '[tasks.c]\ndependencies = ["b", "a"]\n', base) == []
    acting = '[tasks.c]\ncommand = "cargo"\ndependencies = ["b", "a"]\n'
    assert found(base.replace('"x"', sets), base + acting, base) == ["mk-env-target-dir-leak"]


def test_an_extending_task_that_depends_on_the_extended_one_misses_nothing() -> None:
    base = MAKE.replace('"x"', '"x"\ndependencies = ["b"]') + '[tasks.n]\n[tasks.c]\nextend = "a"\n'
    left = base.replace('["b"]', '["b", "n"]')
    assert found(left, base + 'dependencies = ["b"]\n', base) == ["mk-extend-replaces-array"]
    assert found(left, base + 'dependencies = ["a"]\n', base) == []
    assert found(left, base + 'dependencies = ["n"]\n', base) == []


WORKSPACE = {"Cargo.toml": "[workspace]\nmembers = []\n"}
ONCE = "[config]\ndefault_to_workspace = false\n"


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ('[tasks.c]\ncommand = "z"\n', ["mk-default_to_workspace"]),
        ('[tasks.c]\ncommand = "z"\nworkspace = false\n', []),
        ('[tasks.c]\ncommand = "z"\nprivate = true\n', []),
        ('[tasks.c]\nextend = "o"\n[tasks.o]\nworkspace = false\n', []),
        ('[tasks.c]\nalias = "o"\n[tasks.o]\nworkspace = false\n', []),
        ('[tasks.c]\n[tasks.o]\nworkspace = false\ndependencies = ["c"]\n', []),
        ('[tasks.c]\n[tasks.o]\nextend = "c"\nworkspace = false\n', ["mk-default_to_workspace"]),
    ],
)
def test_tasks_that_run_once(task: str, expected: list[str]) -> None:
    left, right, base = ({"Makefile.toml": text} for text in (MAKE, ONCE + MAKE + task, ONCE + MAKE))
    assert rules_hit([WORKSPACE | left, WORKSPACE | right], WORKSPACE | base) == expected
    assert rules_hit([left, right], base) == []


def test_a_task_in_two_files_is_blended_only_where_one_extends_the_other() -> None:
    base = {"Makefile.toml": MAKE, "common.toml": '[tasks.z]\ncommand = "z"\n'}
    left = base | {"common.toml": base["common.toml"] + '[tasks.r]\ncommand = "r"\n'}
    right = base | {"Makefile.toml": MAKE + '[tasks.r]\nscript = "r"\n'}
    extending = base | {"Makefile.toml": 'extend = "common.toml"\n' + MAKE}
    assert rules_hit([left, right, extending], base) == []
    trees = [tree | {"Makefile.toml": 'extend = "common.toml"\n' + tree["Makefile.toml"]} for tree in (left, right)]
    assert rules_hit(trees, extending) == ["mk-extend-file-field-blend"]
    own = base | {"Makefile.toml": MAKE + '[tasks.z]\nscript = "r"\n'}
    assert rules_hit([own, extending], base) == ["mk-extend-file-field-blend"]


def test_circles_that_may_come_to_an_end() -> None:
    left, right = MAKE.replace('command = "x"', 'run_task = "b"'), MAKE.replace('command = "y"', 'run_task = "a"')
    assert found(left, right) == ["mk-run_task-cycle"]
    condition = '\ncondition = { env_set = ["E"] }\n'
    assert found(left + condition, right + condition, MAKE + condition) == []


def test_a_file_that_is_gone_is_told_once() -> None:
    base = {"Makefile.toml": MAKE, "common.toml": '[tasks.z]\ncommand = "z"\n'}
    right = base | {"Makefile.toml": 'extend = "common.toml"\n' + MAKE + '[tasks.c]\ndependencies = ["z"]\n'}
    assert rules_hit([{"Makefile.toml": MAKE}, right], base) == ["mk-extend-file-removed"]


def test_variables_that_cargo_make_reads_in_other_forms() -> None:
    text = """
    [env]
    A = { value = "${B}", condition = { env_set = ["X"] } }
    B = ["${C}", "d"]
    C = { script = ["echo $D ${E}"] }
    F = { script = ["echo $D"], depends_on = ["G"] }
    H = { source = "${I}", mapping = { j = "${K}" } }
    L = "${L}"
    M = 3
    """
    document = parse(text.encode(), CARGO_MAKE)
    assert isinstance(document, Document)
    definitions = file_facts(TreePath("Makefile.toml"), document).definitions
    uses = [one.symbol.name[1:] for one in definitions if one.symbol.kind == Kind.ENV_USE]
    assert uses == [("A", "B"), ("B", "C"), ("C", "D"), ("C", "E"), ("F", "G"), ("H", "I")]


def test_nonsense_is_passed_over() -> None:
    text = 'extend = [1, {}]\nconfig = 3\nenv = [1]\nplugins = "x"\n[tasks]\na = 1\n[tasks.b]\n'
    text += "dependencies = 3\nscript = 1\nplugin = 2\nenv = 4\nrun_task = [3, {}]\ncommand = 1\nargs = 2\nlinux = 3\n"
    assert found(text, text.replace("[tasks.b]", "[tasks.c]"), text + "private = 3\n") == []


@pytest.mark.parametrize(
    ("before", "after", "narrowed"),
    [
        ('{ env_set = ["A"] }', '{ env_set = ["A", "B"] }', True),
        ('{ env_set = ["A", "B"] }', '{ env_set = ["A"] }', False),
        ('{ profiles = ["a"] }', '{ profiles = ["a", "b"] }', False),
        ('{ profiles = ["a", "b"] }', '{ profiles = ["a"] }', True),
        ('{ profiles = ["a"] }', '{ profiles = ["b"] }', True),
        ("{}", '{ fail_message = "so", env_set = [] }', False),
        ('{ env = { A = "1" } }', '{ env = { A = "2" } }', True),
        ("{}", '{ files_modified = { input = ["a"], output = ["b"] } }', True),
        (
            '{ condition_type = "Or", env_set = ["A", "B"] }',
            '{ condition_type = "Or", env_set = ["A"] }',
            True,
        ),
        ('{ condition_type = "Or" }', '{ condition_type = "GroupOr", fail_message = "so" }', False),
        ("{}", "{ nonsense = 1, env_set = 2, profiles = 3, env = 4 }", False),
    ],
)
def test_what_narrows_a_condition(before: str, after: str, *, narrowed: bool) -> None:
    base, left = (MAKE.replace('"x"', f'"x"\ncondition = {condition}') for condition in (before, after))
    calling = base + '[tasks.c]\ndependencies = ["a"]\n'
    assert found(left, calling, base) == (["mk-condition-narrowed"] if narrowed else [])


def test_a_condition_script_narrows_and_a_condition_that_moves_does_not() -> None:
    calling = '[tasks.c]\ndependencies = ["a"]\n'
    script = MAKE.replace('"x"', '"x"\ncondition_script = ["test -e x"]')
    assert found(script, MAKE + calling) == ["mk-condition-narrowed"]
    condition = 'condition = { env_set = ["E"] }\n'
    base = MAKE.replace("[tasks.b]", condition + "[tasks.b]")
    moved = MAKE.replace("[tasks.b]", f"[tasks.a.linux]\n{condition}[tasks.b]")
    assert found(moved, base + calling, base) == []


def test_what_holds_on_one_platform_meets_what_holds_there() -> None:
    disabled = MAKE.replace("[tasks.b]", "[tasks.a.linux]\ndisabled = true\n[tasks.b]")
    for caller, expected in (
        ('[tasks.c]\ndependencies = ["a"]\n', ["mk-disabled-vs-dep"]),
        ('[tasks.c.linux]\ndependencies = ["a"]\n', ["mk-disabled-vs-dep"]),
        ('[tasks.c.windows]\ndependencies = ["a"]\n', []),
        ('[tasks.c]\nlinux_alias = "a"\n', ["mk-disabled-vs-dep"]),
        ('[tasks.c]\nmac_alias = "a"\n', []),
    ):
        assert found(disabled, MAKE + caller) == expected
    everywhere = disabled.replace('"x"', '"x"\ndisabled = true')
    both = MAKE.replace('"x"', '"x"\ndisabled = true')
    assert found(everywhere, both + '[tasks.c]\ndependencies = ["a"]\n', both) == []


def test_needs_of_a_disabled_task() -> None:
    base = MAKE + "[tasks.n]\n"
    disabled = base.replace('"x"', '"x"\ndisabled = true')
    needs = base.replace('"x"', '"x"\ndependencies = ["n"]')
    assert found(disabled, needs, base) == ["mk-disabled-vs-dep"]
    assert found(disabled.replace("disabled", 'dependencies = ["n"]\ndisabled'), needs, needs) == []


def test_what_a_third_agent_adds_excuses_nobody() -> None:
    base = MAKE + '[tasks.n]\n[tasks.c]\nextend = "a"\n'
    adds = base.replace('"x"', '"x"\ndependencies = ["n"]')
    own = base + 'dependencies = ["b"]\n'
    leads = base.replace('"y"', '"y"\ndependencies = ["n"]')
    assert found(adds, own, base) == ["mk-extend-replaces-array"]
    assert found(leads.replace('"x"', '"x"\ndependencies = ["n"]'), leads + 'dependencies = ["b"]\n', leads) == []
    trees = [{"Makefile.toml": text} for text in (adds, own, leads)]
    assert rules_hit(trees, {"Makefile.toml": base}) == ["mk-extend-replaces-array"]


def test_a_list_on_the_way_is_what_replaces_the_inherited_one() -> None:
    base = MAKE + '[tasks.n]\n[tasks.c]\nextend = "a"\n[tasks.d]\nextend = "c"\n'
    adds = base.replace('"x"', '"x"\ndependencies = ["n"]')
    assert found(adds, base + 'dependencies = ["b"]\n', base) == ["mk-extend-replaces-array"]
    between = base.replace("[tasks.d]", 'dependencies = ["b"]\n[tasks.d]')
    adds = between.replace('"x"', '"x"\ndependencies = ["n"]')
    assert found(adds, between + 'dependencies = ["b"]\n', between) == []


@pytest.mark.parametrize(
    ("left", "right", "blended"),
    [
        ('[tasks.p]\nscript = "p"\n', '[tasks.q]\nextend = "p"\ncommand = "q"\n', True),
        ('[tasks.p]\nscript = "p"\n', '[tasks.q]\nextend = "p"\nscript = "q"\n', False),
        ('[tasks.p]\nscript = "p"\n', '[tasks.q]\nextend = "p"\nclear = true\ncommand = "q"\n', False),
        ('[tasks.p]\nextend = "test"\n', '[tasks.q]\nextend = "p"\nscript = "q"\n', True),
        ('[tasks.p]\nextend = "test"\n', '[tasks.q]\nextend = "p"\ncommand = "q"\n', False),
        ('[tasks.p]\nclear = true\nscript = "p"\nextend = "test"\n', '[tasks.q]\nextend = "p"\nscript = "q"\n', False),
    ],
)
def test_an_extending_task_takes_over_the_action(left: str, right: str, *, blended: bool) -> None:
    base = "[tasks.p]\n[tasks.q]\n"
    texts = (left + "[tasks.q]\n", "[tasks.p]\n" + right)
    assert found(*texts, base) == (["mk-extend-file-field-blend"] if blended else [])


def test_an_extended_task_with_two_actions_is_told_once() -> None:
    base = '[tasks.p]\n[tasks.q]\nextend = "p"\n[tasks.r]\nextend = "q"\n'
    left = base.replace("[tasks.q]", 'script = "p"\n[tasks.q]')
    right = base.replace("[tasks.r]", 'command = "q"\n[tasks.r]')
    assert found(left, right, base) == ["mk-extend-file-field-blend"]
    open_file = {"common.toml": base}
    makefile = {"Makefile.toml": 'extend = "common.toml"\n'}
    trees = [{"common.toml": text} | makefile for text in (left, right)]
    assert rules_hit(trees, open_file | makefile) == ["mk-extend-file-field-blend"]


def test_what_may_build_and_what_does_not() -> None:
    sets = '"x"\nenv = { CARGO_TARGET_DIR = "t/a" }'
    for action, builds in (
        ('script = "ls target"', True),
        ('script = ["./build.sh"]', True),
        ('command = "npm"', True),
        ('run_task = "test"', True),
        ('alias = "test"', True),
        ('script = "echo"', False),
        ('description = "cargo"', False),
        ('script = "echo"\n[tasks.b.windows]\ncommand = "cargo"', True),
    ):
        base = MAKE.replace('command = "y"', action)
        flow = '[tasks.c]\ndependencies = ["a", "b"]\n'
        told = found(base.replace('"x"', sets), base + flow, base)
        assert told == (["mk-env-target-dir-leak"] if builds else []), action


def test_forms_in_which_a_target_directory_is_set() -> None:
    base = MAKE.replace('"y"', '"cargo"')
    flow = '[tasks.c]\ndependencies = ["a", "b"]\n'
    for value, sets in (
        ('"t"', True),
        ('{ value = "t" }', True),
        ('{ script = ["echo t"] }', True),
        ('{ source = "${X}", default_value = "t" }', True),
        ("{ unset = true }", False),
        ("3", False),
    ):
        setting = base.replace('"x"', f'"x"\nenv = {{ CARGO_TARGET_DIR = {value} }}')
        assert found(setting, base + flow, base) == (["mk-env-target-dir-leak"] if sets else []), value


def test_makefiles_of_members_take_in_what_is_lent_to_them() -> None:
    member = {"m/Cargo.toml": '[package]\nname = "m"\n', "m/Makefile.toml": ""}
    calling = {"m/Makefile.toml": '[tasks.c]\ndependencies = ["a"]\n'}
    lent, other = (f"[env]\nCARGO_MAKE_EXTEND_WORKSPACE_MAKEFILE = {value}\n" for value in ("true", '"false"'))
    without = MAKE.replace('[tasks.a]\ncommand = "x"\n', "")
    for head, tree, expected in (
        (lent, WORKSPACE | member, ["mk-dep-removed"]),
        (other, WORKSPACE | member, []),
        ("", WORKSPACE | member, []),
        (lent, member, []),
        (lent, WORKSPACE | {"m/Makefile.toml": ""}, []),
    ):
        base = tree | {"Makefile.toml": head + MAKE}
        assert rules_hit([base | {"Makefile.toml": head + without}, base | calling], base) == expected
