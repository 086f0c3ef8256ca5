"""Branches that count as agents by ``gatekeeper.toml``, for the agents of a drill."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatekeeper.config.settings import AgentGlobs
from gatekeeper.core.branch_names import branch_problem
from gatekeeper.core.names import RefName
from gatekeeper.repository.discovery import matches

_HEADS = "refs/heads/"
_PLACES = (_HEADS, "refs/remotes/")
_STEMS = ("drill", "gatekeeper-drill", "a-drill", "z-drill")
_ONE_OF = re.compile(r"\[([^]!])[^]]*\]")


def agent_refs(globs: AgentGlobs, wanted: int, trunk: RefName) -> list[RefName]:
    """Return as many references, up to ``wanted``, as a scan would take for agents; none contains another's name."""
    found: list[RefName] = []
    for ref in _offered(globs, wanted):
        if len(found) == wanted:
            break
        is_free = not any(_collide(ref, other) for other in (*found, trunk))
        if is_free and (not globs.include or matches(ref, globs.include)) and not matches(ref, globs.exclude):
            found.append(ref)
    return found


def _offered(globs: AgentGlobs, wanted: int) -> Iterator[RefName]:
    # Names that are written out may be anybody's; what the drill can call as it likes comes first.
    templates = sorted(globs.include or ("*",), key=lambda glob: "*" not in glob)
    for template in templates:
        for stem in _STEMS:
            for number in range(1, wanted + 1):
                filled = _ONE_OF.sub(r"\1", template).replace("*", f"{stem}-{number}", 1).replace("*", "x")
                ref = filled.replace("?", "x")
                ref = ref if ref.startswith("refs/") else _HEADS + ref
                place = next((place for place in _PLACES if ref.startswith(place)), "refs/")
                if branch_problem(ref.removeprefix(place)) is None:
                    yield RefName(ref)


def _collide(one: RefName, other: RefName) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
