from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.ci_scripts import scripts_of_make, scripts_of_yaml
from gatekeeper.core.shell_words import CLOSE, OPEN, Command, commands
from gatekeeper.core.tool_references import named_in_script


def named(script: str, directory: str | None = "") -> list[tuple[str, ...]]:
    found = named_in_script(script, directory)
    return [(one.sort, one.name) if one.owner is None else (one.sort, one.name, one.owner) for one in found]


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
