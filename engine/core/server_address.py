"""How the address of one server or of several is split, whatever the release of Python makes of brackets.

Some releases refuse `a,[::1]:2`: nothing may stand before a bracket, they say. So the hosts are cut out first.
"""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_HOSTS: Final = re.compile(r"(?<=://)[^/?#]*")


def split_address(url: str) -> SplitResult:
    """As `urlsplit` does it, with several hosts too; only the parts of one host can be asked for one by one.

    Raises ValueError for a single host that is no address.
    """
    hosts = _HOSTS.search(url)
    if not hosts or "," not in hosts[0]:
        return urlsplit(url)
    return urlsplit(url[: hosts.start()] + url[hosts.end() :])._replace(netloc=hosts[0])
