"""Phases: what may start and complete, what follows from a failure, and what is left before a release."""
