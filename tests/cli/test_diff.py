from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gatekeeper.cli.main import run
from tests.kit import Executable, RepositoryBuilder, Symlink

OLD = '[package]\nname = "a"\nversion = "0.1.0"\n\n[features]\ndefault = ["x"]\n'
NEW = '[package]\nname = "a"\nversion = "0.2.0"\n\n[features]\ndefault = ["y", "x"]\n\n[dependencies]\nserde = "1"\n'


@pytest.fixture
def here(repository: RepositoryBuilder, monkeypatch: pytest.MonkeyPatch) -> RepositoryBuilder:
    repository.commit("main", {"Cargo.toml": OLD, "src/lib.rs": "old\n", "gone.toml": "a = 1\n"})
    repository.branch("agent")
    repository.commit("agent", {"Cargo.toml": NEW, "src/lib.rs": "new\n", "gone.toml": None, "b/new.toml": "[x]\n"})
    repository.branch("broken")
    repository.commit("broken", {"Cargo.toml": "a = [\n", "other.toml": "b = 1\n"})
    monkeypatch.chdir(repository.root)
    return repository


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["diff", *arguments]) == code
    return capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_two_revisions(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        told(capsys, "main", "agent")
        == """\
Cargo.toml
  ~ package.version  "0.1.0" → "0.2.0"
  ~ features.default  +"y"
  + dependencies = { serde = { version = "1" } }

b/new.toml (added)
  + x = {}

gone.toml (removed)
  - a  was 1

No TOML (1, --lines shows text): src/lib.rs
"""
    )


@pytest.mark.usefixtures("here")
def test_a_path_or_folder_in_two_revisions(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "main", "agent", "b/") == "b/new.toml (added)\n  + x = {}\n"
    assert told(capsys, "main", "agent", "gone.toml") == "gone.toml (removed)\n  - a  was 1\n"
    assert told(capsys, "main", "main", "Cargo.toml") == "No difference.\n"


@pytest.mark.usefixtures("here")
def test_lines_come_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "main", "agent", "src/lib.rs", "--lines")
    assert shown == "src/lib.rs\n  @@ -1,1 +1,1 @@\n  -old\n  +new\n"


@pytest.mark.parametrize(
    ("a", "b"),
    [("main:Cargo.toml", "agent:Cargo.toml"), ("main:Cargo.toml", "after.toml"), ("Cargo.toml", "after.toml")],
)
@pytest.mark.usefixtures("here")
def test_files_and_revisions_mix(capsys: pytest.CaptureFixture[str], a: str, b: str) -> None:
    Path("after.toml").write_text(NEW)
    shown = told(capsys, a, b, "--lines").splitlines()
    assert shown[1] == '  ~ package.version  "0.1.0" → "0.2.0"'
    assert "  @@ -1,6 +1,9 @@" in shown
    assert '  +serde = "1"' in shown


@pytest.mark.usefixtures("here")
def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(told(capsys, "main", "agent", "--format", "json", "--lines"))
    assert document["schema"] == "gatekeeper.diff/1"
    assert (document["before"], document["after"]) == ("main", "agent")
    files = {file["path"]: file for file in document["files"]}
    assert list(files) == ["Cargo.toml", "b/new.toml", "gone.toml", "src/lib.rs"]
    assert files["Cargo.toml"]["changes"][1] == {
        "key": "features.default",
        "kind": "changed",
        "before": ["x"],
        "after": ["y", "x"],
        "added": ["y"],
        "removed": [],
    }
    assert files["gone.toml"]["status"] == "removed"
    assert files["src/lib.rs"]["changes"] is None
    assert files["src/lib.rs"]["hunks"][0]["lines"][0] == {"kind": "removed", "text": "old", "old": 1, "new": None}


def test_a_manifest_that_cannot_be_read_does_not_hide_the_others(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    del here
    assert run(["diff", "main", "broken"]) == 2
    shown = capsys.readouterr()
    assert "broken:Cargo.toml:1:6: unclosed array" in shown.out
    assert "other.toml (added)\n  + b = 1\n" in shown.out
    assert "1 of 2 files cannot be read: broken:Cargo.toml:1:6" in shown.err


def test_a_link_in_place_of_a_manifest_is_told_as_one(
    here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    here.branch("linked")
    here.commit("linked", {"Cargo.toml": Symlink("../shared.toml"), "new.toml": Symlink("Cargo.toml")})
    told_of = "Cargo.toml\n  a file → a symbolic link to ../shared.toml\n"
    shown = told(capsys, "main", "linked")
    assert shown == told_of + "\nnew.toml (added)\n  a symbolic link to Cargo.toml\n"
    assert told(capsys, "main:Cargo.toml", "linked:Cargo.toml") == told_of
    assert "  +../shared.toml\n" in told(capsys, "main", "linked", "Cargo.toml", "--lines")
    (file,) = json.loads(told(capsys, "main", "linked", "Cargo.toml", "--format", "json"))["files"]
    assert (file["changes"], file["problem"]) == (None, None)
    assert file["note"] == "a file → a symbolic link to ../shared.toml"


def test_what_git_shows_no_lines_of(here: RepositoryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    here.branch("odd")
    here.commit("odd", {"src/lib.rs": "\0", "empty": "", "gone.toml": Executable("a = 1\n")})
    shown = told(capsys, "main", "odd", "--lines")
    assert shown == (
        "empty (added)\n  the file is empty\n\n"
        "gone.toml\n  only the mode differs\n\n"
        "src/lib.rs\n  binary file differs\n"
    )


def test_only_comments_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toml").write_text("a = 1\n")
    (tmp_path / "b.toml").write_text("a = 1 # one\n")
    assert "the values are the same" in told(capsys, str(tmp_path / "a.toml"), str(tmp_path / "b.toml"))


def test_text_of_files_is_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toml").write_text("")
    (tmp_path / "b.toml").write_bytes('"\\u001b[2J" = "\\u009b\u202e" # \u202e\n\t# tab\n'.encode())
    shown = told(capsys, str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), "--lines")
    assert shown.replace("\n", "").isprintable()
    assert "  +        # tab" in shown or "  +       # tab" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["main", "nowhere"], "'nowhere' names no commit"),
        (["Cargo.toml", "main"], "'Cargo.toml' names no commit"),
        (["main", "agent", "nope"], "neither main nor agent has a file nope"),
        (["main:nope", "Cargo.toml"], "main has no file nope"),
        ([":Cargo.toml", "Cargo.toml"], ":Cargo.toml names no file of a revision"),
        (["broken:Cargo.toml", "Cargo.toml"], "broken:Cargo.toml:1:6: unclosed array"),
        (["--end-of-options", "--output=x"], "No such option"),
        (["--", "--output=x", "main"], "'--output=x' names no commit"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_cannot_be_compared(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert run(["diff", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret.toml"
    secret.write_text("")
    secret.chmod(0)
    assert run(["diff", str(secret), str(secret)]) == 2
    assert "cannot read" in capsys.readouterr().err
