"""Views in which files have new names: how many are made, and that none outlives its questions."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

from gatekeeper.core.new_names import hits_of
from gatekeeper.core.rules.registry import WorkspaceRule, all_rules
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView
from tests.core.small_fleet import view_of

_ROOT = '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n'
_STORE = '[package]\nname = "store"\nversion = "0.1.0"\nedition = "2021"\n[features]\nsearch = []\n'
_API = (
    '[package]\nname = "api"\nversion = "0.1.0"\nedition = "2021"\n'
    '[dependencies.store]\npath = "../store"\nfeatures = ["search"]\n'
)
_TRUNK = {"Cargo.toml": _ROOT, "crates/store/Cargo.toml": _STORE, "crates/api/Cargo.toml": _API}


def _moved(to: str) -> dict[str, str]:
    return {path: text for path, text in _TRUNK.items() if "/api/" not in path} | {f"crates/{to}/Cargo.toml": _API}


def test_no_view_of_new_names_is_kept_while_cycles_are_not_collected() -> None:
    edited = _TRUNK | {"crates/api/Cargo.toml": _API.replace('["search"]', "[]")}
    view = view_of([_moved("front"), _moved("back"), edited], [_TRUNK])
    rules = [rule for rule in all_rules().values() if isinstance(rule, WorkspaceRule)]
    worlds: list[weakref.ref[WorkspaceView]] = []

    def ask(seen: WorkspaceView) -> Iterator[WorkspaceHit]:
        if seen is not view:
            assert all(world() is None for world in worlds)
            worlds.append(weakref.ref(seen))
        for rule in rules:
            yield from rule.check(seen)

    was_enabled = gc.isenabled()
    gc.disable()
    try:
        hits_of(view, ask)
        assert len(worlds) == 2
        assert worlds[-1]() is None
    finally:
        if was_enabled:
            gc.enable()
