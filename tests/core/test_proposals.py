from __future__ import annotations

from pathlib import Path

import pytest

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
    return [(texts, profile, hit) for hit in found(case) if hit.proposal is not None and hit.key]


def _said(text: str, profile: Profile, key: KeyPath) -> object:
    document = parse(text.encode(), profile)
    assert isinstance(document, Document), text
    return look_up(document.tree, key)


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
    proposed, said = _said(hit.proposal, profile, hit.key), _said(merged.text, profile, hit.key)
    as_merged = agree(profile, hit.key, proposed, said)  # type: ignore[arg-type]
    assert as_merged is (hit.rule not in _MORE_THAN_THE_MERGE)
