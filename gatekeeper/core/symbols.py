"""Symbols, and the facts about them that one file states.

Facts are simple values (tuples and strings), so that they can be cached by path and blob id.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.names import KeyPath, TreePath

if TYPE_CHECKING:
    from gatekeeper.core.document import Value


class Kind(enum.StrEnum):
    """Kinds of symbols; the comment says what the parts of the name are. A directory ``""`` is the top of the tree."""

    FILE = "file"  # path
    WORKSPACE = "workspace"  # root directory: its manifest has [workspace]
    WORKSPACE_POINTER = "workspace-pointer"  # directory, root directory that its package.workspace names
    MEMBER = "member"  # root directory, directory or glob
    MEMBER_ORDER = "member-order"  # root directory, then every entry in the order of the file
    EXCLUDE = "exclude"  # root directory, directory
    DEFAULT_MEMBER = "default-member"  # root directory, directory
    WORKSPACE_TABLE = "workspace-table"  # root directory, name of a table under [workspace]
    WORKSPACE_DEPENDENCY = "workspace-dependency"  # root directory, key
    WORKSPACE_PACKAGE = "workspace-package"  # root directory, field
    MANIFEST = "manifest"  # directory with a Cargo.toml
    PACKAGE = "package"  # directory, name
    INHERITS = "inherits"  # directory whose manifest takes anything from the workspace
    FEATURE = "feature"  # directory, feature
    DEPENDENCY = "dependency"  # directory, key
    OPTIONAL_DEPENDENCY = "optional-dependency"  # directory, key
    TASK = "task"  # makefile, name
    NO_CORE_TASKS = "no-core-tasks"  # makefile that turns cargo-make's own tasks off or gives them a prefix
    OPEN_MAKEFILE = "open-makefile"  # makefile that takes in others which cannot be known from the tree
    NAMED_BY_COMMAND = (
        "named-by-command"  # sort, name, where it is looked for: what tool_references tells; never defined
    )
    LISTED_TARGET = "listed-target"  # directory, sort (bin, test, example, bench), name
    PRIVATE_TASK = "private-task"  # makefile, name
    CARGO_ALIAS = "cargo-alias"  # directory whose .cargo/config.toml has it, name
    LOADS_ALIASES = "loads-aliases"  # makefile that makes tasks of cargo's aliases
    NEED = "need"  # directory, key, package, table, target or "", source, requirement: an entry of a dependency table
    SHARED_NEED = "shared-need"  # root directory, key, package, source, requirement
    PACKAGE_FIELD = "package-field"  # directory, field, value
    SHARED_FIELD = "shared-field"  # root directory, field of [workspace.package], value
    OLD_SPELLING = "old-spelling"  # directory, key as it is spelled
    TOOLCHAIN = "toolchain"  # directory with a rust-toolchain.toml or a rust-toolchain, channel
    PATCH = "patch"  # directory, registry, key, package, source
    PROFILE = "profile"  # directory, name
    OVERRIDE = "override"  # directory, profile, package id specification
    KNOWN_PACKAGE = "known-package"  # name of a package of the tree, or of one that a manifest asks for
    TASK_BODY = "task-body"  # makefile, task, fingerprint of all that it does, then BUILDS if it may build
    TASK_TRAIT = "task-trait"  # makefile, task, one of cargo_make_task_facts.TRAITS
    PLATFORM_TRAIT = "platform-trait"  # makefile, task, one of these, platform on which it has it
    TASK_CRITERION = "task-criterion"  # makefile, task, field of its condition, then what it asks for
    TASK_TARGET_DIR = "task-target-dir"  # makefile, task ("": [env]) that sets CARGO_TARGET_DIR, directory
    TASK_PART = "task-part"  # makefile, task, platform or "", key (cargo_make_part_facts.PARTS) or "", on or off
    TASK_ORDER = "task-order"  # makefile, task, then its dependencies in the order of the file
    RUN_ORDER = "run-order"  # makefile, task, then what it runs with run_task, one after the other
    PLUGIN = "plugin"  # makefile, name
    ENV_USE = "env-use"  # makefile, variable of [env], variable that its value uses
    ENV_VARIABLE = "env-variable"  # makefile, variable of [env]
    NO_WORKSPACE_FLOW = "no-workspace-flow"  # makefile with default_to_workspace = false
    LENT_MAKEFILE = "lent-makefile"  # makefile of a workspace that those of the members take in
    NON_DEV_DEPENDENCY = "non-dev-dependency"  # directory, key: in another table than dev-dependencies
    SHARED_OPTIONAL = "shared-optional"  # root directory, key in workspace.dependencies: optional = true
    SHARED_DEFAULTS = "shared-defaults"  # root directory, key in workspace.dependencies: its default features are on
    OPTS_OUT = "opts-out"  # directory, key of an inherited dependency with default-features = false
    EDITION_2024 = "edition-2024"  # directory: its package has edition 2024 or a later one
    SHARED_EDITION_2024 = "shared-edition-2024"  # root directory: workspace.package.edition is such a one
    WITH_DEFAULTS = "with-defaults"  # package as cargo unifies its features: asked for with its default features
    WITHOUT_DEFAULTS = "without-defaults"  # the same: asked for with default-features = false
    ROOT_TABLE = "root-table"  # directory of a package, table that counts in a workspace root only
    SHARED_FEATURE = "shared-feature"  # root directory, key in workspace.dependencies, feature that it asks for
    FORBIDDEN_LINT = "forbidden-lint"  # directory, lint that its manifest sets to forbid
    SHARED_FORBIDDEN_LINT = "shared-forbidden-lint"  # root directory, lint that [workspace.lints] sets to forbid
    EXPECTED_FEATURE = "expected-feature"  # directory, feature that its manifest has the compiler expect
    SHARED_EXPECTED_FEATURE = "shared-expected-feature"  # root directory, feature that [workspace.lints] lets expect
    # Of Rust sources; the last part tells several in one file apart.
    CRATE_PATH = "crate-path"  # first name, condition that it is compiled under ('': none), path, number
    BARE_PATH = "bare-path"  # the same, where a module that a glob of the own crate brings in may be meant
    CFG_FEATURE = "cfg-feature"  # feature, what code is without it ('never' or 'always' compiled, ''), number
    LINT_ATTRIBUTE = "lint-attribute"  # lint, condition, level, number
    MODULE = "module"  # module that is declared, condition
    MODULE_FILE = "module-file"  # path of a source that is taken in by it, condition
    IMPORTED_NAME = "imported-name"  # name that something is imported under
    EXCLUSIVE_FEATURES = "exclusive-features"  # features that do not compile together
    TARGET = "target"  # directory, kind (lib, bin, ...), name, path ("": where cargo looks by itself)
    TARGET_PATH = "target-path"  # path that some target spells out
    AUTO_OFF = "auto-off"  # directory, kind of target that cargo does not look for by itself
    AUTO_OFF_IN_2015 = "auto-off-in-2015"  # directory, kind that it lists; its edition is the workspace's
    LIBRARY = "library"  # directory, the name under which others import the library
    UNLINKABLE = "unlinkable"  # directory whose library is of no crate type that Rust code can link
    NEEDED_FILE = "needed-file"  # paths, any of which will do
    DEFAULT_RUN = "default-run"  # directory, name of a binary
    BUILD_OFF = "build-off"  # directory whose package has `build = false`
    MEMBER_FLOW = "member-flow"  # makefile, task that is run in one member of the workspace after the other


class How(enum.StrEnum):
    """How a reference is made."""

    ENTRY = "entry"  # an entry of workspace.members
    PATH = "path"  # the path of a dependency
    DEV_PATH = "dev-path"  # the same under dev-dependencies: cycles are legal there
    SHARED_PATH = "shared-path"  # the path of an entry of workspace.dependencies
    INHERITED = "inherited"  # workspace = true
    DEV_INHERITED = "dev-inherited"
    INHERITED_FEATURE = "inherited-feature"  # a feature asked of a dependency with workspace = true
    REQUESTED = "requested"  # an entry of a dependency's features
    SHARED_REQUEST = "shared-request"  # the same of an entry of workspace.dependencies: counts for those who inherit it
    NAME = "name"  # "x" in a feature
    DEP = "dep"  # "dep:x"
    SLASH = "slash"  # "x/f" and "x?/f"
    TASK_DEPENDENCY = "task-dependency"
    DEPENDENCY_ELSEWHERE = "dependency-elsewhere"  # a dependency on a task of the makefile at a path
    ALIAS = "alias"
    EXTEND = "extend"
    EXTEND_DEPENDENCIES = "extend-dependencies"  # extend, where the task has no dependencies of its own
    RUN_TASK = "run-task"
    EXTEND_FILE = "extend-file"
    COMMAND = "command"  # a word of a command line
    PATCH = "patch"  # the path of an entry of [patch]
    INHERITS_PROFILE = "inherits-profile"
    OVERRIDE = "override"  # a package in profile.*.package
    OPTIONAL_EXTEND_FILE = "optional-extend-file"  # extend with optional = true: the file may be missing
    RUN_TASK_IF = "run-task-if"  # run_task with a condition
    CLEANUP_TASK = "cleanup-task"
    CONFIG_TASK = "config-task"  # config.init_task and the like
    CALLED = "called"  # `cargo make x` in a script or as a command
    PLUGIN_NAME = "plugin-name"
    REQUIRED_FEATURE = "required-feature"  # an entry of a target's required-features
    WEAK = "weak"  # "x?/f", which only an optional x may have
    SOURCE = "source"  # what a Rust source says
    TARGET_FILE = "target-file"  # the source of a target
    LIBRARY_FILE = "library-file"  # the source of a library
    BUILD_SCRIPT = "build-script"
    README = "readme"
    RUN = "run"  # package.default-run


class Symbol(NamedTuple):
    """Something that one place defines and others refer to."""

    kind: str
    name: tuple[str, ...]


class Definition(NamedTuple):
    """A place that defines a symbol."""

    symbol: Symbol
    path: TreePath
    key: KeyPath


class Reference(NamedTuple):
    """A place that needs a symbol. ``value`` is the text that says so.

    Symbols of a workspace are named by the directory of the manifest that refers to them; which workspace root that
    leads to, only the whole tree can tell.
    """

    symbol: Symbol
    path: TreePath
    key: KeyPath
    how: str
    value: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one content of one file says. ``shown`` holds, for each definition, the value that people are shown."""

    definitions: tuple[Definition, ...] = ()
    shown: tuple[Value | None, ...] = ()
    references: tuple[Reference, ...] = ()


# A fleet states facts by the hundred thousand: this is how named tuples are made without calling into Python.
_symbol = partial(tuple.__new__, Symbol)
_definition = partial(tuple.__new__, Definition)
_reference = partial(tuple.__new__, Reference)


class FactCollector:
    """Gathers the facts of one file."""

    def __init__(self, path: TreePath) -> None:
        self.path = path
        self._definitions: dict[Definition, Value | None] = {}
        self._references: dict[Reference, None] = {}

    def define(self, kind: Kind, name: tuple[str, ...], key: KeyPath, shown: Value | None = None) -> None:
        """Note that the file defines the symbol at ``key``."""
        self._definitions.setdefault(_definition((_symbol((kind._value_, name)), self.path, key)), shown)

    def refer(self, kind: Kind, name: tuple[str, ...], key: KeyPath, how: How, value: str) -> None:
        """Note that the file refers to the symbol at ``key``."""
        self._references[_reference((_symbol((kind._value_, name)), self.path, key, how._value_, value))] = None

    def facts(self) -> FileFacts:
        """Return what has been noted."""
        return FileFacts(tuple(self._definitions), tuple(self._definitions.values()), tuple(self._references))
