"""What is said of two edits of one task."""

from __future__ import annotations

from collections.abc import Callable

from gatekeeper.core.rules.model import Hit
from tests.core.path_cases import CASES, case_of, found, merged_by_git, read_texts
from tests.kit import RepositoryBuilder


def only_hit(fixture: str, repository: RepositoryBuilder) -> Hit:
    texts = read_texts(CASES / fixture)
    [hit] = found(case_of(texts, merged_by_git(repository, texts)))
    return hit


def test_the_keys_that_decide_on_a_form_are_named(new_repository: Callable[[], RepositoryBuilder]) -> None:
    message = only_hit("mk-untagged-union--crate", new_repository()).message
    assert "`crate_name`" in message
    assert "`rustup_component_name`" in message


def test_variables_that_need_each_other_are_not_proposed(new_repository: Callable[[], RepositoryBuilder]) -> None:
    hit = only_hit("mk-task-different-keys--circle-of-variables", new_repository())
    assert hit.proposal is None
    assert "the variables need each other" in hit.message
    assert only_hit("mk-task-different-keys", new_repository()).proposal is not None


def test_an_alias_of_one_platform_says_where(new_repository: Callable[[], RepositoryBuilder]) -> None:
    assert "on linux" in only_hit("mk-alias-hides-body--one-platform", new_repository()).message
    assert " on " not in only_hit("mk-alias-hides-body", new_repository()).message
