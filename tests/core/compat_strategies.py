"""Workspaces that cargo can read, drawn at random, and the same in other words."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import rtoml
from hypothesis import strategies as st

from tests.core.compat_trees import Tree

CRATES = ("alpha", "beta", "gamma")


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """Return a workspace that cargo can read."""
    places = {name: draw(st.sampled_from(["crates", "libs"])) + f"/{name}" for name in CRATES if draw(st.booleans())}
    tree: dict[str, str] = {}
    for name, place in places.items():
        tree |= _crate(draw, name, place, {other: path for other, path in places.items() if other < name})
    listed = [place for place in places.values() if draw(st.booleans())]
    globs = draw(st.sampled_from([[], ["crates/*"], ["libs/*"], ["crates/*", "libs/*"]]))
    globs = [glob for glob in globs if any(place.startswith(glob[:-1]) for place in places.values())]
    excluded = draw(st.sampled_from([[], ["crates/beta"]]))
    lists = f"members = {json.dumps(globs + listed)}\nexclude = {json.dumps(excluded)}\n"
    return _with_names({"Cargo.toml": f'[workspace]\nresolver = "2"\n{lists}', **tree})


def _crate(draw: st.DrawFn, name: str, place: str, others: Mapping[str, str]) -> dict[str, str]:
    called = draw(st.sampled_from([name, name, f"{name}-new"]))
    lines = ["[package]", f'name = "{called}"', 'version = "0.1.0"', 'edition = "2021"', "publish = false"]
    optional = {other: draw(st.booleans()) for other in others if draw(st.booleans())}
    features = draw(st.sets(st.sampled_from(["fast", "std", "log"])))
    lists = {feature: draw(st.lists(st.sampled_from(sorted(features)), max_size=2)) for feature in sorted(features)}
    hidden = {other for other, is_optional in optional.items() if is_optional and draw(st.booleans())}
    if hidden:
        lists["with"] = [f"dep:{other}" for other in sorted(hidden)]
    lists = {feature: [entry for entry in entries if entry != feature] for feature, entries in lists.items()}
    lines += ["[features]", *(f"{feature} = {json.dumps(entries)}" for feature, entries in lists.items())]
    lines.append("[dependencies]")
    for other, is_optional in optional.items():
        target = f"../../{others[other]}"
        flag = ", optional = true" if is_optional else ""
        lines.append(f'{other} = {{ path = "{target}", package = "@{other}@"{flag} }}')
    files = {f"{place}/src/lib.rs": ""}
    if draw(st.booleans()):
        lines += ["[lib]", f'name = "{draw(st.sampled_from([name, "other"]))}"']
    for bin_file in draw(st.sets(st.sampled_from(["main.rs", "bin/tool.rs", "bin/kit/main.rs"]))):
        files[f"{place}/src/{bin_file}"] = "fn main() {}\n"
    if draw(st.booleans()):
        files[f"{place}/src/run.rs"] = "fn main() {}\n"
        lines += ["[[bin]]", 'name = "runner"', 'path = "src/run.rs"']
    return {f"{place}/Cargo.toml": "\n".join(lines) + "\n", **files}


def _with_names(tree: Tree) -> dict[str, str]:
    """Return the tree with dependencies on packages as they are called in it."""
    called = {
        path.split("/")[1]: text.split('name = "')[1].split('"')[0]
        for path, text in tree.items()
        if path.endswith("/Cargo.toml")
    }
    found = {}
    for path, text in tree.items():
        for name, package in called.items():
            text = text.replace(f"@{name}@", package)  # noqa: PLW2901
        found[path] = text
    return found


@st.composite
def makefiles(draw: st.DrawFn) -> str:
    """Return a makefile of a few tasks that lead to each other."""
    names = ["check", "lint", "test", "own"]
    tasks: dict[str, Any] = {}
    for name in names:
        if draw(st.booleans()):
            task: dict[str, Any] = draw(
                st.sampled_from(
                    [{"command": "cargo", "args": [name]}, {"script": ["echo a", f"echo {name}"]}, {"alias": "own"}, {}]
                )
            )
            dependencies = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
            more: dict[str, Any] = draw(
                st.sampled_from([{}, {"private": True}, {"description": "x"}, {"env": {"A": "1", "B": "2"}}])
            )
            tasks[name] = {**task, **({"dependencies": dependencies} if dependencies else {}), **more}
    return rtoml.dumps({"config": {"skip_core_tasks": draw(st.booleans())}, "tasks": tasks})


def respelled(tree: Tree) -> dict[str, str]:
    """Return a tree that says the same in other words and in another order."""
    return {
        path: rtoml.dumps(_respelled(tomllib.loads(text), path)) if path.endswith(".toml") else text
        for path, text in tree.items()
    }


def _respelled(raw: dict[str, Any], path: str) -> dict[str, Any]:
    turned = dict(reversed(raw.items()))
    for name in ("members", "exclude"):
        if name in turned.get("workspace", {}):
            turned["workspace"][name] = [f"./{entry}/" for entry in reversed(turned["workspace"][name])]
    for name, entries in turned.get("features", {}).items():
        turned["features"][name] = [*reversed(entries)]
    dependencies = turned.pop("dependencies", None)
    if dependencies is not None:
        turned["dependencies"] = {name: {"optional": False, **spec} for name, spec in reversed(dependencies.items())}
    if path == "Makefile.toml":
        turned["tasks"] = {name: _respelled_task(task) for name, task in reversed(turned["tasks"].items())}
    return turned


def _respelled_task(task: dict[str, Any]) -> dict[str, Any]:
    turned: dict[str, Any] = {"disabled": False, **dict(reversed(task.items()))}
    if "dependencies" in turned:
        turned["dependencies"] = [{"name": name} for name in reversed(turned["dependencies"])]
    if "script" in turned:
        turned["script"] = "\n".join(turned["script"]) + "\n"
    return turned
