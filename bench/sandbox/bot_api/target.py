"""Where a request goes, read from its path: the bot's token, the method, and the query."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlencode

from bench.sandbox.bot_api.methods import CANONICAL
from bench.sandbox.bot_api.methods.downloads import DOWNLOAD

_CALLS = "/bot"
_DOWNLOADS = "/file/bot"


class Target(NamedTuple):
    """`method` is written as in the Bot API; a download is the method `DOWNLOAD`."""

    token: str
    method: str
    query: str


@lru_cache(maxsize=4096)
def read_target(raw_path: str) -> Target | None:
    """None for a path that is neither a call nor a download. Cached: a bot calls few paths again and again."""
    path, _, query = raw_path.partition("?")
    if path.startswith(_DOWNLOADS):
        token, _, file_path = unquote(path).removeprefix(_DOWNLOADS).partition("/")
        return Target(token, DOWNLOAD, urlencode({"file_path": file_path}))
    token, slash, method = unquote(path).removeprefix(_CALLS).partition("/")
    if not (path.startswith(_CALLS) and slash and method):
        return None
    return Target(token, CANONICAL.get(method.lower(), method), query)
