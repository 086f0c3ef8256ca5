"""A scan that begins with what an earlier one found says what a scan of everything says."""

from __future__ import annotations

import enum
import json
import os
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gatekeeper.core.names import AgentName, Oid
from gatekeeper.report.scan_json import scan_json
from gatekeeper.scanning import ScanRequest, remembered_encounters, scan
from tests.kit import RepositoryBuilder
from tests.kit.histories import History, build_or_reject, histories

EXAMPLES = 60
EXPLORED = 2000


class Since(enum.Enum):
    """What an agent did after the first scan."""

    CAME = "came"
    WENT = "went"
    MOVED = "moved"


def told(repository: RepositoryBuilder, agents: list[str], *, cache: bool) -> dict[str, Any]:
    request = ScanRequest(str(repository.root), "main", (), tuple(agents), worktrees=False, cache=cache)
    document: dict[str, Any] = json.loads(scan_json(scan(request)))
    for count in ("blob_merges", "cache_hits", "seconds"):
        del document["stats"][count]
    return document


@settings(
    max_examples=EXPLORED if os.environ.get("HYPOTHESIS_PROFILE") == "explore" else EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=histories(agents=(4, 6)), mover=st.integers(0, 5), since=st.sampled_from(Since))
def test_one_branch_moves(
    new_repository: Callable[[], RepositoryBuilder], history: History, mover: int, since: Since
) -> None:
    repository = new_repository()
    agents = build_or_reject(history, repository)
    ref = sorted(agents)[mover % len(agents)]
    before, after = list(agents), list(agents)
    if since is Since.CAME:
        before.remove(ref)
    elif since is Since.WENT:
        after.remove(ref)
    else:
        repository.branch(ref.removeprefix("refs/heads/"), at=f"{agents[ref]}^")
    told(repository, before, cache=True)
    repository.branch(ref.removeprefix("refs/heads/"), at=agents[ref])
    expected = told(repository, after, cache=False)
    event(f"{min(3, len(expected['findings']))} findings or more")
    assert told(repository, after, cache=True) == expected


def test_only_pairs_with_the_branch_that_moved_are_compared(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    repository.commit("main", {"notes.txt": "".join(f"line {number}\n" for number in range(20))})
    for name in ("a", "b", "c", "d", "e"):
        repository.branch(name)
        repository.commit(name, {"notes.txt": f"{name}\n" + "".join(f"line {number}\n" for number in range(1, 20))})
    request = ScanRequest(str(repository.root), "main")
    assert scan(request).stats.blob_merges == 10
    repository.commit("c", {"notes.txt": "c again\n" + "".join(f"line {number}\n" for number in range(1, 20))})
    after = scan(request)
    assert after.stats.blob_merges == 4
    assert after.stats.pairs_compared == 10
    everything = scan(ScanRequest(str(repository.root), "main", cache=False))
    assert [asdict(finding) for finding in after.findings] == [asdict(finding) for finding in everything.findings]


agents = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1).map(sorted)


@given(before=agents, after=agents, agents_of_a_set=st.sets(st.sampled_from("abcdefgh")))
def test_sets_of_agents_are_renumbered(before: list[str], after: list[str], agents_of_a_set: set[str]) -> None:
    then, now = ([(AgentName(name), Oid(name * 40)) for name in names] for names in (before, after))
    kept = remembered_encounters.same_agents(then, now)
    assert {before[old]: after[new] for old, new in kept.items()} == {name: name for name in set(before) & set(after)}
    chosen = agents_of_a_set & set(before) & set(after)
    mask = sum(1 << number for number, name in enumerate(before) if name in chosen)
    expected = sum(1 << number for number, name in enumerate(after) if name in chosen)
    assert remembered_encounters.renumbering(kept)(mask) == expected


def test_agents_in_another_order_are_not_renumbered() -> None:
    then = [(AgentName("a"), Oid("1" * 40)), (AgentName("b"), Oid("2" * 40))]
    with pytest.raises(ValueError, match="order"):
        remembered_encounters.same_agents(then, then[::-1])


