"""What files gates ask of the contents of files: lengths, texts that must and texts that must not be in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gatekeeper.core.gates.tree import JudgedTree, Unreadable, named_files
from gatekeeper.core.gates.verdict import Blocker

if TYPE_CHECKING:
    from gatekeeper.core.gates.spec import FilesGate
    from gatekeeper.core.names import TreePath


def content_blockers(spec: FilesGate, tree: JudgedTree) -> Iterator[Blocker]:
    """Yield what stands against the gate; each file is read once, and one at a time is in memory."""
    named = named_files(tree, spec.files)
    yield from named.blockers
    missing = dict.fromkeys(spec.contains)
    lines = 0
    for path in named.files:
        content = _text(tree, path)
        if isinstance(content, Unreadable):
            yield Blocker(f"{path} {content.reason}", path)
            continue
        lines += content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
        for text in [text for text in missing if text.encode() in content]:
            del missing[text]
        yield from _forbidden(spec.forbids, path, content)
    everywhere = ", ".join(spec.files)
    for text in missing:
        yield Blocker(f"no file holds {text!r}", everywhere)
    if lines < spec.min_lines:
        yield Blocker(f"there are {lines} lines together, and at least {spec.min_lines} have to be", everywhere)


def _text(tree: JudgedTree, path: TreePath) -> bytes | Unreadable:
    content = tree.read(path)
    if isinstance(content, bytes) and b"\0" in content:
        return Unreadable("is not text: it holds a NUL byte")
    return content


def _forbidden(texts: tuple[str, ...], path: TreePath, content: bytes) -> Iterator[Blocker]:
    """Yield each line that holds one of ``texts``, once for each of them."""
    wanted = [(text, text.encode()) for text in texts if text.encode() in content]
    if not wanted:
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        for text, spelled in wanted:
            if spelled in line:
                yield Blocker(f"{path} holds {text!r}", f"{path}:{number}")
