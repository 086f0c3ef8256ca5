"""The test suite; `tests.kit` is what the tests build repositories with."""
