"""What a case is about as the branches stand, from real branches; whatever their files hold, nothing is raised."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.coordinator.contested import MOST_READ, Resolution, resolution
from gatekeeper.coordinator.inquiries import inquired
from gatekeeper.core.ledger.case_records import CaseId, CaseMatter
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.proposals import NOTHING
from gatekeeper.core.roster import RoleName
from gatekeeper.repository import open_repository
from tests.kit import RepositoryBuilder
from tests.shell.people import KEY, ONE, PATH, TWO, manifest

THREE = AgentName("three")


def matter(*parties: AgentName, **more: Any) -> CaseMatter:
    given: dict[str, Any] = {"kind": "escalation", "parties": parties or (ONE, TWO), "path": PATH, "key": KEY}
    return CaseMatter(CaseId("c"), owner=RoleName("architect"), question="which?", **given | more)


def fleet(repository: RepositoryBuilder, trunk: Mapping[str, Any], **branches: Mapping[str, Any]) -> None:
    """Make trunk, and branches of it."""
    repository.commit("main", trunk)
    for name, files in branches.items():
        repository.branch(name)
        repository.commit(name, files)


def asked(repository: RepositoryBuilder, case: CaseMatter) -> CaseMatter:
    heads = {
        party: Oid(repository.commit_id(party)) for party in case.parties if repository.git("branch", "--list", party)
    }
    opened = open_repository(str(repository.root))
    return inquired(opened, case, heads, Oid(repository.commit_id("main")))


def features(text: str | None) -> Any:
    assert text is not None
    return sorted(tomllib.loads(text)["features"]["full"])


def ruled(
    repository: RepositoryBuilder, case: CaseMatter, choice: Any, agent: AgentName | None = None, text: str = ""
) -> Resolution:
    opened = open_repository(str(repository.root))
    return resolution(opened, case, choice, agent, text, Oid(repository.commit_id("main")))


def feature_fleet(repository: RepositoryBuilder) -> None:
    fleet(
        repository,
        {PATH: manifest()},
        one={PATH: manifest("minimal", "debug-fast")},
        two={PATH: manifest("minimal", "headless")},
    )


def test_two_definitions_of_one_feature_list_and_their_union(repository: RepositoryBuilder) -> None:
    #
    feature_fleet(repository)
    found = asked(repository, matter())
    assert found.heads == {name: repository.commit_id(name) for name in (ONE, TWO)}
    assert len({*found.contents.values(), found.proposed}) == 3
    assert "" not in {*found.contents.values(), found.proposed}
    for word in ("debug-fast", "headless", "minimal", "features.full"):
        assert word in found.proposal
    accepted = ruled(repository, found, "proposal")
    assert (features(accepted.text), accepted.result) == (["debug-fast", "headless", "minimal"], found.proposed)
    assert accepted.problems == ()


def test_what_does_not_touch_the_place_changes_no_content(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    before = asked(repository, matter())
    repository.commit(ONE, {"src/lib.rs": "//\n", PATH: "# a word\n" + manifest("debug-fast", "minimal")})
    repository.commit("main", {"README.md": "x\n"})
    after = asked(repository, matter())
    assert (after.contents, after.proposed) == (before.contents, before.proposed)
    assert after.heads != before.heads


def test_three_parties_are_united_by_their_names(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    repository.branch(THREE)
    repository.commit(THREE, {PATH: manifest("minimal", "tracing")})
    found = asked(repository, matter(TWO, THREE, ONE))
    accepted = ruled(repository, found, "proposal")
    assert features(accepted.text) == ["debug-fast", "headless", "minimal", "tracing"]
    assert accepted.result == found.proposed == asked(repository, matter(ONE, TWO, THREE)).proposed


def test_trunk_that_moves_changes_no_proposal(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    before = asked(repository, matter())
    repository.commit("main", {PATH: manifest("minimal", "x").replace("0.1.0", "0.3.0")})
    after = asked(repository, matter())
    assert (after.proposed, after.contents) == (before.proposed, before.contents)


def test_a_branch_that_left_trunk_later_keeps_what_trunk_had_then(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    repository.commit("main", {PATH: manifest().replace("0.1.0", "0.3.0")})
    repository.branch(TWO)
    repository.commit(TWO, {PATH: manifest("minimal", "headless").replace("0.1.0", "0.3.0")})
    found = asked(repository, matter())
    for ruling in (ruled(repository, found, "proposal"), ruled(repository, found, "take", ONE)):
        assert "0.3.0" in (ruling.text or "")


def test_one_side_is_taken_with_what_the_other_changes_besides(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    repository.commit(TWO, {PATH: manifest("minimal", "headless").replace("0.1.0", "0.2.0")})
    found = asked(repository, matter())
    taken = ruled(repository, found, "take", ONE)
    assert (features(taken.text), taken.result) == (["debug-fast", "minimal"], found.contents[ONE])
    assert "0.2.0" in (taken.text or "")


def test_a_text_of_its_own(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    found = asked(repository, matter())
    chosen = ruled(repository, found, "file", text=manifest("minimal", "headless"))
    assert (chosen.result, chosen.problems) == (found.contents[TWO], ())
    wrong = ruled(repository, found, "file", text="[features]\nfull = [\n")
    assert wrong.problems
    assert wrong.problems[0].startswith(("2:", "3:"))


def test_there_is_no_union_of_two_words_for_one_thing(repository: RepositoryBuilder) -> None:
    base = '[package]\nname = "p"\nedition = "2018"\n'
    editions = {name: {PATH: base.replace("2018", year)} for name, year in (("one", "2021"), ("two", "2024"))}
    fleet(repository, {PATH: base}, **editions)
    found = asked(repository, matter(key="package.edition"))
    assert (found.proposed, found.proposal) == ("", "")
    assert ruled(repository, found, "proposal").problems[0] == "there is no union of all sides to accept"
    taken = ruled(repository, found, "take", TWO)
    assert tomllib.loads(taken.text or "")["package"]["edition"] == "2024"
    assert taken.result == found.contents[TWO]


def test_there_is_no_union_of_what_stands_in_two_places(repository: RepositoryBuilder) -> None:
    # One removes what the other relies on elsewhere: together they are what breaks.
    fleet(repository, {PATH: manifest("minimal"), "x": "x"}, one={PATH: manifest()}, two={"x": "relies on it"})
    found = asked(repository, matter())
    assert (found.proposed, found.proposal) == ("", "")
    assert "no two of them change the same place" in ruled(repository, found, "proposal").problems


def test_what_accepting_would_write_is_told_before_what_the_finding_proposes(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    told = asked(repository, matter(proposal="the union of both")).proposal
    assert told == 'features.full = ["minimal", "debug-fast", "headless"]'
    gone = asked(repository, matter(ONE, TWO, THREE, proposal="as the finding says"))
    assert (gone.proposed, gone.proposal) == ("", "as the finding says")


def test_a_party_whose_branch_is_gone_is_left_out(repository: RepositoryBuilder) -> None:
    feature_fleet(repository)
    found = asked(repository, matter(ONE, TWO, THREE))
    assert (set(found.heads), set(found.contents), found.proposed) == ({ONE, TWO}, {ONE, TWO}, "")
    assert ruled(repository, found, "take", THREE).problems == ("three has no branch that can be read",)


ODD = [
    None,
    b"",
    b"\0\xff\xfe binary",
    b"[features\nfull = [",
    b"[features]\nfull = 7\n",
    b"features = []\n",
    b"x" * (MOST_READ + 1),
    b"[features]\nfull = " + b"[" * 500 + b"]" * 500,
    manifest("minimal", "x").encode(),
]


@given(
    st.lists(st.sampled_from(ODD), min_size=3, max_size=3),
    st.sampled_from([PATH, "src/lib.rs", "", "a/../b", "/x", "Cargo.toml/x"]),
    st.sampled_from([KEY, "", 'a."b.c"', '"', "a..b", "full[", "\\ud800"]),
    st.sampled_from(["escalation", "reorganisation"]),
)
def test_odd_contents_raise_nothing(new_repository: Any, contents: list[Any], path: str, key: str, kind: Any) -> None:
    repository = new_repository()
    base, one, two = contents
    trunk = {PATH: base, "src/lib.rs": base, "x": "x"}
    changes = [{PATH: side, "src/lib.rs": side} for side in (one, two)]
    fleet(
        repository,
        {path: file for path, file in trunk.items() if file is not None},
        **{
            name: {path: file for path, file in change.items() if file is not None or base is not None}
            for name, change in zip(("one", "two"), changes, strict=True)
        },
    )
    found = asked(repository, matter(path=path, key=key, kind=kind, author=ONE))
    assert set(found.contents) <= {ONE, TWO}
    for choice, agent in (("proposal", None), ("take", TWO), ("proceed", None), ("take-back", None)):
        ruling = ruled(repository, found, choice, agent)
        assert bool(ruling.problems) or ruling.result != ""
        if choice == "proposal" and not ruling.problems:
            assert ruling.result == found.proposed


def test_a_file_that_one_side_has_deleted(repository: RepositoryBuilder) -> None:
    fleet(repository, {PATH: manifest()}, one={PATH: None, "x": "x"}, two={PATH: manifest("minimal", "headless")})
    found = asked(repository, matter(key=""))
    assert (found.contents[ONE], found.proposed) == (NOTHING, "")


ROOT = '[workspace]\nmembers = ["crates/a", "crates/b"]\nresolver = "2"\n'
CRATE = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n'
USES_A = '[dependencies]\na = { path = "../a" }\n'


def test_a_reorganisation_lists_who_relies_on_what_goes(repository: RepositoryBuilder) -> None:
    # the effect on dependents is listed from what the branches define and refer to.
    files = {"crates/a/Cargo.toml": CRATE.format("a"), "crates/b/Cargo.toml": CRATE.format("b")}
    files |= {f"crates/{name}/src/lib.rs": "" for name in ("a", "b")}
    fleet(
        repository,
        {"Cargo.toml": ROOT, **files},
        one={"Cargo.toml": ROOT.replace('"crates/a", ', ""), "crates/a/Cargo.toml": None, "crates/a/src/lib.rs": None},
        two={"crates/b/Cargo.toml": CRATE.format("b") + USES_A},
    )
    found = asked(repository, matter(kind="reorganisation", author=ONE, key="workspace.members"))
    assert any("crates/a" in name for name in found.broken)
    relying = [line for line in found.effect if "(two)" in line]
    assert any("crates/b/Cargo.toml" in line and "depends on it" in line for line in relying)
    # The other way round, nothing is taken away.
    other = asked(repository, matter(kind="reorganisation", author=TWO, key="workspace.members"))
    assert (other.effect, other.broken) == ((), ())
    assert ruled(repository, found, "take-back").result != ruled(repository, found, "proceed").result


def test_where_it_cannot_be_told_nothing_is_compatible(repository: RepositoryBuilder) -> None:
    repository.commit("main", {"Cargo.toml": ROOT})
    repository.commit("one", {"Cargo.toml": ROOT}, root=True)
    found = asked(repository, matter(ONE, kind="reorganisation", author=ONE))
    assert found.broken == ("compatibility",)
    assert found.effect


@pytest.mark.parametrize("kind", ["escalation", "incident"])
def test_only_a_reorganisation_is_asked_whom_it_affects(repository: RepositoryBuilder, kind: str) -> None:
    feature_fleet(repository)
    found = asked(repository, matter(kind=kind, author=ONE))
    assert (found.effect, found.broken) == ((), ())
