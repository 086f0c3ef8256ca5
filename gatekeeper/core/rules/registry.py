"""Where rules are written down, and where the rest of the package finds them.

Adding a rule is one decorated function in a family's module and one folder under ``fixtures/cases``.
"""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from gatekeeper.core.names import RuleId
from gatekeeper.core.rules.model import Family, Hit, PathCase, RuleInfo

if TYPE_CHECKING:
    from gatekeeper.core.schema import Profile
    from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

PathRuleFunction: TypeAlias = Callable[[PathCase], Iterable[Hit]]
Needs: TypeAlias = Callable[[PathCase], object]
WorkspaceRuleFunction: TypeAlias = "Callable[[WorkspaceView], Iterable[WorkspaceHit]]"

FAMILY_MODULES = (
    "text",
    "lock",
    "features",
    "features_workspace",
    "features_requested",
    "features_optional",
    "dependency_sources",
    "dependencies",
    "dependencies_workspace",
    "dependency_names",
    "dependency_versions",
    "dependency_copies",
    "dependencies_shared",
    "default_features",
    "lints",
    "workspace_root",
    "libraries",
    "manifest_slots",
    "workspace",
    "workspace_members",
    "workspace_tables",
    "workspace_crates",
    "packages",
    "profiles",
    "patches",
    "cargo_make_hidden",
    "cargo_make_edits",
    "sources",
    "sources_against",
    "workspace_shape",
    "targets",
    "target_files",
    "cargo_make",
    "cargo_make_tasks",
    "cargo_make_cycles",
    "cargo_make_traits",
    "cargo_make_files",
    "commands",
    "environment",
    "scope",
    "toml_captures",
    "toml_structure",
    "toml_level",
)
"""In the order in which path rules are asked: specific families first, last the TOML level, which takes the rest."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """A rule over one path: of files of ``profile`` (None: of all), and only where ``needs`` finds something."""

    info: RuleInfo
    check: PathRuleFunction
    profile: Profile | None = None
    needs: Needs | None = None


class Sees(enum.Enum):
    """What the answer of a workspace rule can change with: an answer that is kept is good until that changes.

    Every rule sees what cargo's files say, which files there are, and the Rust sources that it asks for.
    """

    SYMBOLS = "symbols"
    """Nothing else."""
    CONTENTS = "contents"
    """Who changes a file at all, whatever it says."""
    TASKS = "tasks"
    """What makefiles, scripts and CI files say."""


@dataclass(frozen=True, slots=True)
class WorkspaceRule:
    """A rule over all landed trees."""

    info: RuleInfo
    check: WorkspaceRuleFunction
    sees: Sees = Sees.SYMBOLS


@dataclass(frozen=True, slots=True)
class StatedRule:
    """A rule that the engine itself decides (git's verdict, a file that does not parse): it has no function."""

    info: RuleInfo


Rule: TypeAlias = PathRule | WorkspaceRule | StatedRule

_registered: dict[RuleId, Rule] = {}


def path_rule(
    info: RuleInfo, *, profile: Profile | None = None, needs: Needs | None = None
) -> Callable[[PathRuleFunction], PathRuleFunction]:
    """Register a function over one path in one distinct combination of contents.

    There are very many combinations, and a rule speaks in few: it is not called for files of another ``profile``, nor
    where ``needs`` (something remembered that rules share, like ``cases.disagreements``) has nothing to offer.
    """

    def register(check: PathRuleFunction) -> PathRuleFunction:
        _add(PathRule(info, check, profile, needs))
        return check

    return register


def workspace_rule(
    info: RuleInfo, *, sees: Sees | None = None
) -> Callable[[WorkspaceRuleFunction], WorkspaceRuleFunction]:
    """Register a function over the symbols of all landed trees. Rules of cargo-make see its files, others do not."""
    seen = sees or (Sees.TASKS if info.family is Family.CARGO_MAKE else Sees.SYMBOLS)

    def register(check: WorkspaceRuleFunction) -> WorkspaceRuleFunction:
        _add(WorkspaceRule(info, check, seen))
        return check

    return register


def stated_rule(info: RuleInfo) -> RuleInfo:
    """Register a rule that the engine decides; returns ``info`` so that the caller can name it."""
    _add(StatedRule(info))
    return info


def _add(rule: Rule) -> None:
    if rule.info.id in _registered:
        raise AssertionError(f"rule {rule.info.id} is registered twice")
    _registered[rule.info.id] = rule


@cache
def all_rules() -> Mapping[RuleId, Rule]:
    """Return every rule by id, in the order of asking, whichever of their modules was imported first."""
    modules = [importlib.import_module(f"gatekeeper.core.rules.{name}") for name in FAMILY_MODULES]
    ranks = {
        value.id: rank
        for rank, module in enumerate(modules)
        for value in vars(module).values()
        if isinstance(value, RuleInfo)
    }
    ordered = sorted(_registered, key=lambda name: ranks.get(name, len(modules)))
    return MappingProxyType({name: _registered[name] for name in ordered})


def listed_rules() -> list[Rule]:
    """Return every rule as people read of them, family by family; a module may hold rules of several."""
    families = list(Family)
    return sorted(all_rules().values(), key=lambda rule: families.index(rule.info.family))