def test_a_file_of_any_name_that_makefiles_extend_counts(new_repository: Callable[[], RepositoryBuilder]) -> None:
    repository = new_repository()
    repository.commit("main", {"Makefile.toml": 'extend = "build/common"\n', "build/common": '[env]\nA = "1"\n'})
    for name in ("a", "b"):
        repository.branch(name)
        directory = f'[env]\nA = "1"\nCARGO_TARGET_DIR = "/var/target-{name}"\n'
        repository.commit(name, {"build/common": directory})
    refs = ["refs/heads/a", "refs/heads/b"]
    told(repository, refs, cache=True)
    repository.commit("b", {"build/common": '[env]\nA = "1"\nCARGO_TARGET_DIR = "/var/target-a"\n'})
    after = told(repository, refs, cache=True)
    assert after == told(repository, refs, cache=False)
    assert "target-dir-shared-by-two-agents" in {finding["rule"] for finding in after["findings"]}


def test_history_that_a_shallow_clone_gets_later_counts(
    new_repository: Callable[[], RepositoryBuilder], tmp_path: Path
) -> None:
    origin = new_repository()
    origin.commit("main", {"notes.txt": "one\n"})
    origin.branch("shared")
    origin.commit("shared", {"notes.txt": "one\ntwo\n"})
    for name in ("a", "b"):
        origin.branch(name, at="shared")
        for number in range(3):
            origin.commit(name, {f"{name}.txt": f"{number}\n"})
    clone = tmp_path / "shallow.git"
    origin.git("clone", "-q", "--mirror", "--depth=2", "--no-single-branch", f"file://{origin.git_dir}", str(clone))

    def found(*, cache: bool) -> list[str]:
        report = scan(ScanRequest(str(clone), "main", cache=cache))
        return [f"{finding.rule} {finding.path}" for finding in report.findings]

    assert found(cache=True) == found(cache=False)
    origin.git("-C", str(clone), "fetch", "-q", "--unshallow")
    assert found(cache=True) == found(cache=False)


def test_a_report_that_was_made_again_under_its_key_is_not_pointed_into(
    new_repository: Callable[[], RepositoryBuilder],
) -> None:
    repository = new_repository()
    repository.commit("main", {"notes.txt": "one\n"})
    for name in ("a", "b", "c", "d"):
        repository.branch(name)
        repository.commit(name, {"notes.txt": f"{name}\n"})
    refs = [f"refs/heads/{name}" for name in ("a", "b", "c", "d")]
    told(repository, refs, cache=True)
    cache = sqlite3.connect(repository.git_dir / "gatekeeper" / "cache.sqlite3")
    with cache:
        (kept,) = cache.execute("SELECT value FROM entries WHERE kind = 'report'").fetchone()
        document = json.loads(zlib.decompress(kept[4:]))
        document["findings"] = [column[::-1] for column in document["findings"]]
        packed = zlib.compress(json.dumps(document).encode())
        sealed = zlib.crc32(packed).to_bytes(4, "big") + packed
        cache.execute("UPDATE entries SET value = ? WHERE kind = 'report'", [sealed])
    cache.close()
    repository.commit("d", {"notes.txt": "d again\n"})
    assert told(repository, refs, cache=True) == told(repository, refs, cache=False)


@pytest.mark.parametrize("garbage", [b"", b"[]", b"{}", b'"abc"', b"[[]]", b"[" * 100_000, b"[1, 2]"])
@pytest.mark.parametrize(
    "kind", ["packages", "across", "encounters", "report", "facts", "deltas", "resemblance", "spans"]
)
def test_an_entry_that_holds_something_else_is_as_good_as_none(
    new_repository: Callable[[], RepositoryBuilder], kind: str, garbage: bytes
) -> None:
    repository = new_repository()
    manifest = '[package]\nname = "press"\nversion = "0.1.0"\n'
    repository.commit("main", {"Cargo.toml": manifest, "src/lib.rs": ""})
    for name in ("a", "b", "c", "d"):
        repository.branch(name)
        repository.commit(name, {"Cargo.toml": manifest.replace("0.1.0", f"0.1.{len(name)}{ord(name)}")})
    refs = [f"refs/heads/{name}" for name in ("a", "b", "c", "d")]
    told(repository, refs, cache=True)
    repository.commit("d", {"Cargo.toml": manifest.replace("0.1.0", "0.9.0")})
    cache = sqlite3.connect(repository.git_dir / "gatekeeper" / "cache.sqlite3")
    packed = zlib.compress(garbage)
    with cache:
        sealed = zlib.crc32(packed).to_bytes(4, "big") + packed
        cache.execute("UPDATE entries SET value = ? WHERE kind = ?", [sealed, kind])
    cache.close()
    assert told(repository, refs, cache=True) == told(repository, refs, cache=False)
