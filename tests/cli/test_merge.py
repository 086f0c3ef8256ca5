from __future__ import annotations

import ctypes
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

import gatekeeper as api
from tests.cli.run import gatekeeper

BASE = '[dependencies]\nanchor = "1"\n'
OURS = f'{BASE}chain = "2"\n'
THEIRS = f'{BASE}tide = "3"\n'
MERGED = f'{BASE}chain = "2"\ntide = "3"\n'
RAISED = BASE.replace('"1"', '"2"')
RAISED_MORE = BASE.replace('"1"', '"3"')


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return write(tmp_path, BASE, OURS, THEIRS)


def write(directory: Path, *texts: str | bytes) -> Path:
    for name, text in zip(("base", "ours", "theirs"), texts, strict=True):
        (directory / f"{name}.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return directory


def merge(directory: Path, *options: str, **more: Any) -> tuple[int, str, str]:
    arguments = ["merge", "base.toml", "ours.toml", "theirs.toml", "--name", "Cargo.toml", *options]
    done = gatekeeper(*arguments, cwd=directory, **more)
    return done.returncode, done.stdout, done.stderr


def test_three_files_become_one(files: Path) -> None:
    assert merge(files) == (0, MERGED, "")


def test_the_merge_goes_to_a_file(files: Path) -> None:
    assert merge(files, "-o", "merged.toml") == (0, "", "")
    assert (files / "merged.toml").read_text() == MERGED


def test_a_clash_is_told_and_git_marks_it(tmp_path: Path) -> None:
    code, text, said = merge(write(tmp_path, BASE, RAISED, RAISED_MORE))
    assert code == 1
    assert said == 'Cargo.toml: dependencies.anchor.version: ours "2" (line 2), theirs "3" (line 2)\n'
    assert "<<<<<<< ours" in text


def test_a_clash_that_git_merges_is_marked(tmp_path: Path) -> None:
    more = '[dependencies]\n# the first\nanchor = "1"\nbuoy = "1"\nchain = "1"\n'
    ours = more.replace("# the first\n", '# the first\ntide = "1"\n')
    code, text, _ = merge(write(tmp_path, more, ours, f'{more}tide = "2"\n'))
    assert code == 1
    assert '<<<<<<< ours\ntide = "1"\n=======\ntide = "2"\n>>>>>>> theirs\n' in text
    assert text.count("tide") == 2


def test_the_higher_version_counts_when_asked_for(tmp_path: Path) -> None:
    code, text, said = merge(write(tmp_path, BASE, RAISED, RAISED_MORE), "--versions", "max")
    assert (code, text) == (0, RAISED_MORE)
    assert said == 'Cargo.toml: dependencies.anchor.version: took "3" (ours "2", theirs "3")\n'


def test_programs_get_a_document(tmp_path: Path) -> None:
    _, text, _ = merge(write(tmp_path, BASE, RAISED, RAISED_MORE), "--format", "json")
    document = json.loads(text)
    assert (document["schema"], document["text"]) == ("gatekeeper.merge/1", None)
    (clash,) = document["clashes"]
    assert (clash["key"], clash["reason"], clash["ours"], clash["theirs"]) == (
        "dependencies.anchor.version",
        "both-changed",
        "2",
        "3",
    )
    assert clash["ours_span"]["line"] == 2


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ("a = \n", "ours is not valid TOML: "),
        (b"a = '\xff'\n", "ours is not UTF-8: byte 0xff at offset 5"),
        ("<<<<<<< x\na = 1\n=======\n", "ours is not valid TOML: conflict markers committed"),
    ],
)
def test_what_is_no_toml_is_told(tmp_path: Path, ours: str | bytes, said: str) -> None:
    code, text, error = merge(write(tmp_path, BASE, ours, THEIRS))
    assert (code, text) == (2, "")
    assert f"gatekeeper: {said}" in error


def test_a_missing_file_is_told(files: Path) -> None:
    (files / "theirs.toml").unlink()
    code, _, error = merge(files)
    assert code == 2
    assert "cannot read theirs.toml: No such file or directory" in error


