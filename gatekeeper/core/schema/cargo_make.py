"""cargo-make's ``Makefile.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.kinds import ArrayKind, Canonical, Combine, ExclusiveSlot, Profile, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.names import KeyPath

PLATFORMS = frozenset({"linux", "windows", "mac"})
"""The sub-tables of a task that override it on one platform."""

_CONDITION_SETS = frozenset({
    "profiles", "os", "platforms", "channels",
    "env_set", "env_not_set", "env_true", "env_false", "files_exist", "files_not_exist",
})  # fmt: skip
_CONFIG_SETS = frozenset({"additional_profiles", "unstable_features"})
_WHOLE_TASK_KEYS = frozenset({
    "script", "install_script", "install_crate", "run_task", "watch", "toolchain", "deprecated", "extend",
})  # fmt: skip
_ENV_VALUE_KEYS = frozenset({
    "value", "script", "source", "default_value", "mapping", "unset", "path_glob", "glob", "decode", "condition",
})  # fmt: skip
_NEVER = frozenset({
    "private", "disabled", "alias", "linux_alias", "windows_alias", "mac_alias", "extend", "cwd", "toolchain",
    "condition_type", "default_to_workspace", "skip_core_tasks", "namespace", "load_script", "command", "script",
    "run_task", "clear", "workspace",
})  # fmt: skip

_COLLECTIONS = frozenset({("tasks",), ("env",), ("plugins",), ("plugins", "impl")})
_TASK_SLOTS: tuple[ExclusiveSlot, ...] = (
    (
        frozenset({"command", "args"}),
        frozenset({"script", "script_runner", "script_runner_args", "script_extension"}),
        frozenset({"run_task"}),
    ),
)


class CargoMakeProfile(Profile):
    """Tasks, their environment and the configuration of cargo-make."""

    __slots__ = ()

    def canonicalise(self, raw: dict[str, Value]) -> Canonical:
        """Write task references, one-line scripts and extended files in their shortest form."""
        if "extend" in raw:
            raw["extend"] = _extend(raw["extend"])
        tasks = raw.get("tasks")
        if type(tasks) is dict:
            for task in tasks.values():
                if type(task) is dict:
                    _task(task)
                    for platform in PLATFORMS & task.keys():
                        override = task[platform]
                        if type(override) is dict:
                            _task(override)
        return raw, ()

    def array_kind(self, key: KeyPath, _entries: Iterable[Value] = ()) -> ArrayKind:
        """Return SET for conditions and watch lists; what cargo-make runs, it runs in order."""
        last, parent = key[-1:], key[-2:-1]
        if parent == ("condition",):
            is_set = last[0] in _CONDITION_SETS
        elif parent == ("files_modified",):
            is_set = last[0] in {"input", "output"}
        elif parent == ("watch",):
            is_set = last[0] in {"watch", "ignore_pattern"}
        elif key[:1] == ("config",):
            is_set = len(key) == 2 and last[0] in _CONFIG_SETS  # noqa: PLR2004
        else:
            is_set = last == ("depends_on",)
        return ArrayKind.SET if is_set else ArrayKind.SEQUENCE

    def is_collection(self, key: KeyPath) -> bool:
        """Return whether ``key`` is a table of tasks, of plugins or of sections of the environment."""
        return key in _COLLECTIONS

    def combine(self, key: KeyPath) -> Combine:
        """Return HIGHER_VERSION for ``min_version``; NEVER for what decides how a task runs."""
        if key[-1:] == ("min_version",) and (key[0] == "config" or key[-2:-1] == ("install_crate",)):
            return Combine.HIGHER_VERSION
        if env_variable_depth(key) == len(key):
            return Combine.DEFAULT
        return Combine.NEVER if key[-1:] and key[-1] in _NEVER else Combine.DEFAULT

    def exclusive_slots(self, key_of_table: KeyPath) -> tuple[ExclusiveSlot, ...]:
        """Return the one slot of a task: its action."""
        return _TASK_SLOTS if is_task(key_of_table) else ()

    def whole_value(self, key: KeyPath, *values: Value) -> bool:
        """Return whether serde picks one variant for the value, so that united keys would be lost in silence."""
        if not key:
            return False
        if is_task(key[:-1]):
            return key[-1] in _WHOLE_TASK_KEYS
        if key == ("extend",) or (key[:1] == ("config",) and key[-1] == "load_script"):
            return True
        if env_variable_depth(key) == len(key):
            # A table under [env] is one variable or, without any key of a variable, a section for one profile.
            return not (len(key) == 2 and all(_is_profile_section(value) for value in values))  # noqa: PLR2004
        return False


CARGO_MAKE = CargoMakeProfile("cargo-make")


def is_task(key: KeyPath) -> bool:
    """Return whether ``key`` names a task or one platform's override of a task."""
    if key[:1] != ("tasks",):
        return False
    return len(key) == 2 or (len(key) == 3 and key[2] in PLATFORMS)  # noqa: PLR2004


def env_variable_depth(key: KeyPath) -> int:
    """Return how many leading parts of ``key`` reach a variable of the environment; 0 when none does.

    ``("env", "ci", "X")`` has the depth 3 although the tree alone can tell whether ``ci`` is a profile.
    """
    if key[:1] == ("env",):
        return min(len(key), 3) if len(key) > 1 else 0
    if len(key) > 3 and key[2] == "env" and is_task(key[:2]):  # noqa: PLR2004
        return 4
    if len(key) > 4 and key[3] == "env" and is_task(key[:3]):  # noqa: PLR2004
        return 5
    return 0


def _is_profile_section(value: Value) -> bool:
    return isinstance(value, dict) and not (_ENV_VALUE_KEYS & value.keys())


def _task(task: dict[str, Value]) -> None:
    dependencies = task.get("dependencies")
    if type(dependencies) is list:
        task["dependencies"] = [_unwrap(entry, "name") for entry in dependencies]
    if "run_task" in task:
        task["run_task"] = _unwrap(task["run_task"], "name")
    script = task.get("script")
    if type(script) is list and len(script) == 1 and type(script[0]) is str:
        task["script"] = script[0]


def _extend(extend: Value) -> Value:
    if type(extend) is list:
        return [_unwrap(entry, "path") for entry in extend]
    return _unwrap(extend, "path")


def _unwrap(value: Value, only_key: str) -> Value:
    """Return the string of ``{ only_key = "string" }``, and anything else unchanged."""
    if type(value) is dict and len(value) == 1:
        inner = value.get(only_key)
        if type(inner) is str:
            return inner
    return value
