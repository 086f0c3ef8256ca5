from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ci_scripts import scripts_of_make, scripts_of_yaml
from gatekeeper.core.names import TreePath
from gatekeeper.core.shell_words import CLOSE, OPEN, Command, commands
from gatekeeper.core.symbols import FileFacts, Kind
from gatekeeper.core.tool_facts import command_span, is_script, script_facts
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
        ('cat <<"END TEXT"\na\nEND TEXT\nb', [("cat",), ("b",)]),
        ("cat <<\\END\na\nEND\nb; cat <<<c", [("cat",), ("b",), ("cat",)]),
        ("a ${{ matrix.one two }} {{ three }}", [("a", "$", "$")]),
        ("a#b #c", [("a#b",)]),
        ('say "a \\"b\\"" \'', [("say", 'a "b"', "")]),
    ],
)
def test_a_script_is_read_as_commands(script: str, expected: list[tuple[str, ...]]) -> None:
    assert [command.words for command in commands(script)] == expected


def test_a_command_knows_its_line_what_follows_and_what_it_writes() -> None:
    found = commands("a \\\n b && c > out 2>&1\n\n(d) || e\ncat <<X >f\n1\nX\ng")
    assert found == [
        Command(("a", "b"), 0, "&&"),
        Command(("c",), 1, "\n", ("out",)),
        Command(OPEN, 3),
        Command(("d",), 3, ")"),
        Command(CLOSE, 3, "||"),
        Command(("e",), 3, "\n"),
        Command(("cat",), 4, "\n", ("f",)),
        Command(("g",), 7),
    ]


@given(st.text(alphabet="ab c'\"\\\n$(){}<>|&;#`-=/0", max_size=60))
def test_no_script_is_too_strange(script: str) -> None:
    for named in named_in_script(script, ""):
        assert set(named.name) <= set(script)
    for body in (*scripts_of_yaml(script), *scripts_of_make(script)):
        assert set(body.text) <= set(script) | set("cargo \n")
        assert 1 <= body.line(0) <= body.line(99) <= len(script.splitlines())


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cargo test -p a", [("package", "a")]),
        ("cargo +nightly --locked -Z x t --package=a@1.2 -p b:2", [("package", "a"), ("package", "b")]),
        ("A=1 B='x y' env cargo run --bin tool arg -p z", [("bin", "tool")]),
        ("cargo run -p a -- --bin z -p z", [("package", "a")]),
        ("cargo test -p a --test it --bench x", [("package", "a"), ("test", "it", "a"), ("bench", "x", "a")]),
        ("cargo test -p a -p b --test it", [("package", "a"), ("package", "b"), ("test", "it")]),
        ("cargo test -pa -Fx -F=y", [("package", "a"), ("feature", "x", "a"), ("feature", "y", "a")]),
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


@pytest.mark.parametrize(
    ("script", "packages"),
    [
        # What the script does not mind.
        ("cargo t -p a || true; cargo t -p b | tee log || :", ""),
        ("cargo t -p a && cargo t -p b || echo skipped", ""),
        ("(cargo t -p a; cargo t -p b) || true; { cargo t -p c; cargo t -p d; } || true; cargo t -p e", "e"),
        ("cargo t -p a || exit 1; cargo t -p b || { echo bad; exit 1; }; cargo t -p c || echo bad && exit 1", "abc"),
        # What is run only where something is.
        ("if [ -d crates/a ]; then cargo t -p a; cargo t -p b; fi; cargo t -p a", "ba"),
        ("if ! [ -d crates/a ]; then cargo t -p a; else cargo t -p a; fi", "a"),
        ("if test -d c/a && [[ -f x ]]; then cargo t -p a; elif x; then cargo t -p a; else cargo t -p a; fi", "aa"),
        ("if [ -d c/a ] || [ -d c/b ]; then cargo t -p a; fi; if [ -d c/a -o -d b ]; then cargo t -p b; fi", "ab"),
        ("[ -d crates/a ] && cargo t -p a; [ ! -e a/Cargo.toml ] || (cargo t -p a); cargo t -p a", "a"),
        ("[ -d crates/a ] || exit 0\ncargo t -p a; cargo t -p b", "b"),
        ("[ -d crates/a ] || { echo no; exit; }\ncargo t -p a", ""),
        ("if [ ! -d crates/a ]; then exit 0; fi; cargo t -p a", ""),
        ("if [ ! -d crates/a ]; then mkdir x || exit 1; fi; cargo t -p a", "a"),
        ("[ -d crates/a ] || echo no; cargo t -p a", "a"),
        ("[ -f README.md ] && cargo t -p a; [ -d $X ] && cargo t -p b", "ab"),
        # Loops and variables.
        ("for p in a b; do cargo t -p $p; done; cargo t -p $p", "ab"),
        ("for p in a b; do [ -d crates/$p ] || continue; cargo t -p $p; cargo t -p c; done; cargo t -p a", "cca"),
        ("for p in a b; do for q in c d; do cargo t -p ${q}; done; while x; do y; done; done; cargo t -p e", "cdcde"),
        ("for p in $(ls crates); do cargo t -p $p; done; for p in $ALL a; do cargo t -p $p; done", "a"),
        ("for p; do cargo t -p $p; done; select p in a; do cargo t -p b; done", "b"),
        ("for p in a b; do cargo t -p $p", "ab"),
        ("P=a; export Q=b; R=$(cargo t -p c); cargo t -p $P -p ${Q} -p $R", "cab"),
        ("P=a; P=b; read Q; cargo t -p $P -p $Q", ""),
        ("while read -r p; do cargo t -p $p; done < list; cargo t -p a", "a"),
        # Elsewhere.
        ("cd /tmp/other && cargo t -p a; cd ../x; cargo t -p b", ""),
        ("cargo t --manifest-path /x/Cargo.toml -p a; cargo t --manifest-path a/Cargo.toml -p b", "b"),
        ("cd ~/x; cargo t -p a; cd -; cargo t -p b; cd; cargo t -p c; cd sub; cargo t -p d", "b"),
        ("cd ..; cargo t -p a; cd $GITHUB_WORKSPACE; cargo t -p b; pushd x; popd; cargo t -p c", "bc"),
    ],
)
def test_what_a_script_really_runs(script: str, packages: str) -> None:
    assert "".join(name for sort, name, *_ in named(script) if sort == "package") == packages


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("cat > gen/x.sh <<END\na\nEND\nbash gen/x.sh; bash y.sh", ["y.sh"]),
        ("[ -f ./x.sh ] && bash ./x.sh || echo skip", []),
        ("[ -d scripts ] && bash scripts/x.sh", ["scripts/x.sh"]),
        ("cp a.sh b.sh; bash a.sh; bash b.sh; curl u | tee c.sh; sh c.sh", ["a.sh"]),
        ("for s in a b; do bash s/$s.sh; done", ["s/a.sh", "s/b.sh"]),
    ],
)
def test_scripts_that_are_there_for_sure(script: str, files: list[str]) -> None:
    assert [name for _, name in named(script)] == files


def test_loops_in_loops_come_to_an_end() -> None:
    numbers = " ".join(map(str, range(40)))
    script = f"for a in {numbers}; do for b in {numbers}; do for c in {numbers}; do cargo t -p x; done; done; done"
    assert len(named(script)) <= 2_000


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
