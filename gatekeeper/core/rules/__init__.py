"""The catalogue of conflicts, one module a family."""
