"""The command line: one file a command; ``main.py`` turns failures into messages and exit codes."""
