from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.kit import File, RepositoryBuilder, Symlink
from tests.shell.scans import LINES, conflicts, scanned

SAME_LINE = ("one", "two")


def fleet(builder: RepositoryBuilder, path: str, attributes: dict[str, File], before: str | bytes = LINES) -> None:
    """Two agents change the same line of one file; ``attributes`` are more files of trunk."""
    old = before.encode() if isinstance(before, str) else before
    builder.commit("main", {path: old, **attributes})
    for name in SAME_LINE:
        builder.branch(name)
        builder.commit(name, {path: old.replace(b"line 4", name.encode())})


def agrees_with_git(builder: RepositoryBuilder, path: str) -> bool:
    """Return whether the scan sees a conflict, after making sure that git says the same, in a worktree of trunk."""
    seen = (path, *SAME_LINE) in conflicts(scanned(builder))
    command = ["git", "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", *SAME_LINE]
    told = subprocess.run(command, cwd=builder.root, capture_output=True, check=False).stdout
    assert seen == (os.fsencode(path) in told.split(b"\0"))
    return seen


@pytest.mark.parametrize(
    ("attributes", "path", "conflicting"),
    [
        ({}, "a.txt", True),
        ({".gitattributes": "*.txt merge=union\n"}, "a.txt", False),
        ({".gitattributes": "*.txt\tmerge=union\n"}, "a.txt", False),
        ({".gitattributes": "*.md merge=union\n"}, "a.txt", True),
        ({".gitattributes": "# *.txt merge=union\n\n"}, "a.txt", True),
        ({".gitattributes": "  *.txt merge=union\r\n"}, "a.txt", False),
        ({".gitattributes": "*.txt merge\n"}, "a.txt", True),
        ({".gitattributes": "*.txt -merge\n"}, "a.txt", True),
        ({".gitattributes": "*.txt binary\n"}, "a.txt", True),
        ({".gitattributes": "*.txt merge=binary\n"}, "a.txt", True),
        ({".gitattributes": "*.txt merge=union\na.txt !merge\n"}, "a.txt", True),
        ({".gitattributes": "[attr]log merge=union\n*.txt log\n"}, "a.txt", False),
        ({".gitattributes": "/a.txt merge=union\n"}, "deep/a.txt", True),
        ({".gitattributes": "a.txt merge=union\n"}, "deep/er/a.txt", False),
        ({".gitattributes": "deep/*.txt merge=union\n"}, "deep/er/a.txt", True),
        ({".gitattributes": "deep/** merge=union\n"}, "deep/er/a.txt", False),
        ({"deep/.gitattributes": "*.txt merge=union\n"}, "deep/er/a.txt", False),
        ({"deep/.gitattributes": "*.txt merge=union\n"}, "a.txt", True),
        ({"deep/.gitattributes": "/a.txt merge=union\n"}, "deep/a.txt", False),
        ({"deep/.gitattributes": "/a.txt merge=union\n"}, "deep/er/a.txt", True),
        ({"deep/.gitattributes": "er/a.txt merge=union\n"}, "deep/er/a.txt", False),
        ({".gitattributes": "*.txt merge=union\n", "deep/.gitattributes": "*.txt -merge\n"}, "deep/a.txt", True),
        ({".gitattributes": "*.txt -merge\n", "deep/.gitattributes": "*.txt merge=union\n"}, "deep/a.txt", False),
        ({".gitattributes": '"with space.txt" merge=union\n'}, "with space.txt", False),
        ({"deep/.gitattributes": '"with space.txt" merge=union\n'}, "deep/with space.txt", False),
        ({"deep/.gitattributes": '"with space.txt" merge=union\n'}, "with space.txt", True),
        ({"deep/.gitattributes": '"a\\".txt" merge=union\n'}, 'deep/a".txt', False),
        ({"in space/.gitattributes": "*.txt merge=union\n"}, "in space/a.txt", False),
        ({"in [s]*\\x/.gitattributes": "*.txt merge=union\n"}, "in [s]*\\x/a.txt", False),
        ({"*/.gitattributes": "*.txt merge=union\n"}, "other/a.txt", True),
        ({'odd \udce9"/.gitattributes': "*.txt merge=union\n"}, 'odd \udce9"/a.txt', False),
        ({"deep/.gitattributes": "[attr]log merge=union\n*.txt log\n"}, "deep/a.txt", True),
        ({"deep/.gitattributes": "[attr]log merge=union\n"}, "deep/alog", True),
        ({"deep/.gitattributes": "!x merge=union\n"}, "deep/!x", True),
        ({".gitattributes": Symlink("elsewhere"), "elsewhere": "*.txt merge=union\n"}, "a.txt", True),
    ],
)
def test_attributes_of_trunk_decide_how_a_path_is_merged(
    repository: RepositoryBuilder, attributes: dict[str, File], path: str, *, conflicting: bool
) -> None:
    fleet(repository, path, attributes)
    assert agrees_with_git(repository, path) == conflicting


