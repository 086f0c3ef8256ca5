"""The keys that cargo-make knows; it warns of others and goes on without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.schema.cargo_make import PLATFORMS

if TYPE_CHECKING:
    from gatekeeper.core.names import KeyPath

_TOP = frozenset({"extend", "config", "env_files", "env", "env_scripts", "tasks", "plugins"})
_CONFIG = frozenset(
    """
    skip_core_tasks modify_core_tasks init_task end_task on_error_task legacy_migration_task additional_profiles
    min_version default_to_workspace skip_git_env_info skip_rust_env_info skip_crate_env_info reduce_output
    time_summary load_cargo_aliases disable_install main_project_member load_script linux_load_script
    windows_load_script mac_load_script unstable_features
    """.split()  # noqa: SIM905 - a table of words
)
_OVERRIDE = frozenset(
    """
    clear disabled private deprecated extend plugin watch condition condition_script condition_script_runner_args
    ignore_errors force env_files env cwd install_crate install_crate_args install_script command args script
    script_runner script_runner_args script_extension run_task dependencies toolchain
    """.split()  # noqa: SIM905 - as above
)
_TASK = _OVERRIDE | PLATFORMS | {
    "description", "category", "workspace", "alias", "linux_alias", "windows_alias", "mac_alias",
}  # fmt: skip


def is_known(key: KeyPath) -> bool:
    """Return whether cargo-make knows ``key``; of what lies deeper than a field of a task, it is taken to."""
    match key:
        case (top,):
            return top in _TOP
        case ("config", name):
            return name in _CONFIG
        case ("tasks", _, platform, name) if platform in PLATFORMS:
            return name in _OVERRIDE
        case ("tasks", _, name, *_):
            return name in _TASK
        case (top, *_):
            return top in _TOP
    return True
