"""The three plants of a drill, for a tree as it is: made of its manifests, else of manifests that are planted too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gatekeeper.core.names import TreePath
from gatekeeper.drill.breaking import criticals
from gatekeeper.drill.manifests import CARGO, MAKEFILE, Manifests
from gatekeeper.drill.plants import Plant, first_fitting, majors, minors

_DIRECTORY = "gatekeeper-drill"
_OWN = {
    CARGO: """\
[workspace]

[package]
name = "gatekeeper-drill"
version = "0.0.0"
edition = "2021"

[features]
default = []
""",
    MAKEFILE: """\
[tasks.check]
command = "cargo"
args = ["check"]

[tasks.lint]
command = "cargo"
args = ["clippy"]

[tasks.test]
command = "cargo"
args = ["test"]
""",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted, the mildest first; ``own``: manifests that trunk has to get for it beforehand."""

    plants: tuple[Plant, ...]
    own: tuple[tuple[TreePath, bytes], ...]


def plan(manifests: Manifests, paths: Iterable[TreePath]) -> Plan:
    """Return what to plant in a tree that has these paths."""
    top = _free_directory(paths)
    offered = {TreePath(f"{top}/{name}"): text.encode() for name, text in _OWN.items()}
    own = Manifests(offered, offered.get)
    critical = first_fitting(criticals(manifests), manifests)
    major = first_fitting(majors(manifests, critical), manifests)
    minor = first_fitting(minors(manifests, critical), manifests)
    critical = critical or _surely(first_fitting(criticals(own), own))
    major = major or _surely(first_fitting(majors(own, critical), own))
    minor = minor or _surely(first_fitting(minors(own, critical), own))
    plants = (minor, major, critical)
    touched = {path for plant in plants for work in plant.works for path in work.edits}
    return Plan(plants, tuple((path, data) for path, data in offered.items() if path in touched))


def _surely(plant: Plant | None) -> Plant:
    if plant is None:
        raise RuntimeError("the drill's own manifests have no room for a plant")
    return plant


def _free_directory(paths: Iterable[TreePath]) -> str:
    taken = {path.partition("/")[0] for path in paths}
    name, number = _DIRECTORY, 2
    while name in taken:
        name, number = f"{_DIRECTORY}-{number}", number + 1
    return name
