"""Merges of files: by hand, for git as its merge driver, and in a merge that git has left conflicts in."""
