"""The tasks that cargo-make itself defines unless ``skip_core_tasks`` is set: actions, and which have conditions."""

from __future__ import annotations

from types import MappingProxyType

CORE_TASKS = frozenset(
    """
    audit audit-flow audit-flow-no-condition bench bench-ci-flow bench-compile bench-conditioned-compile
    bench-conditioned-flow bench-flow bintray-upload build build-file-increment build-file-increment-flow build-flow
    build-publish-flow build-release build-release-for-binary-upload build-release-for-target
    build-release-for-target-base build-verbose check check-examples check-flow check-format check-format-ci-flow
    check-format-flow check-tests ci-coverage-flow ci-flow clean clean-apidocs clippy clippy-allow-fail
    clippy-ci-flow clippy-flow clippy-router codecov codecov-flow conditioned-check-format conditioned-clippy
    copy-apidocs coverage coverage-flow coverage-kcov coverage-tarpaulin crate-build-publish-flow
    crate-clean-apidocs crate-copy-apidocs crate-delete-lock cross-build-release-for-target default delete-lock
    dev-test-flow dev-watch-flow diff-files do-clean-apidocs do-copy-apidocs do-on-members docs docs-flow empty end
    end-build-flow examples-ci-flow examples-compile examples-conditioned-compile format format-flow format-toml
    format-toml-conditioned-flow format-toml-flow git-add git-commit git-commit-message git-delete-merged-branches
    git-diff-files git-pull git-push git-status github-hub-find github-publish github-publish-curl
    github-publish-custom-name github-publish-hub github-publish-hublish init init-build-flow install-clippy
    install-clippy-any install-clippy-rustup install-rls install-rust-src install-rustfmt install-wasm-pack
    install-zip legacy-migration markdown-include-files outdated outdated-ci-flow outdated-flow
    outdated-flow-no-condition package post-audit post-bench post-build post-build-file-increment post-check
    post-check-format post-ci-flow post-clean post-clippy post-coverage post-docs post-format post-format-toml
    post-git-add post-git-commit post-git-push post-git-status post-outdated post-package post-print-env
    post-publish post-test post-unused-dependencies post-verify-project post-workspace-ci-flow post-workspace-docs
    pre-audit pre-bench pre-build pre-build-file-increment pre-check pre-check-format pre-ci-flow pre-clean
    pre-clippy pre-coverage pre-docs pre-format pre-format-toml pre-git-add pre-git-commit pre-git-push
    pre-git-status pre-outdated pre-package pre-print-env pre-publish pre-publish-clean-flow
    pre-publish-conditioned-clean-flow pre-publish-delete-lock pre-test pre-unused-dependencies pre-verify-project
    pre-workspace-ci-flow pre-workspace-docs print-cargo-env print-cargo-make-env print-ci-env print-crate-env
    print-duckscript-env print-env-flow print-git-env print-project-env print-rust-env publish publish-flow
    readme-file-set-env readme-include-files readme-include-files-conditioned readme-set-crate-version
    readme-set-crate-version-conditioned setup-musl setup-release-build-env setup-release-build-env-print
    setup-release-build-env-vars setup-sudo-env test test-custom test-flow test-multi-phases-cleanup
    test-multi-phases-flow test-single-threaded test-thread-safe test-verbose test-with-args unused-dependencies
    unused-dependencies-flow upgrade-dependencies upload-artifacts verify-project wait wasm-pack-base wasm-pack-pack
    wasm-pack-publish wasm-pack-test watch-flow workspace-build-flow workspace-build-publish-flow workspace-ci-flow
    workspace-clean-apidocs workspace-copy-apidocs workspace-coverage workspace-coverage-pack workspace-delete-lock
    workspace-docs workspace-docs-flow workspace-member-build-flow workspace-members-ci workspace-members-coverage
    workspace-publish-flow zip-release-binary-for-target zip-release-ci-flow
    """.split()  # noqa: SIM905 - one name a line would be 214 lines
)
"""As of cargo-make 0.37.24."""

