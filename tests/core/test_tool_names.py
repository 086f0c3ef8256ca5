from __future__ import annotations

import pytest

from gatekeeper.core.names import TreePath
from tests.core.small_fleet import changed, hits, rules_hit, view_of

BASE = {
    "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n',
    "a/Cargo.toml": '[package]\nname = "a"\n[features]\nx = []\n',
    "b/Cargo.toml": '[package]\nname = "b"\n[features]\ny = []\n',
    "a/src/main.rs": "",
    "b/src/lib.rs": "",
    "a/tests/it/main.rs": "",
    "run.sh": "cargo build\n",
    "Makefile.toml": "[tasks.one]\n[tasks.two]\n",
}
WITHOUT_B = {"b/Cargo.toml": None, "b/src/lib.rs": None, "Cargo.toml": '[workspace]\nmembers = ["a"]\n'}
NEVER_READ = TreePath("run.sh")


def clash(left: dict[str, str | None], command: str) -> list[str]:
    """Return what is said of a change and of a script that starts to hold a command."""
    return rules_hit([changed(BASE, left), changed(BASE, {"run.sh": command})], BASE)


@pytest.mark.parametrize(
    ("left", "command", "rules"),
    [
        (WITHOUT_B, "cargo t -p b", ["mk-cargo-p-missing"]),
        # The package is missed already: what is looked for in it is not told again.
        (WITHOUT_B, "cargo t -p b --features y", ["mk-cargo-p-missing"]),
        (WITHOUT_B, "cargo t --features y", ["mk-cargo-feature-missing"]),
        (WITHOUT_B, "cargo t --workspace --exclude b", []),
        ({"a/Cargo.toml": '[package]\nname = "c"\n'}, "cargo run --bin a", ["mk-cargo-bin-missing"]),
        ({"a/Cargo.toml": '[package]\nname = "c"\n[[bin]]\nname = "a"\n'}, "cargo run --bin a", []),
        ({"a/src/main.rs": None}, "cargo run --bin a", ["mk-cargo-bin-missing"]),
        ({"a/src/main.rs": None, "a/src/bin/a.rs": ""}, "cargo run --bin a", []),
        ({"a/tests/it/main.rs": None, "a/tests/it.rs": ""}, "cargo t --test it", []),
        ({"a/tests/it/main.rs": None}, "cargo t -p a --test it", ["mk-cargo-test-missing"]),
        ({"a/tests/it/main.rs": None, "b/tests/it.rs": ""}, "cargo t -p a --test it", ["mk-cargo-test-missing"]),
        ({"a/tests/it/main.rs": None, "b/tests/it.rs": ""}, "cargo t --test it", []),
        ({"Makefile.toml": "[tasks.one]\n"}, "cargo make two", ["mk-script-calls-task"]),
        ({"Makefile.toml": "[tasks.one]\n"}, "cargo make --makefile other.toml two", []),
    ],
)
def test_what_a_script_names(left: dict[str, str | None], command: str, rules: list[str]) -> None:
    assert clash(left, command) == rules


def test_built_in_profiles_need_no_table() -> None:
    base = changed(BASE, {"Cargo.toml": BASE["Cargo.toml"] + "[profile.release]\nlto = true\n[profile.ci]\n"})
    right = changed(base, {"run.sh": "cargo b --profile release; cargo t --profile ci"})
    assert rules_hit([changed(base, {"Cargo.toml": BASE["Cargo.toml"]}), right], base) == ["mk-cargo-profile-missing"]
    moved = {"Cargo.toml": BASE["Cargo.toml"], ".cargo/config.toml": "[profile.ci]\n"}
    assert rules_hit([changed(base, moved), right], base) == []


@pytest.mark.parametrize(
    ("left", "rules"),
    [
        ({"a/Cargo.toml": "[dependencies]\nb = '1'"}, []),
        ({"a/Cargo.toml": "[dev-dependencies]\nc = { git = 'g', package = 'b' }"}, []),
        ({"a/Cargo.toml": "[dependencies]\nb = { path = '../../b' }"}, []),
        ({"a/Cargo.toml": "[dependencies]\nb = { path = '../submodule' }"}, []),
        ({"a/Cargo.toml": "[dependencies]\nb = { workspace = true }", "Cargo.toml": "b = '1'"}, []),
        ({"Cargo.toml": "b = '1'"}, ["mk-cargo-p-missing"]),
        ({"a/Cargo.toml": "[dependencies]\nb = { package = 'c', version = '1' }"}, ["mk-cargo-p-missing"]),
    ],
)
def test_a_package_that_remains_as_a_dependency_can_be_named(left: dict[str, str], rules: list[str]) -> None:
    before = {
        "Cargo.toml": '[workspace]\nmembers = ["a"]\n[workspace.dependencies]\n',
        "a/Cargo.toml": '[package]\nname = "a"\n',
    }
    without = {path: f"{text}{left.get(path, '')}\n" for path, text in before.items()}
    assert clash({**WITHOUT_B, **without}, "cargo t -p b") == rules