@pytest.mark.parametrize("attribute", ["-merge", "binary", "merge=binary"])
def test_files_that_are_not_merged_conflict_wherever_they_are_changed(
    repository: RepositoryBuilder, attribute: str
) -> None:
    repository.commit("main", {"a.txt": LINES, ".gitattributes": f"*.txt {attribute}\n"})
    for name, line in (("one", "line 1"), ("two", "line 8")):
        repository.branch(name)
        repository.commit(name, {"a.txt": LINES.replace(line, name)})
    assert agrees_with_git(repository, "a.txt")


def test_binary_files_conflict_even_where_a_union_is_asked_for(repository: RepositoryBuilder) -> None:
    fleet(repository, "a.txt", {".gitattributes": "*.txt merge=union\n"}, before=b"\0" + LINES.encode())
    assert agrees_with_git(repository, "a.txt")


def test_a_nul_byte_counts_where_git_looks_for_it(repository: RepositoryBuilder) -> None:
    filler = b"x" * 79 + b"\n"
    repository.commit("main", {"a.bin": filler * 99 + b"y" * 79 + b"\0" + LINES.encode()})
    for name, line in (("one", b"line 1"), ("two", b"line 8")):
        repository.branch(name)
        old = filler * 99 + b"y" * 79 + b"\0" + LINES.encode()
        repository.commit(name, {"a.bin": old.replace(line, name.encode())})
    assert agrees_with_git(repository, "a.bin")


def test_a_custom_driver_is_not_run_and_counts_as_a_text_merge(repository: RepositoryBuilder, tmp_path: Path) -> None:
    fleet(repository, "a.txt", {".gitattributes": "*.txt merge=ours\n"})
    ran = tmp_path / "ran"
    repository.git("config", "merge.ours.driver", f"touch '{ran}'")
    repository.git("config", "merge.default", "ours")
    assert ("a.txt", *SAME_LINE) in conflicts(scanned(repository))
    assert not ran.exists()


def test_attributes_of_the_user_the_clone_and_the_agents_do_not_count(
    repository: RepositoryBuilder, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet(repository, "a.txt", {".gitattributes": "*.md merge=union\n"})
    repository.commit("one", {".gitattributes": "*.txt merge=union\n"})
    for place in (repository.git_dir / "info", fresh_home / ".config/git"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "attributes").write_text("* merge=union\n")
    (fresh_home / ".gitconfig").write_text("[merge]\n\trenames = false\n[core]\n\tattributesFile = ~/more\n")
    (fresh_home / "more").write_text("* merge=union\n")
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    assert conflicts(scanned(repository)) == {("a.txt", "one", "two")}


def test_attributes_hold_for_merges_that_git_itself_makes(repository: RepositoryBuilder) -> None:
    """Trunk has moved on in the same file, so that landing needs git's merge."""
    for path, merge in (("a.txt", "union"), ("b.bin", "binary")):
        repository.commit("main", {path: LINES, f".{merge}": ""})
    repository.commit("main", {".gitattributes": "*.txt merge=union\n*.bin merge=binary\n"})
    for name in SAME_LINE:
        repository.branch(name)
    repository.commit("main", {"a.txt": LINES.replace("line 4", "trunk"), "b.bin": LINES.replace("line 4", "trunk")})
    repository.commit("one", {"a.txt": LINES.replace("line 4", "one")})
    repository.commit("two", {"b.bin": LINES.replace("line 8", "two")})
    told = {str(status.name): (status.state.value, status.paths) for status in scanned(repository).agents}
    assert told == {"one": ("mergeable", ()), "two": ("conflicts-with-trunk", ("b.bin",))}