KEPT_WITHOUT_CORE_TASKS = frozenset({"init", "end", "empty", "default"})
"""What ``skip_core_tasks`` leaves defined. With a namespace these get the prefix as well."""

WITH_CONDITION = frozenset(
    """
    audit audit-flow bench-conditioned-compile bench-conditioned-flow build-file-increment build-publish-flow
    build-release-for-target build-release-for-target-base check-format-ci-flow ci-coverage-flow clippy-ci-flow
    codecov codecov-flow coverage-kcov cross-build-release-for-target do-clean-apidocs do-on-members
    examples-conditioned-compile format-toml format-toml-conditioned-flow git-commit-message
    git-delete-merged-branches git-diff-files github-publish-curl github-publish-custom-name github-publish-hub
    github-publish-hublish install-clippy-any install-zip legacy-migration markdown-include-files outdated
    outdated-ci-flow outdated-flow pre-publish-conditioned-clean-flow pre-publish-delete-lock print-cargo-env
    print-crate-env print-git-env print-rust-env readme-file-set-env readme-include-files-conditioned
    readme-set-crate-version-conditioned setup-musl unused-dependencies unused-dependencies-flow wait wasm-pack-test
    workspace-delete-lock zip-release-binary-for-target zip-release-ci-flow
    """.split()  # noqa: SIM905 - as above
)
"""Those that run under a condition of their own."""

ACTIONS = MappingProxyType(
    {
        name: action
        for action, names in {
            "command": """
        audit bench bench-compile build build-release build-release-for-target check check-examples check-format
        check-tests clean clippy clippy-allow-fail cross-build-release-for-target docs examples-compile format
        format-toml git-add git-commit git-commit-message git-diff-files git-pull git-push git-status github-publish
        github-publish-hub markdown-include-files outdated package publish test test-single-threaded test-with-args
        unused-dependencies verify-project wasm-pack-base wasm-pack-pack wasm-pack-publish wasm-pack-test
        """,
            "script": """
        build-file-increment codecov coverage-kcov crate-delete-lock do-clean-apidocs do-copy-apidocs do-on-members
        git-delete-merged-branches github-hub-find github-publish-curl github-publish-hublish legacy-migration
        print-cargo-env print-cargo-make-env print-ci-env print-crate-env print-duckscript-env print-git-env
        print-project-env print-rust-env readme-set-crate-version-conditioned setup-musl setup-release-build-env-print
        setup-sudo-env wait workspace-delete-lock zip-release-binary-for-target
        """,
            "run_task": """
        audit-flow bench-conditioned-compile bench-conditioned-flow build-publish-flow build-release-for-binary-upload
        build-verbose check-format-ci-flow ci-coverage-flow clean-apidocs clippy-ci-flow clippy-router
        conditioned-check-format conditioned-clippy copy-apidocs coverage crate-clean-apidocs crate-copy-apidocs
        delete-lock examples-conditioned-compile format-toml-conditioned-flow github-publish-custom-name
        install-clippy outdated-ci-flow outdated-flow pre-publish-conditioned-clean-flow pre-publish-delete-lock
        readme-include-files readme-include-files-conditioned readme-set-crate-version test-multi-phases-flow
        test-thread-safe test-verbose watch-flow workspace-clean-apidocs workspace-copy-apidocs
        workspace-member-build-flow workspace-members-ci workspace-members-coverage workspace-publish-flow
        """,
        }.items()
        for name in names.split()
    }
)
"""What each of them does; those that only have dependencies or an alias are not in it."""

RUN_CARGO = frozenset(
    """
    audit bench bench-compile build build-release build-release-for-target check check-examples check-format
    check-tests clean clippy docs examples-compile format outdated package publish test test-single-threaded
    test-with-args unused-dependencies verify-project
    """.split()  # noqa: SIM905 - as above
)
"""Those whose command is `cargo`."""
