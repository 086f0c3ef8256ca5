from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ci_scripts import scripts_of_yaml
from gatekeeper.core.names import TreePath
from gatekeeper.core.shell_words import CLOSE, OPEN, commands
from gatekeeper.core.symbols import FileFacts, Kind
from gatekeeper.core.tool_facts import is_script, script_facts
from gatekeeper.core.tool_references import named_in_script
from tests.core.test_workspace import facts_of


def named(script: str, directory: str | None = "") -> list[tuple[str, ...]]:
    found = named_in_script(script, directory)
    return [(one.sort, one.name) if one.owner is None else (one.sort, one.name, one.owner) for one in found]


def referred(facts: FileFacts) -> set[tuple[str, ...]]:
    return {one.symbol.name for one in facts.references if one.symbol.kind == Kind.NAMED_BY_COMMAND}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a 'b c' \"d e\"f \\g", [("a", "b c", "d ef", "g")]),
        ("a \\\n b # c\nd", [("a", "b"), ("d",)]),
        ("a && b; c | d || e & f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("a > out 2>&1 < in", [("a",)]),
        ("(a); $(b) `c`", [OPEN, ("a",), CLOSE, OPEN, ("b",), CLOSE, ("c",)]),
        ("cat <<'END' | sh\na\nEND\nb", [("cat",), ("sh",), ("b",)]),
        ("cat <<END\na", [("cat",)]),
        ("a ${{ matrix.one two }} {{ three }}", [("a", "$", "$")]),
        ("a#b #c", [("a#b",)]),
        ('say "a \\"b\\"" \'', [("say", 'a "b"', "")]),
    ],
)
def test_a_script_is_read_as_commands(script: str, expected: list[tuple[str, ...]]) -> None:
    assert list(commands(script)) == expected


@given(st.text(alphabet="ab c'\"\\\n$(){}<>|&;#`-=/0", max_size=60))
def test_no_script_is_too_strange(script: str) -> None:
    for named in named_in_script(script, ""):
        assert set(named.name) <= set(script)
    for body in scripts_of_yaml(script):
        assert set(body) <= set(script) | {"\n"}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cargo test -p a", [("package", "a")]),
        ("cargo +nightly --locked -Z x t --package=a@1.2 -p b:2", [("package", "a"), ("package", "b")]),
        ("A=1 B='x y' env cargo run --bin tool arg -p z", [("bin", "tool")]),
        ("cargo run -p a -- --bin z -p z", [("package", "a")]),
        ("cargo test -p a --test it --bench x", [("package", "a"), ("test", "it", "a"), ("bench", "x", "a")]),
        ("cargo test -p a -p b --test it", [("package", "a"), ("package", "b")]),
        ("cargo b --features 'x a/y,dep?/z' -F w", [("feature", "x"), ("feature", "y", "a"), ("feature", "w")]),
        ("cargo b -p a -F x", [("package", "a"), ("feature", "x", "a")]),
        ("cargo b --profile ci --target-dir t", [("profile", "ci")]),
        ("cargo nextest run -p a --profile ci", [("package", "a")]),
        ("cargo miri test -p a", [("package", "a")]),
        ("cargo b --workspace --exclude a", []),
        ("cargo b -p $A -p 'a*' -p path+file:///a#1 --bin \"$B\" --test 'x*' --features $F", []),
        ("cargo install -p a --bin b; cargo install --path x/y", [("manifest-path", "x/y/Cargo.toml")]),
        ("cargo b --manifest-path ./a/Cargo.toml --bin b", [("manifest-path", "a/Cargo.toml")]),
        ("cargo add -p a b; cargo update -p c; cargo fmt -p d", []),
        ("cargo -C x b -p a; cargo; cargo -q", []),
        ("cargo make x y", [("task", "x", "Makefile.toml")]),
        ("makers --makefile ci/m.toml -p production x", [("task", "x", "ci/m.toml")]),
        ("cargo make --cwd=sub x", [("task", "x", "sub/Makefile.toml")]),
        ("cargo make --makefile $M x; cargo make; makers $X", []),
        ("bash -e scripts/x.sh; ./y.sh a; . z.sh", [("file", "scripts/x.sh"), ("file", "y.sh"), ("file", "z.sh")]),
        ("bash -ec 'cargo t -p a'; python -m b; python -c c", [("package", "a")]),
        ("cd sub && ./x.sh; cd $HERE; ./y.sh", [("file", "sub/x.sh")]),
        ("(cd sub; ./x.sh); ./y.sh", [("file", "sub/x.sh"), ("file", "y.sh")]),
        ("${CARGO_MAKE_WORKING_DIRECTORY}/x.sh; $GITHUB_WORKSPACE/y.sh", [("file", "x.sh"), ("file", "y.sh")]),
        ("../x.sh; /bin/y.sh; popd; ./z.sh", []),
        ("echo cargo test -p a; # cargo test -p b", []),
        (
            "timeout -k 5 60s cargo t -p a; A=1 nice -n 3 timeout 9 env B=2 cargo t -p b",
            [("package", "a"), ("package", "b")],
        ),
        ("sudo -E rustup run nightly cargo t -p a; timeout; timeout 5; rustup run", [("package", "a")]),
        ("if cargo t -p a; then @cargo t -p b; fi", [("package", "a"), ("package", "b")]),
    ],
)
def test_what_commands_name(script: str, expected: list[tuple[str, ...]]) -> None:
    assert named(script) == expected


