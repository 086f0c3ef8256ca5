from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.core.merge import MergeOutcome, UnreadableSideError, merge_texts
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import CARGO, profile_for
from gatekeeper.core.spans import Span

CASES = Path(__file__).parents[2] / "fixtures" / "merges"
_FOLDERS = sorted(CASES.iterdir())


def _options(folder: Path) -> dict[str, Any]:
    stated = folder / "case.json"
    options: dict[str, Any] = json.loads(stated.read_text()) if stated.is_file() else {}
    return {"path": "Cargo.toml", "versions": "ask", "notes": [], **options}


def _text(folder: Path, name: str) -> str | None:
    file = folder / f"{name}.toml"
    return file.read_bytes().decode() if file.is_file() else None


def _merged(folder: Path, first: str = "ours", second: str = "theirs") -> MergeOutcome:
    options = _options(folder)
    profile = profile_for(TreePath(options["path"]))
    ours, theirs = _text(folder, first), _text(folder, second)
    assert profile is not None
    assert ours is not None
    assert theirs is not None
    return merge_texts(_text(folder, "base"), ours, theirs, profile, options["versions"])


def _clashes(outcome: MergeOutcome) -> list[dict[str, object]]:
    return [{"key": list(clash.key), "reason": clash.reason} for clash in outcome.clashes]


@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda folder: folder.name)
def test_golden_merge(folder: Path) -> None:
    outcome = _merged(folder)
    assert outcome.text == _text(folder, "merged")
    clashes = folder / "clashes.json"
    assert _clashes(outcome) == (json.loads(clashes.read_text()) if outcome.text is None else [])
    assert list(outcome.notes) == _options(folder)["notes"]


@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda folder: folder.name)
def test_golden_merge_in_the_other_order(folder: Path) -> None:
    assert (_merged(folder, "theirs", "ours").text is None) == (_text(folder, "merged") is None)


def test_who_is_no_toml_is_named() -> None:
    texts = "a = 1\n", "a = 2\n", "a = 3\n"
    for number, name in enumerate(("base", "ours", "theirs")):
        broken = (*texts[:number], "a = \n", *texts[number + 1 :])
        with pytest.raises(UnreadableSideError, match=f"^{name}, line 1, column 5: ") as raised:
            merge_texts(broken[0], broken[1], broken[2], CARGO)
        assert raised.value.side == name
        assert raised.value.failure.line == 1


def test_what_one_side_has_left_alone_need_not_be_toml() -> None:
    assert merge_texts("a =", "a = 1", "a =", CARGO) == MergeOutcome("a = 1")
    assert merge_texts("a =", "a =", "b =", CARGO) == MergeOutcome("b =")
    assert merge_texts("a", "b =", "b =", CARGO) == MergeOutcome("b =")


def _clash(base: str | None, ours: str, theirs: str) -> Any:
    (clash,) = merge_texts(base, ours, theirs, CARGO).clashes
    return clash


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "said"),
    [
        ("a = 1", "\na = 2", "a = 3", "a: ours 2 (line 2), theirs 3 (line 1)"),
        ("x = 0\na = 1", "x = 0", "x = 0\na = 3", "a: ours nothing, theirs 3 (line 2)"),
    ],
)
def test_a_clash_says_what_stands_where(base: str, ours: str, theirs: str, said: str) -> None:
    assert str(_clash(base, ours, theirs)) == said


def test_a_clash_holds_the_values() -> None:
    clash = _clash('[package]\nversion = "1.0.0"', "", '[package]\nversion = "1.1.0"')
    assert (clash.key, clash.reason, clash.base, clash.ours) == (
        ("package",), "changed-and-removed", {"version": "1.0.0"}, None,
    )  # fmt: skip
    assert clash.ours_span is None
    assert clash.theirs_span == Span(1, 1, 1, 10)


def test_what_cannot_be_proven_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> str:
        return "a = 1"

    splice: Callable[..., str] = nothing
    monkeypatch.setattr("gatekeeper.core.merge.splice", splice)
    outcome = merge_texts("a = 1\n", "a = 1\nb = 1\n", "a = 1\nc = 1\n", CARGO)
    assert (outcome.text, [clash.reason for clash in outcome.clashes]) == (None, ["unproven"])
    assert str(outcome.clashes[0]) == "no text could be proven to hold the changes of both sides"