def test_an_excluded_package_that_is_a_dependency_from_elsewhere_can_be_named() -> None:
    excluded = {"Cargo.toml": '[workspace]\nmembers = ["a"]\nexclude = ["b"]\n'}
    depending = excluded | {"a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nb = "1"\n'}
    assert clash({**excluded}, "cargo t -p b") == ["mk-cargo-p-missing"]
    assert clash({**depending}, "cargo t -p b") == []


def test_profiles_of_other_members_than_the_root_do_not_count() -> None:
    profile = "[profile.ci]\n"
    base = changed(BASE, {"a/Cargo.toml": BASE["a/Cargo.toml"] + profile})
    right = changed(base, {"run.sh": "cargo b --profile ci"})
    assert rules_hit([BASE, right], base) == []
    both = changed(base, {"Cargo.toml": BASE["Cargo.toml"] + profile})
    assert rules_hit([base, changed(both, {"run.sh": "cargo b --profile ci"})], both) == ["mk-cargo-profile-missing"]


def test_a_private_task_can_be_run_by_who_says_so() -> None:
    private = {"Makefile.toml": "[tasks.one]\n[tasks.two]\nprivate = true\n"}
    assert clash({**private}, "cargo make two") == ["mk-script-calls-task"]
    assert clash({**private}, "cargo make --allow-private two") == []
    assert clash({"Makefile.toml": ""}, "cargo make --allow-private two") == ["mk-script-calls-task"]


def test_who_removes_what_its_own_script_names_is_alone_with_it() -> None:
    base = changed(BASE, {"run.sh": "cargo t -p b\n"})
    other = changed(base, {"run.sh": "cargo t -p b\ncargo t -p a\n"})
    assert rules_hit([changed(base, WITHOUT_B), other], base) == []


def test_scripts_are_read_only_when_somebody_removes_what_they_could_name() -> None:
    read: list[TreePath] = []
    editing = changed(BASE, {"run.sh": "cargo t -p b"})
    hits(view_of([editing, changed(BASE, {"a/src/new.rs": ""})], [BASE], read=read))
    assert NEVER_READ not in read
    hits(view_of([editing, changed(BASE, WITHOUT_B)], [BASE], read=read))
    assert NEVER_READ in read
    read.clear()
    hits(view_of([changed(BASE, {"a/src/new.rs": ""}), changed(BASE, WITHOUT_B)], [BASE], read=read))
    assert NEVER_READ not in read


@pytest.mark.parametrize(
    ("left", "right", "rules"),
    [
        (
            {".cargo/config.toml": "[alias]\nx = 'b'\n"},
            {"Makefile.toml": "{flag}[tasks.x]\n"},
            ["mk-cargo-alias-shadow"],
        ),
        ({".cargo/config.toml": "[alias]\nx = 'b'\n"}, {"Makefile.toml": "[tasks.x]\n"}, []),
        ({".cargo/config.toml": "[alias]\nx = 'b'\n"}, {"Makefile.toml": "{flag}[tasks.y]\n"}, []),
        ({"a/.cargo/config.toml": "[alias]\nx = 'b'\n"}, {"Makefile.toml": "{flag}[tasks.x]\n"}, []),
    ],
)
def test_aliases_that_tasks_hide(left: dict[str, str], right: dict[str, str], rules: list[str]) -> None:
    flag = "[config]\nload_cargo_aliases = true\n"
    filled = {path: text.replace("{flag}", flag) for path, text in right.items()}
    base = changed(BASE, {"Makefile.toml": ""})
    assert rules_hit([changed(base, left), changed(base, filled)], base) == rules


def test_an_alias_that_stands_can_be_loaded_by_one_and_hidden_by_the_other() -> None:
    base = changed(BASE, {"Makefile.toml": "", ".cargo/config.toml": "[alias]\nx = 'b'\n"})
    flag = changed(base, {"Makefile.toml": "[config]\nload_cargo_aliases = true\n"})
    task = changed(base, {"Makefile.toml": "[tasks.x]\n"})
    assert rules_hit([flag, task], base) == rules_hit([task, flag], base) == ["mk-cargo-alias-shadow"]