def test_where_a_script_is_run_can_be_unknown() -> None:
    assert named("./x.sh; cargo t -p a; cargo make b", None) == [("package", "a")]


WORKFLOW = """
name: cargo test -p no
jobs:
  one:
    steps:
      - uses: some/action@v1
        with:
          args: -p no
      - run: cargo test -p a
      - name: more
        run: |
          cargo test -p b

          cargo test \\
            -p c
      - run: >-
          cargo test
          -p d
        env: {}
      - run: "cargo test -p e"
      - run: cargo test
          -p f
"""


def test_the_scripts_of_a_workflow_are_found_by_layout() -> None:
    facts = script_facts(TreePath(".github/workflows/ci.yml"), WORKFLOW.encode())
    assert referred(facts) == {("package", name) for name in "abcdef"}


def test_the_scripts_of_a_pipeline_are_lists() -> None:
    text = (
        "job:\n  script:\n    - cargo t -p a\n    - |\n      cargo t -p b\n  before_script:\n  - cargo t -p c\n  x: y\n"
    )
    assert referred(script_facts(TreePath(".gitlab-ci.yml"), text.encode())) == {("package", name) for name in "abc"}


def test_steps_with_a_directory_of_their_own_say_nothing_of_files() -> None:
    text = b"- run: ./x.sh\n  working-directory: sub\n- run: cargo t -p a\n"
    assert referred(script_facts(TreePath(".github/workflows/ci.yml"), text)) == {("package", "a")}


@pytest.mark.parametrize("path", [".github/workflows/a.yaml", ".github/actions/x/action.yml", "a/b.sh", "Justfile"])
def test_scripts_are_told_by_their_path(path: str) -> None:
    assert is_script(TreePath(path))
    assert not is_script(TreePath(path + ".rs"))


def test_tasks_that_no_shell_runs_are_not_read() -> None:
    text = """
[tasks.a]
script_runner = "@duckscript"
script = "cargo test -p no"
[tasks.b]
script = "#!/usr/bin/env python3\\ncargo test -p no"
[tasks.c]
script = ["#!/usr/bin/env bash", "cargo test -p c"]
[tasks.d.script]
file = "d.sh"
[tasks.e]
cwd = "sub"
command = "bash"
args = ["e.sh"]
[tasks.f.linux]
command = "timeout"
args = ["60s", "cargo", "test", "-p", "f"]
[tasks.g]
cwd = "${X}"
script.main = "./no.sh"
"""
    assert referred(facts_of("Makefile.toml", text)) == {
        ("package", "c"),
        ("file", "d.sh"),
        ("directory", "sub"),
        ("file", "sub/e.sh"),
        ("package", "f"),
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile.toml", 'tasks = "x"\nconfig = 3'),
        ("Makefile.toml", "[tasks.a]\ncommand = 3\nargs = 4\nscript = 5\ncwd = []\n[tasks]\nb = 1\nc.linux = 2"),
        ("Makefile.toml", "[tasks.a.script]\nfile = 3\npre = 1\n[tasks.b]\nscript = [1, [2]]\nscript_runner = 7"),
        ("Cargo.toml", 'bin = 3\ntest = "x"\nprofile = []\nexample = [1]\nbench = {a = 1}'),
        ("Cargo.toml", "profile.x = 3\n[[bin]]\nname = 3"),
        (".cargo/config.toml", "alias = 3\nprofile = 1"),
        (".cargo/config.toml", "[alias]\na = 3\nb = [1]"),
    ],
)
def test_nonsense_names_nothing(path: str, text: str) -> None:
    assert referred(facts_of(path, text)) == set()
