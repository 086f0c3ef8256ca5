"""What workflows, scripts and tasks name: packages, tasks, files."""

from __future__ import annotations

import pytest

from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import FileFacts, Kind
from gatekeeper.core.tool_facts import command_span, is_script, script_facts
from tests.core.test_workspace import facts_of


def referred(facts: FileFacts) -> set[tuple[str, ...]]:
    return {one.symbol.name for one in facts.references if one.symbol.kind == Kind.NAMED_BY_COMMAND}


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


@pytest.mark.parametrize(
    ("path", "text", "packages"),
    [
        (".github/workflows/x.yml", "x: |\n  run: cargo t -p a\n- name: >-\n    x\n  run: cargo t -p b\n", "b"),
        (".github/workflows/x.yml", "x:\n  - |\n    run: cargo t -p a\n  - run: cargo t -p b\n", "b"),
        (
            ".github/workflows/x.yml",
            "- uses: x/cargo@v1\n  with:\n    command: test # x\n    args: -p a\n- uses: x\n  with:\n    args: -p b\n",
            "a",
        ),
        (
            ".github/workflows/x.yml",
            "- run: cargo t -p a\n- id: x\n  run: |\n    cargo b -p b\n  continue-on-error: true\n- run: cargo t -pc\n",
            "ac",
        ),
        (".gitlab-ci.yml", "a:\n  script:\n  - cargo t -p a\n  allow_failure: true\nb:\n  script: cargo t -p b\n", "b"),
        ("azure-pipelines.yml", "- bash: cargo t -p a\n- script: cargo t -p b\n", "ab"),
        (".circleci/config.yml", "- run:\n    name: x\n    command: |\n      cargo t -p a\n", "a"),
        ("Makefile", "X = cargo t -p no\nall:\n\t@cargo t \\\n\t -p a\n\t-cargo t -p no\n\tcargo t -p $(P)\n", "a"),
    ],
)
def test_what_other_files_run(path: str, text: str, packages: str) -> None:
    assert is_script(TreePath(path))
    assert "".join(sorted(name for _, name in referred(script_facts(TreePath(path), text.encode())))) == packages


@pytest.mark.parametrize(
    ("path", "text", "said", "place"),
    [
        ("a.sh", "\n  cargo t \\\n    -p a\n", "-p a", (3, 5, 9)),
        ("a.sh", "for x in a; do\n  cargo t -p $x\ndone\n", "-p a", (2, 3, 16)),
        ("a.sh", "cargo t -p b", "-p a", None),
        (".github/workflows/x.yml", "- run: cargo t -p a\n", "-p a", (1, 16, 20)),
        (".github/workflows/x.yml", "- run: |\n    x\n\n    cargo t -p a\n", "-p a", (4, 13, 17)),
        (".github/workflows/x.yml", "- run: >-\n    cargo t\n    -p a\n", "-p a", (3, 5, 9)),
        (".gitlab-ci.yml", "script:\n  - x\n  - cargo make b\n", "b", (3, 16, 17)),
        ("Makefile", "all:\n\tx\n\tcargo t -p a\n", "-p a", (3, 10, 14)),
    ],
)
def test_where_something_is_named(path: str, text: str, said: str, place: tuple[int, int, int] | None) -> None:
    span = command_span(TreePath(path), text.encode(), said)
    assert (span and (span.line, span.column, span.end_column)) == place


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
    ("text", "expected"),
    [
        (
            '[tasks.a]\ncommand="cargo"\nargs=["t","-p","a"]\nignore_errors=true\n[tasks.a.linux]\nargs=["t","-p","b"]',
            set(),
        ),
        ('[tasks.a]\nforce=true\nscript.file="x.sh"\n[tasks.b]\nforce=true\nscript="./y.sh"', {("file", "x.sh")}),
        ('[tasks.a]\ncondition={files_exist=["./x.sh"]}\nscript="./x.sh; ./y.sh"', {("file", "y.sh")}),
        ('[tasks.a]\ncwd="s"\ncondition={files_exist=["x.sh"]}\nscript.file="x.sh"', {("directory", "s")}),
        ('[tasks.a]\ncommand="cargo"\n[tasks.b]\nextend="a"\nargs=["t","-p","b"]', {("package", "b")}),
        ('[tasks.a]\nargs=["t","-p","a"]\n[tasks.b]\nextend="a"\ncommand="cargo"', {("package", "a")}),
        ('[tasks.a]\ncommand="cargo"\n[tasks.a.linux]\nargs=["t","-p","b"]', {("package", "b")}),
        ('[tasks.a]\ncommand="cargo"\n[tasks.a.linux]\nclear=true\nargs=["t","-p","b"]', set()),
        ('[tasks.build]\nargs=["build","-p","b"]', {("package", "b")}),
        ('[tasks.b]\nextend="build"\nargs=["build","-p","b"]', {("package", "b")}),
        ('[tasks.build]\nclear=true\nargs=["build","-p","b"]', set()),
        ('[config]\nskip_core_tasks=true\n[tasks.build]\nargs=["build","-p","b"]', set()),
        ('[tasks.a]\nextend="b"\nargs=["t","-p","b"]\n[tasks.b]\nextend="a"', set()),
        ('[env]\nP="b"\nQ="$P"\n[tasks.a]\ncommand="cargo"\nargs=["t","-p","${P}","-p","${Q}"]', {("package", "b")}),
        ('[env]\nP="b"\n[tasks.a]\nenv={P="c"}\nscript="cargo t -p $P"', {("package", "c")}),
        ('[env]\nP="b"\n[tasks.a]\nenv={P={value="c"}}\nscript="cargo t -p $P"', set()),
        (
            '[tasks.a]\nscript_runner="@duckscript"\nscript="echo cargo t -p a\\nexec ./b\\nexec --fail-on-error ./c"',
            {("file", "c")},
        ),
        ('[tasks.a]\nscript="""\n#!@duckscript\nexec --fail-on-error bash x.sh\n"""', {("file", "x.sh")}),
        ('env_files=["./a.env",{path="b.env"},{path="c.env",profile="x"},3]', {("file", "a.env"), ("file", "b.env")}),
    ],
)
def test_what_tasks_name(text: str, expected: set[tuple[str, ...]]) -> None:
    assert referred(facts_of("Makefile.toml", text)) == expected


def test_an_alias_names_what_its_command_names() -> None:
    text = '[alias]\na = "test -p a"\nb = ["test", "-p", "b", "--test", "x"]\n'
    assert referred(facts_of(".cargo/config.toml", text)) == {("package", "a"), ("package", "b"), ("test", "x", "b")}


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
