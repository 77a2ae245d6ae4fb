"""Whatever grows with what comes from outside stands in docs/bounds.md, with a bound that is that of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.chats.reported_activity import NEW_A_DAY
from engine.receiver.http import at_once, key_limits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/bounds.md").read_text(encoding="utf-8")
GROWING = {"dict", "set", "list", "deque", "OrderedDict", "Counter", "defaultdict"}
ROOMS = ("chats", "core", "media", "poller", "receiver", "runtime", "security", "telegram")
ROWS = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in PAGE.splitlines() if line[:2] == "| "]
MEMORY = [
    (where, bound) for _, where, bound, _ in (row for row in ROWS if len(row) == 4) if where.startswith("`engine/")
]


def _collections(path: Path) -> Iterator[str]:
    """The attributes of objects in this file that begin as an empty collection, or are annotated as one; its caches."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.AnnAssign(target=ast.Attribute(attr=name), annotation=kind):
                if ast.unparse(kind).partition("[")[0] in GROWING:
                    yield name
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Dict() | ast.List() | ast.Set()):
                yield name
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Call(func=ast.Name(id=kind))) if (
                kind in GROWING
            ):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=ast.Call(func=ast.Name(id="lru_cache")))):
                yield name


def _constants(path: Path) -> dict[str, object]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = (node for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name))
    return {
        node.target.id: node.value.value
        for node in assigned
        if isinstance(node.target, ast.Name) and isinstance(node.value, ast.Constant)
    }


def test_every_collection_of_a_process_has_a_line() -> None:
    found = {
        f"`{path.relative_to(ROOT)}` `{name}`"
        for room in ROOMS
        for path in (ROOT / "engine" / room).rglob("*.py")
        for name in _collections(path)
    }
    assert found == {where for where, _ in MEMORY}


@pytest.mark.parametrize(("where", "bound"), [(where, bound) for where, bound in MEMORY if "`" in bound])
def test_a_named_bound_is_that_of_the_code(where: str, bound: str) -> None:
    constants = _constants(ROOT / where.split("`")[1])
    named = re.findall(r"`(\w+)` ([\d,]+)", bound)
    assert named
    assert {name: constants[name] for name, _ in named} == {name: int(text.replace(",", "")) for name, text in named}


def test_the_bounds_at_the_door_are_those_of_the_code() -> None:
    for name, limit in (("REQUESTS", key_limits.REQUESTS), ("ACTIVITIES", key_limits.ACTIVITIES)):
        assert f"`{name}`: {limit.rate:,} a second, {limit.burst:,} at once" in PAGE
    assert PAGE.count(f"`MOST`: {at_once.MOST}") == 2
    assert f"`NEW_A_DAY`: {NEW_A_DAY:,} a day" in PAGE
    assert f"up to {NEW_A_DAY:,} new people a day" in (ROOT / "docs/http-api.md").read_text(encoding="utf-8")
