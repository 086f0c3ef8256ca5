"""R-42: compatibility over a repository: what is read, whom it asks, and what it leaves alone."""

from __future__ import annotations

from contextlib import closing

import pytest

from gatekeeper.core.compat.items import Compatibility
from gatekeeper.core.compat.trees import Other
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.errors import BadInputError
from gatekeeper.repository import open_repository
from gatekeeper.scanning import ScanRequest, scan
from gatekeeper.scanning.compat import Branch, Surroundings, changes_of_others, compatibility, surroundings
from gatekeeper.trunk import read_trunk
from tests.kit import RepositoryBuilder

MAKEFILE = "[tasks.own]\nscript = 'x'\n"
BASE = {"Makefile.toml": MAKEFILE, "src/lib.rs": "", "notes.txt": "x\n"}


@pytest.fixture
def here(repository: RepositoryBuilder) -> RepositoryBuilder:
    repository.commit("main", BASE)
    repository.branch("work")
    repository.commit("work", {"Makefile.toml": "[tasks.other]\nscript = 'y'\n"})
    return repository


def refuse(_base: Oid) -> list[Other]:
    raise AssertionError("nobody else matters here")


def of(here: RepositoryBuilder, base: str, head: str, around: Surroundings | None = None) -> Compatibility:
    with closing(open_repository(str(here.root)).object_store()) as store:
        old, new = (Oid(here.commit_id(name)) for name in (base, head))
        return compatibility(store, old, new, around or Surroundings())


def test_two_commits_are_compared_as_they_are(here: RepositoryBuilder) -> None:
    assert [item.name for item in of(here, "main", "work").items] == ["task own"]
    assert [item.name for item in of(here, "work", "main").items] == ["task other"]
    assert of(here, "work", "work") == Compatibility()


@pytest.mark.parametrize("change", [{"src/lib.rs": "fn more() {}\n"}, {"a/Cargo.toml": "[package]\nname = 'a'\n"}, {}])
def test_who_can_take_nothing_away_asks_nobody(here: RepositoryBuilder, change: dict[str, str | bytes]) -> None:
    here.branch("quiet")
    here.commit("quiet", {**change, "README.md": "read me\n"})
    assert of(here, "main", "quiet", Surroundings(refuse)) == Compatibility()


def test_others_are_asked_for_what_could_be_theirs(here: RepositoryBuilder) -> None:
    asked: list[Oid] = []

    def nobody(base: Oid) -> list[Other]:
        asked.append(base)
        return []

    assert of(here, "main", "work", Surroundings(nobody)).items
    assert asked == [here.commit_id("main")]


def test_of_others_only_what_can_refer_is_kept(here: RepositoryBuilder) -> None:
    here.commit("main", {"run.sh": "cargo make own\n"})
    here.branch("idle")
    here.commit("idle", {"src/lib.rs": "fn more() {}\n"})
    here.branch("busy")
    here.commit("busy", {"Cargo.toml": "[package]\nname = 'a'\n", "src/lib.rs": "fn more() {}\n"})
    here.commit("unrelated", {"Makefile.toml": MAKEFILE}, root=True)
    tips = [Branch(name, Oid(here.commit_id(name))) for name in ("work", "idle", "busy", "unrelated")]
    with closing(open_repository(str(here.root)).object_store()) as store:
        main, base = Oid(here.commit_id("main")), Oid(here.commit_id("main~1"))
        found = changes_of_others(store, main, base, [*tips, Branch("missing", Oid("1" * 40))])
        assert changes_of_others(store, main, main, []) == []
    assert {other.name: sorted(other.changes) for other in found} == {
        "trunk": ["run.sh"],
        "work": ["Makefile.toml"],
        "busy": ["Cargo.toml"],
    }
    (work,) = (other for other in found if other.name == "work")
    before, after = work.changes[TreePath("Makefile.toml")]
    assert before is not None
    assert after is not None


def test_what_scans_have_read_changes_no_answer(here: RepositoryBuilder) -> None:
    here.branch("other")
    here.commit("other", {"run.sh": "cargo make own\n"})
    repository = open_repository(str(here.root))
    trunk = read_trunk(repository)

    def answer() -> Compatibility:
        with closing(repository.object_store()) as store:
            head = Oid(here.commit_id("work"))
            return compatibility(store, trunk[0].commit, head, surroundings(repository, store, trunk, head))

    before = answer()
    scan(ScanRequest(str(here.root)))
    assert answer() == before
    assert [use.trees for item in before.items for use in item.used_by] == [("other",)]


def test_what_is_missing_is_a_message(here: RepositoryBuilder) -> None:
    with closing(open_repository(str(here.root)).object_store()) as store, pytest.raises(BadInputError):
        compatibility(store, Oid(here.commit_id("main")), Oid("1" * 40))
