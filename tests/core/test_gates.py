"""Gates of files and of manifests, judged in memory (R-19, R-20)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.core.findings import StandingFault
from gatekeeper.core.gates.evaluate import MOST_BLOCKERS, Circumstances, judge
from gatekeeper.core.gates.manifests import OpenProblems
from gatekeeper.core.gates.spec import (
    ApprovalGate,
    CommandGate,
    FilesGate,
    GateSpec,
    ManifestGate,
    definition_hash,
)
from gatekeeper.core.gates.tree import Unreadable
from gatekeeper.core.gates.verdict import Blocker, GateVerdict, Outcome
from gatekeeper.core.ledger.records import FindingId, FindingSide, FoundProblem
from gatekeeper.core.names import AgentName, RuleId, TreePath
from gatekeeper.core.roster import GateName, PhaseName, Principal, RoleName
from tests.core.judged_trees import MemoryTree

NAME = GateName("g")


def judged(spec: GateSpec, tree: MemoryTree, problems: OpenProblems | None = None) -> GateVerdict:
    return judge(NAME, spec, Circumstances(tree, PhaseName("p"), 1, problems or OpenProblems()))


def blockers(spec: GateSpec, tree: MemoryTree, problems: OpenProblems | None = None) -> list[tuple[str, str]]:
    verdict = judged(spec, tree, problems)
    assert verdict.is_passed == (not verdict.blockers)
    assert verdict.outcome is (Outcome.FAILED if verdict.blockers else Outcome.PASSED)
    return [(blocker.what, blocker.where) for blocker in verdict.blockers]


DOCUMENTS = tuple(f"docs/{name}.md" for name in ("requirements", "performance", "security", "acceptance"))


def test_four_documents_exist_and_together_have_over_500_lines() -> None:
    """Gate 1 of the five phases."""
    gate = FilesGate(DOCUMENTS, min_lines=501)
    whole = dict.fromkeys(DOCUMENTS, "line\n" * 125)
    where = ", ".join(DOCUMENTS)
    assert blockers(gate, MemoryTree(whole)) == [
        ("there are 500 lines together, and at least 501 have to be", where),
    ]
    assert blockers(gate, MemoryTree(whole | {DOCUMENTS[0]: "line\n" * 125 + "no newline"})) == []
    del whole[DOCUMENTS[3]]
    assert blockers(gate, MemoryTree(whole))[0] == ("no file fits docs/acceptance.md", "docs/acceptance.md")


def test_a_document_states_something() -> None:
    """Gate 2 of the five phases."""
    gate = FilesGate(("docs/*.md",), contains=("Time Complexity: O(", "Proof:"))
    tree = MemoryTree({"docs/a.md": "Time Complexity: O(n)\n", "docs/b.md": "proof:\n", "src/c.md": "Proof:\n"})
    assert blockers(gate, tree) == [("no file holds 'Proof:'", "docs/*.md")]
    assert blockers(gate, MemoryTree({"docs/a.md": "Proof: Time Complexity: O(n)"})) == []


def test_what_may_not_be_in_the_sources_is_told_line_by_line() -> None:
    """Gate 4 of the five phases."""
    gate = FilesGate(("crates/domain/src/**",), forbids=("unsafe", ".expect("))
    bad = "fn a() {\n    unsafe { b().expect(1); c().expect(2) }\r\n}\nunsafe\n"
    tree = MemoryTree({"crates/domain/src/x/lib.rs": bad, "crates/domain/src/ok.rs": "expect", "crates/o.rs": bad})
    path = "crates/domain/src/x/lib.rs"
    assert blockers(gate, tree) == [
        (f"{path} holds 'unsafe'", f"{path}:2"),
        (f"{path} holds '.expect('", f"{path}:2"),
        (f"{path} holds 'unsafe'", f"{path}:4"),
    ]


def test_a_million_forbidden_lines_are_not_a_million_pieces_of_work() -> None:
    found = blockers(FilesGate(("a",), forbids=("x",)), MemoryTree({"a": "x\n" * 100_000}))
    assert len(found) == MOST_BLOCKERS + 1
    assert found[-1] == (f"and more than these {MOST_BLOCKERS}", "")


def test_a_file_of_two_globs_is_counted_once() -> None:
    tree = MemoryTree({"a.md": "1\n2\n"})
    assert len(blockers(FilesGate(("a.md", "*.md"), min_lines=3), tree)) == 1
    assert tree.reads == ["a.md"]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=5))
def test_lines_are_counted_as_a_reader_of_the_files_counts_them(texts: list[str]) -> None:
    files = {f"{number}.md": text for number, text in enumerate(texts)} | {"last.md": ""}
    lines = sum(len(text.encode().replace(b"\r", b"").splitlines()) for text in files.values())
    tree = MemoryTree(files)
    assert blockers(FilesGate(("*.md",), min_lines=lines), tree) == []
    assert len(blockers(FilesGate(("*.md",), min_lines=lines + 1), tree)) == 1


@pytest.mark.parametrize(
    ("tree", "blocker"),
    [
        (MemoryTree({"a": b"x\0y"}), "a is not text: it holds a NUL byte"),
        (MemoryTree({"a": Unreadable("is larger than 8 MiB")}), "a is larger than 8 MiB"),
        (MemoryTree({}, links="a"), "a is a symbolic link: name the file that it leads to"),
        (MemoryTree({}, modules="a"), "a is a submodule"),
        (MemoryTree({"b": "x"}), "no file fits a"),
    ],
)
def test_what_cannot_be_judged_stands_against_the_gate(tree: MemoryTree, blocker: str) -> None:
    assert blockers(FilesGate(("a",), forbids=("nothing",)), tree) == [(blocker, "a")]


def test_bytes_that_are_no_utf_8_are_searched_all_the_same() -> None:
    tree = MemoryTree({"a": b"\xff\xfe unsafe \xe9"})
    assert blockers(FilesGate(("a",), contains=("unsafe",)), tree) == []
    assert blockers(FilesGate(("a",), forbids=("é",)), tree) == []


MANIFESTS = {
    "Makefile.toml": '[tasks.build-fast]\ncommand = "cargo"\n[tasks."a b"]\nscript = []\n',
    "crates/a/Cargo.toml": '[package]\nname = "a"\n[features]\nx=[]\n[dependencies]\nb={ default_features = true }\n',
    "crates/b/Cargo.toml": '[package]\nname = "b"\n[[bin]]\nname = "c"\n',
}


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (
            ManifestGate(keys=("Makefile.toml#tasks.build-fast", "Makefile.toml#tasks.'a b'", "**/Cargo.toml")),
            [],
        ),
        (ManifestGate(keys=("crates/*/Cargo.toml#package.name",)), []),
        (ManifestGate(keys=("crates/a/Cargo.toml#dependencies.b.default-features",)), []),
        (
            ManifestGate(keys=("crates/*/Cargo.toml#features.*",)),
            [("there is nothing at crates/*/Cargo.toml#features.*", "crates/b/Cargo.toml")],
        ),
        (
            ManifestGate(keys=("Cargo.toml#package",)),
            [("there is nothing at Cargo.toml#package: no file fits", "Cargo.toml#package")],
        ),
        (
            ManifestGate(keys=("deny.toml",)),
            [("there is nothing at deny.toml: no file fits", "deny.toml")],
        ),
        (ManifestGate(absent=("Cargo.toml#patch", "Makefile.toml#tasks.old", "deny.toml")), []),
        (
            ManifestGate(absent=("**/Cargo.toml#features.**", "Makefile.toml")),
            [
                ("features may not be in crates/a/Cargo.toml", "crates/a/Cargo.toml#features"),
                ("Makefile.toml may not be there", "Makefile.toml"),
            ],
        ),
        (
            ManifestGate(absent=("Makefile.toml#tasks.*.script",)),
            [('tasks."a b".script may not be in Makefile.toml', 'Makefile.toml#tasks."a b".script')],
        ),
    ],
)
def test_places_hold_something_or_nothing(gate: ManifestGate, expected: list[tuple[str, str]]) -> None:
    assert blockers(gate, MemoryTree(MANIFESTS)) == expected


@pytest.mark.parametrize(
    ("tree", "blocker"),
    [
        (MemoryTree({"a.toml": "x = 1\ny = = 2\n"}), ("a.toml cannot be read: ", "a.toml:2")),
        (MemoryTree({"a.toml": b"\xff"}), ("a.toml cannot be read: the byte 0xff is not UTF-8", "a.toml:1")),
        (MemoryTree({"a.toml": f"x = {'[' * 200_000}"}), ("a.toml cannot be read: ", "a.toml:1")),
        (MemoryTree({"a.toml": Unreadable("is lost")}), ("a.toml is lost", "a.toml")),
        (MemoryTree({}, links="a.toml"), ("a.toml is a symbolic link", "a.toml")),
        (MemoryTree({}, modules="a.toml"), ("a.toml is a submodule", "a.toml")),
    ],
)
def test_a_manifest_that_cannot_be_read_holds_and_lacks_nothing(tree: MemoryTree, blocker: tuple[str, str]) -> None:
    for gate in (ManifestGate(keys=("a.toml#x",)), ManifestGate(absent=("a.toml#x",))):
        ((what, where),) = blockers(gate, tree)
        assert what.startswith(blocker[0])
        assert where == blocker[1]


def test_keys_are_looked_up_in_toml_only() -> None:
    found = blockers(ManifestGate(absent=("a.md#x",)), MemoryTree({"a.md": "x = 1"}))
    assert found == [("a.md is not TOML: no key can be looked up in it", "a.md")]


def test_a_manifest_is_read_once() -> None:
    tree = MemoryTree({"a.toml": "x = 1"})
    judged(ManifestGate(keys=("a.toml#x", "*.toml#x"), absent=("a.toml#y",)), tree)
    assert tree.reads == ["a.toml"]


def problem(rule: str, number: int, **also: str) -> FoundProblem:
    sides = (FindingSide((AgentName("b"), AgentName("a")), "Cargo.toml", "features.x"),)
    return FoundProblem(
        FindingId(f"f{number}"), rule, "major", "Cargo.toml", "features.x", sides, "they differ", **also
    )


def test_rules_of_which_nothing_may_be_open() -> None:
    found = (
        problem("ws-nested-root", 1),
        problem("feature-removed", 2),
        problem("ws-root", 3),
        problem("ws-x", 4, expected_because="declared"),
    )
    fault = StandingFault(RuleId("ws-y"), TreePath("Cargo.toml"), ("workspace", "a b"), "it is broken")
    open_ones = OpenProblems(found, (fault,), frozenset({"f3"}))
    verdict = judged(ManifestGate(rules=("ws-*",)), MemoryTree({}), open_ones)
    assert verdict.blockers == (
        Blocker("ws-nested-root is open: they differ", "Cargo.toml#features.x", "a, b"),
        Blocker("ws-y stands: it is broken", 'Cargo.toml#workspace."a b"'),
    )
    assert blockers(ManifestGate(rules=("mk-*", "ws-root")), MemoryTree({}), open_ones) == []


def test_a_command_has_not_run() -> None:
    gate = CommandGate(("true",), timedelta(minutes=1))
    verdict = judge(
        NAME, gate, Circumstances(MemoryTree({}), None, 1, holders={RoleName("runner"): (Principal("ci"),)})
    )
    assert (verdict.outcome, verdict.is_passed) == (Outcome.NOT_RUN, False)
    assert verdict.blockers == (Blocker("the command of g has to be run", who="ci"),)
    assert verdict.outcome == "not-run"


SPECS: tuple[GateSpec, ...] = (
    CommandGate(("a", "b"), timedelta(seconds=1)),
    CommandGate(("b", "a"), timedelta(seconds=1)),
    CommandGate(("a b",), timedelta(seconds=1)),
    CommandGate(("a", "b"), timedelta(seconds=2)),
    CommandGate(("a", "b"), timedelta(seconds=1), ("FAIL",)),
    FilesGate(("a",)),
    FilesGate(("a",), 1),
    FilesGate(("a",), contains=("x",)),
    FilesGate(("a",), forbids=("x",)),
    ManifestGate(("a",)),
    ManifestGate(absent=("a",)),
    ManifestGate(rules=("a",)),
    ApprovalGate(RoleName("architect")),
    ApprovalGate(RoleName("release")),
    ApprovalGate(RoleName("architect"), ("a",)),
    ApprovalGate(RoleName("architect"), description="another question"),
)


def test_a_definition_that_asks_something_else_has_another_hash() -> None:
    hashes = [definition_hash(spec) for spec in SPECS]
    assert len(set(hashes)) == len(SPECS)
    assert all(len(one) == 12 and set(one) <= set("0123456789abcdef") for one in hashes)


def test_order_and_remarks_are_no_part_of_a_definition() -> None:
    assert definition_hash(FilesGate(("a", "b"), contains=("x", "y"))) == definition_hash(
        FilesGate(("b", "a"), contains=("y", "x"), description="a remark")
    )
    # Evidence names the hash: it must be the same in every version of Python, and on every machine.
    assert definition_hash(FilesGate(("docs/é.md",), 501)) == "7a191007ab43"
