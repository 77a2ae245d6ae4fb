"""The body of an answer, up to a limit: what answers may be broken, or may not be Telegram at all.

The limit counts bytes as they are after inflating, and holds while they arrive.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import ClientPayloadError, ClientResponse

MOST: Final = 1024 * 1024
"""Far more than the longest message, or album of ten, that Telegram answers with."""
MOST_UPDATES: Final = 16 * 1024 * 1024
"""For getUpdates, which brings a hundred updates at once."""


class AnswerTooLongError(ClientPayloadError):
    """The answer goes on beyond the limit, so it is not read any further."""


async def read_body(response: ClientResponse, most: int = MOST) -> bytes:
    """Raises ClientError, as for any other answer that does not arrive, and TimeoutError."""
    content = response.content
    body = bytearray()
    while not content.at_eof():
        body += await content.readany()
        if len(body) > most:
            raise AnswerTooLongError
    return bytes(body)


def is_redirect(status: int) -> bool:
    """The address contains the token, and would be given to whoever the redirect names; nor is its body an answer."""
    return HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
