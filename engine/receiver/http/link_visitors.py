"""Says whether a request for a tracked link is a person's tap, or a program that looks ahead.

Browsers say so in their headers; programs that fetch pages for previews and search engines name themselves in
`User-Agent`. Whatever names itself as none of these is taken for a person: a sign of life that is missed sends a
reminder to somebody who has come back, while a false one counts only once for each message.
"""

import re
from collections.abc import Mapping
from typing import Final

_LOOKS_AHEAD: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz", "Range", "From")
"""Browsers say the purpose of a prefetch or preview. Only programs ask for a part of a page, or say whose they are."""
_OPENS: Final = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
"""What a browser says when a person opens a page; a picture, a frame and a script are fetched with other words."""
_PROGRAMS: Final = (
    # Every robot that keeps the conventions: its kind, or where to read about it. Cubot makes phones.
    r"(?<!cu)bot|crawl|spider|scrap(?:e|y|\b)|slurp|preview|unfurl|fetch|archiver|validator",
    r"https?://|mailto:|compatible; (?!msie)",
    # Messengers and networks that name themselves in another way. iMessage borrows Facebook's name, Signal WhatsApp's.
    r"^(?:whatsapp|viber|signal|snapchat|skype|line|kakaotalk)\b",
    r"external(?:hit|agent)|facebookcatalog|vkshare|iframely|embedly|cardyb|proxy|google-|-google",
    # Browsers that nobody looks at: previews with a picture of the page, and scanners of mail.
    r"headless|lighthouse|favicon",
    # Office looks at a link before it opens the browser.
    r"ms-office|^microsoft office",
    # What apps on a phone and services fetch previews with. Their browsers say Mozilla.
    r"^(?:okhttp|dalvik|go-http-client|java|apache-httpclient|node|axios|got|guzzlehttp|ruby|php|libwww-perl)\b",
    r"^(?!mozilla).*cfnetwork",
)
_PROGRAM: Final = re.compile("|".join(_PROGRAMS), re.IGNORECASE)


def is_tap(method: str, headers: Mapping[str, str]) -> bool:
    return (
        method == "GET"
        and not any(headers.get(name) for name in _LOOKS_AHEAD)
        and all(headers.get(name, expected) == expected for name, expected in _OPENS.items())
        and not _PROGRAM.search(headers.get("User-Agent", ""))
    )
