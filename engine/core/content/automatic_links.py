"""What Telegram makes a link of by itself when it stands in a text.

An address without a protocol is one only if its ending is in use: `buy.com` is a link, and `J.R. Silva`, `Dr.João` and
`25.12` are names and dates. Telegram takes a capital letter after a dot for the beginning of a word, as in `Dr.Rio`,
but what is followed by a path can be nothing else than an address.
"""

import re
from typing import Final

from engine.core.content import invisible
from engine.core.content.top_level_domains import TOP_LEVEL_DOMAINS

_MARKED: Final = re.compile(
    r"://"
    r"|(?<!\w)@\w|@\w{4}"  # mentions, mail; "M@ria" is neither
    r"|(?<!\w)#\w*[^\W\d_]"  # a hashtag has a letter: "Ana #1" has none
    r"|(?<!\w)/\w"  # commands
    r"|(?<![\w$])\$[A-Z]{1,8}(?![\w$])"  # shares
    r"|(?<!\w)\+?\d(?:[ -]?\d){6}"  # numbers of telephones and cards
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"  # IPv4 addresses
)
_ADDRESS: Final = re.compile(r"(?<=[^\s.])\.(?P<ending>[\w-]++)(?!\.[\w-])(?P<path>/?)")


def has_link(text: str) -> bool:
    plain = invisible.unjoined(text)
    return bool(_MARKED.search(plain)) or any(map(_is_address, _ADDRESS.finditer(plain)))


def _is_address(found: re.Match[str]) -> bool:
    ending = found["ending"].strip("-_")
    begins_a_word = ending[:1].isupper() and ending[1:].islower() and not found["path"]
    return not begins_a_word and (ending.lower() in TOP_LEVEL_DOMAINS or ending.lower().startswith("xn--"))
