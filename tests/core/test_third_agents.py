"""What two agents do to each other does not depend on what a third one does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from tests.core.small_fleet import CASES, Tree, hits, read_tree, view_of

_CASES = sorted(case for case in CASES.iterdir() if (case / "base").is_dir())
_BOTH = 0b11


def _root_everywhere(base: Tree) -> dict[str, str]:
    """Every crate is a workspace of its own."""
    return {
        path: f"{text}\n[workspace]\n" if path.endswith("Cargo.toml") and "[workspace" not in text else text
        for path, text in base.items()
    }


def _roots_between(base: Tree) -> dict[str, str]:
    """Every directory with crates is a workspace."""
    above = {path.removesuffix("Cargo.toml").rstrip("/").rpartition("/")[0] for path in base if "Cargo.toml" in path}
    new = {f"{place}/Cargo.toml": '[workspace]\nmembers = ["*"]\n' for place in above if place}
    return {**new, **base}


def _renamed(base: Tree) -> dict[str, str]:
    """Every package has another name."""
    return {
        path: re.sub(r'(\[package\]\nname = ")', r"\1new-", text) if path.endswith("Cargo.toml") else text
        for path, text in base.items()
    }


def _said(agents: Sequence[Tree], base: Tree) -> list[tuple[object, ...]]:
    """Return what is said of the first two."""
    return sorted(
        (hit.hit.rule, hit.hit.key, hit.left & _BOTH, hit.right & _BOTH)
        for hit in hits(view_of(agents, [base]))
        if (hit.left | hit.right) & _BOTH == _BOTH and hit.left & _BOTH and hit.right & _BOTH
    )


@pytest.mark.parametrize("third", [_root_everywhere, _roots_between, _renamed])
@pytest.mark.parametrize("name", [case.name for case in _CASES])
def test_what_is_said_of_two_does_not_depend_on_a_third(name: str, third: Callable[[Tree], dict[str, str]]) -> None:
    base, left, right = (read_tree(CASES / name / side) for side in ("base", "left", "right"))
    assert _said([left, right, third(base)], base) == _said([left, right], base)


def test_a_third_name_of_a_package_makes_no_binary_of_two_others() -> None:
    package = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n'
    base = {"Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n'}
    base |= {f"{name}/Cargo.toml": package.format(name) for name in "ab"} | {f"{name}/src/lib.rs": "" for name in "ab"}
    agents = [base | {"b/src/bin/tool.rs": ""}, base | {"a/src/main.rs": ""}]
    renaming = base | {"a/Cargo.toml": package.format("tool")}
    assert _said([*agents, renaming], base) == _said(agents, base) == []
    (found,) = hits(view_of([base | {"b/src/bin/tool.rs": ""}, renaming | {"a/src/main.rs": ""}], [base]))
    assert found.hit.rule == "bin-name-collides-across-packages"


def test_a_workspace_between_is_told_of_those_whom_it_concerns() -> None:
    package = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n'
    root = '[workspace]\nmembers = ["crates/*"]\n'
    base = {"Cargo.toml": f'{root}[workspace.package]\nlicense = "MIT"\n', "crates/a/Cargo.toml": package.format("a")}
    agents: list[Tree] = [
        base | {"Cargo.toml": root},
        base | {"crates/n/Cargo.toml": package.format("n") + "license.workspace = true\n"},
        base | {"crates/Cargo.toml": '[workspace]\nmembers = ["*"]\n'},
    ]
    found = [(hit.hit.rule, hit.left, hit.right) for hit in hits(view_of(agents, [base]))]
    assert found == [("ws-package-field-removed", 0b001, 0b010)]


def test_a_switch_that_takes_the_last_target_is_set_and_not_removed() -> None:
    package = '[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n'
    base = {"Cargo.toml": package, "src/lib.rs": "", "src/main.rs": ""}
    left = {path: text for path, text in base.items() if path != "src/lib.rs"}
    (found,) = hits(view_of([left, base | {"Cargo.toml": f"{package}autobins = false\n"}], [base]))
    assert "{right} sets `package.autobins` to `false`" in found.hit.message