def may_not_write_everything() -> None:
    """Take from root, before a program is started, what lets it pass over the modes of files."""
    if os.geteuid() == 0:
        dropped, override = 24, 1
        assert ctypes.CDLL(None).prctl(dropped, override, 0, 0, 0) == 0


@pytest.mark.skipif(os.geteuid() == 0 and sys.platform != "linux", reason="root may write everything there")
def test_a_read_only_target_stays_as_it_is(files: Path) -> None:
    target = files / "merged.toml"
    target.write_text("old\n")
    target.chmod(0o444)
    code, _, error = merge(files, "-o", "merged.toml", preexec_fn=may_not_write_everything)
    assert code == 2
    assert "it is read-only" in error
    assert target.read_text() == "old\n"


def test_a_pipe_is_written_into(files: Path) -> None:
    pipe = files / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert merge(files, "-o", "pipe") == (0, "", "")
    assert os.read(reader, 10_000).decode() == MERGED
    os.close(reader)
    assert pipe.is_fifo()


def test_standard_output_is_written_into(files: Path) -> None:
    assert merge(files, "-o", "/dev/stdout") == (0, MERGED, "")
    log = files / "log"
    log.write_text("before\n")
    with log.open("a") as out:
        assert merge(files, "-o", "/dev/stdout", capture_output=False, stdout=out)[0] == 0
    assert log.read_text() == f"before\n{MERGED}"


def test_a_device_is_written_into(files: Path) -> None:
    assert merge(files, "-o", "/dev/null") == (0, "", "")
    code, _, error = merge(files, "-o", "/dev/full")
    assert code == 2
    assert "cannot write /dev/full: No space left on device" in error
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_leaves(files: Path, umask: int, mode: int) -> None:
    assert merge(files, "-o", "merged.toml", umask=umask)[0] == 0
    assert stat.S_IMODE((files / "merged.toml").stat().st_mode) == mode


def test_a_file_that_is_there_keeps_its_mode_and_a_link_stays_one(files: Path) -> None:
    (files / "merged.toml").touch(0o600)
    (files / "link").symlink_to("merged.toml")
    assert merge(files, "-o", "link")[0] == 0
    assert (files / "link").is_symlink()
    assert (files / "merged.toml").read_text() == MERGED
    assert stat.S_IMODE((files / "merged.toml").stat().st_mode) == 0o600


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_file_gets_the_markers_of_a_clash_in_every_format(tmp_path: Path, output: str) -> None:
    write(tmp_path, BASE, RAISED, RAISED_MORE)
    code, text, _ = merge(tmp_path, "--format", output, "-o", "merged.toml")
    assert code == 1
    assert (json.loads(text)["text"] if text else None) is None
    assert (tmp_path / "merged.toml").read_text() == (
        '[dependencies]\n<<<<<<< ours\nanchor = "2"\n=======\nanchor = "3"\n>>>>>>> theirs\n'
    )


def test_a_target_that_cannot_be_is_told_and_leaves_no_scratch(files: Path) -> None:
    code, _, error = merge(files, "-o", "nowhere/merged.toml")
    assert code == 2
    assert "cannot write nowhere/merged.toml" in error
    assert sorted(path.name for path in files.iterdir()) == ["base.toml", "ours.toml", "theirs.toml"]


def test_the_library_merges_texts_and_bytes() -> None:
    assert api.merge_manifest(BASE, OURS.encode(), THEIRS, path="crates/a/Cargo.toml").text == MERGED
    assert api.merge_manifest(None, OURS, THEIRS, path="Cargo.toml").text == MERGED
    outcome = api.merge_manifest(BASE, RAISED, RAISED_MORE, path="Cargo.toml")
    assert outcome.text is None
    assert [str(clash) for clash in outcome.clashes] == [
        'dependencies.anchor.version: ours "2" (line 2), theirs "3" (line 2)'
    ]
    with pytest.raises(api.GatekeeperError, match="theirs is not valid TOML"):
        api.merge_manifest(BASE, OURS, "[", path="Cargo.toml")
