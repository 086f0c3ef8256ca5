"""The groups of lints that rustc knows, each with the lints in it."""

from __future__ import annotations

from collections.abc import Mapping

_TEXT = """
future_incompatible: ill_formed_attribute_input internal_eq_trait_method_impls invalid_macro_export_arguments
  invalid_type_param_default late_bound_lifetime_arguments legacy_derive_helpers
  macro_expanded_macro_exports_accessed_by_absolute_paths out_of_scope_macro_calls patterns_in_fns_without_body
  proc_macro_derive_resolution_fallback pub_use_of_private_extern_crate repr_c_enums_larger_than_int
  repr_transparent_non_zst_fields self_constructor_from_outer_item semicolon_in_expressions_from_macros
  soft_unstable uncovered_param_in_projection uninhabited_static unstable_name_collisions
  unstable_syntax_pre_expansion unsupported_calling_conventions varargs_without_pattern
keyword_idents: keyword_idents_2018 keyword_idents_2024
let_underscore: let_underscore_drop let_underscore_lock
refining_impl_trait: refining_impl_trait_internal refining_impl_trait_reachable
rust_2018_idioms: unused_extern_crates
unused: unused_allocation unused_assignments unused_attributes unused_braces unused_doc_comments
  unused_extern_crates unused_features unused_imports unused_labels unused_macro_rules unused_macros unused_must_use
  unused_mut unused_parens unused_unsafe unused_variables unused_visibilities
"""
"""As rustc 1.95 lists them; lints whose name sorts before the group's are left out: no group overrides these."""


def _parsed(text: str) -> Mapping[str, frozenset[str]]:
    groups: dict[str, frozenset[str]] = {}
    for line in text.strip().replace("\n  ", " ").splitlines():
        name, _, lints = line.partition(":")
        groups[name] = frozenset(lints.split())
    return groups


MEMBERS = _parsed(_TEXT)
"""Group -> the lints in it that it overrides at one priority."""
