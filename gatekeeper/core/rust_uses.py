"""What Rust sources use that only the combination of two changes leaves undefined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gatekeeper.core.cfg_conditions import ALWAYS, feature, features_in, for_tests_only, in_some_build, together
from gatekeeper.core.combination import Standing
from gatekeeper.core.rust_modules import Code, RustModules
from gatekeeper.core.rust_sources import RustSources, Said
from gatekeeper.core.symbols import Definition, Kind, Symbol
from gatekeeper.core.workspace_view import Dangling, WorkspaceView


class Mention(NamedTuple):
    """Something that a source says, as people read it, and the condition on which that is compiled."""

    said: Said
    text: str
    condition: str = ALWAYS


class MissingUse(NamedTuple):
    """A use without its definition; ``certain`` if builds fail on it that turn nothing on."""

    dangling: Dangling
    mention: Mention
    certain: bool


def missing_uses(
    view: WorkspaceView,
    directory: str,
    mentions: Iterable[Mention],
    visible: Mapping[Code, Mapping[Definition, Standing]],
    *needs: Standing,
) -> Iterator[MissingUse]:
    """Yield what the crate's sources mention and nothing ``visible`` there defines, once for each file.

    Of several uses in a file, one that is compiled anyway speaks for all.
    """
    seen: set[tuple[str, int, int]] = set()
    for found in sorted(_all_missing(view, directory, mentions, visible, needs), key=lambda one: not one.certain):
        identity = (found.mention.said.path, found.dangling.left, found.dangling.right)
        if identity not in seen:
            seen.add(identity)
            yield found


def _all_missing(
    view: WorkspaceView,
    directory: str,
    mentions: Iterable[Mention],
    visible: Mapping[Code, Mapping[Definition, Standing]],
    needs: tuple[Standing, ...],
) -> Iterator[MissingUse]:
    losable = {code for code, definitions in visible.items() if view.removable(definitions)}
    crate = view.index.standing(Symbol(Kind.MANIFEST.value, (directory,)))
    # What stands everywhere nobody starts to use; and who is without its definition is so alone.
    for mention in (one for one in mentions if losable and one.said.standing != view.everywhere):
        for way in view.shared(RustModules).ways(directory, mention.said.path):
            condition = together((way.condition, mention.condition))
            code = Code.DEV if way.code is Code.NORMAL and for_tests_only(condition) else way.code
            if code in losable:
                all_needs = (mention.said.standing, crate, *way.needs, *needs)
                for found, certain in _compiled(view, directory, mention, condition, all_needs, visible[code]):
                    yield MissingUse(found, mention, certain)


def _compiled(
    view: WorkspaceView,
    directory: str,
    mention: Mention,
    condition: str,
    needs: tuple[Standing, ...],
    definitions: Mapping[Definition, Standing],
) -> Iterator[tuple[Dangling, bool]]:
    """Yield where the mention misses its definition and some build can compile it; and whether any build does."""
    features = sorted(features_in(condition))
    observed = tuple(view.index.standing(Symbol(Kind.FEATURE.value, (directory, name))) for name in features)
    for found, remaining in view.missing(mention.said.reference(mention.text), needs, definitions, observed):
        # A feature that the merge does not have nobody can turn on.
        gone = {feature(name): False for number, name in enumerate(features) if not remaining >> number & 1}
        compiled = in_some_build(condition, gone)
        if compiled is not False:
            yield found, compiled is True


def users_of(view: WorkspaceView, directory: str, name: str) -> int:
    """Return the agents who have changed sources of the package in a directory that use another crate."""
    users = 0
    for one in view.shared(RustSources).uses(directory, name):
        for way in view.shared(RustModules).ways(directory, one.path):
            users |= way.narrowed(one.standing).agents
    return users
