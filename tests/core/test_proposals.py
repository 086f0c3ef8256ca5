from __future__ import annotations

from pathlib import Path

import pytest
import tomli

from gatekeeper.core.document import Document, parse
from gatekeeper.core.merge import merge_texts
from gatekeeper.core.names import KeyPath, TreePath
from gatekeeper.core.rules.model import Hit
from gatekeeper.core.schema import Profile, profile_for
from gatekeeper.core.slots import look_up
from gatekeeper.core.splicing.value_text import agree
from gatekeeper.core.string_merge import merged_lines
from tests.core.path_cases import Texts, case_of, found, read_texts, single_file_cases

_MORE_THAN_THE_MERGE = {
    "lint-group-same-priority": "asks for a priority besides",
    "mk-core-override-two-actions": "asks for `clear` besides",
}
_LEFT_TO_A_PERSON = {
    "mk-deps-remove-vs-reorder": "one side moves what the other takes out: the proposal has to be looked at",
    "mk-env-file-order": "both append: the order has to be looked at",
}


def _proposals(folder: Path) -> list[tuple[Texts, Profile, Hit]]:
    texts = read_texts(folder)
    profile = profile_for(TreePath(texts.path))
    assert profile is not None
    if any(isinstance(parse(text.encode(), profile), Document) is False for text in (texts.left, texts.right)):
        return []
    case = case_of(texts, merged_lines(texts.base or "", texts.left, texts.right))
    return [(texts, profile, hit) for hit in found(case) if hit.proposal is not None]


def _said(text: str, profile: Profile, key: KeyPath) -> object:
    document = parse(text.encode(), profile)
    assert isinstance(document, Document), text
    return look_up(document.tree, key)


def _lacking(profile: Profile, key: KeyPath, proposed: object, merged: object) -> list[KeyPath]:
    """Return the keys of a proposal that the merge has otherwise, or not at all."""
    if not isinstance(proposed, dict) or not isinstance(merged, dict):
        return [] if agree(profile, key, proposed, merged) else [key]  # type: ignore[arg-type]
    inner = ((name, value, merged.get(name)) for name, value in proposed.items())
    return [lost for name, value, said in inner for lost in _lacking(profile, (*key, name), value, said)]


def _text_only(base: str, left: str, right: str) -> str | None:
    [hit] = found(case_of(Texts("Cargo.toml", base, left, right), None))
    assert hit.rule == "text-only-conflict"
    return hit.proposal


def test_of_a_conflict_in_lines_alone_the_keys_of_both_sides_are_proposed() -> None:
    base = '[dependencies]\na = "1"\nb = "1"\n'
    left, right = base.replace('a = "1"', 'a = "2"'), base.replace('b = "1"', 'b = "2"')
    assert _text_only(base, left, right) == 'dependencies.a.version = "2"\ndependencies.b.version = "2"'


def test_nothing_is_proposed_where_something_goes() -> None:
    base = '[dependencies]\na = "1"\nb = "1"\n'
    assert _text_only(base, '[dependencies]\nb = "1"\n', base.replace('b = "1"', 'b = "2"')) is None


def test_what_lies_in_a_table_is_not_proposed_beside_it() -> None:
    proposal = _text_only("", '[dependencies]\na = "1"\n', '[dependencies]\nb = "3"\n')
    assert proposal is not None
    assert tomli.loads(proposal) == {"dependencies": {"a": {"version": "1"}, "b": {"version": "3"}}}


_ALL = [(folder.name, proposal) for folder in single_file_cases() for proposal in _proposals(folder)]


def test_most_proposals_are_held_against_the_merge() -> None:
    excused = _MORE_THAN_THE_MERGE.keys() | _LEFT_TO_A_PERSON.keys()
    assert len([proposal for _, proposal in _ALL if proposal[2].rule not in excused]) > 40


@pytest.mark.parametrize(("name", "proposal"), _ALL, ids=[f"{name}-{one[2].rule}" for name, one in _ALL])
def test_a_proposal_is_what_the_merge_makes_of_the_file(name: str, proposal: tuple[Texts, Profile, Hit]) -> None:
    texts, profile, hit = proposal
    merged = merge_texts(texts.base, texts.left, texts.right, profile, "max")
    if hit.rule in _LEFT_TO_A_PERSON:
        assert merged.text is None, name
        return
    assert merged.text is not None, merged.clashes
    assert hit.proposal is not None
    if not hit.key:
        proposal_read, merged_read = (_said(text, profile, ()) for text in (hit.proposal, merged.text))
        assert _lacking(profile, (), proposal_read, merged_read) == []
        return
    proposed, said = _said(hit.proposal, profile, hit.key), _said(merged.text, profile, hit.key)
    as_merged = agree(profile, hit.key, proposed, said)  # type: ignore[arg-type]
    assert as_merged is (hit.rule not in _MORE_THAN_THE_MERGE)
