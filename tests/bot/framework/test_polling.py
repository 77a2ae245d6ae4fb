"""An answer that acknowledges nothing is a failure: the next poll waits, and does not ask for the same at once."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.framework.admission import Admission
from bot.framework.intake import Intake
from bot.framework.known_admins import KnownAdmins
from bot.framework.polling import Polled, Polling
from bot.framework.strangers import Strangers
from engine.telegram.client import BotApi
from engine.telegram.refused_call import Refused


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"ok":true,"result":[{}]}', Refused),
        (b'{"ok":true,"result":[{"update_id":2147483648},{"update_id":"5"}]}', Refused),
        (b'{"ok":true}', Refused),
        (b'{"ok":true,"result":null}', Refused),
        (b'{"ok":true,"result":[]}', Polled),
        (b'{"ok":true,"result":[{},{"update_id":5}]}', Polled),
    ],
)
async def test_what_cannot_be_acknowledged_is_a_failure(body: bytes, kind: type) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    async def handle(*_: object) -> None:
        raise AssertionError("none of them is a message")

    async def nobody() -> frozenset[int]:
        return frozenset()

    admission = Admission(KnownAdmins(frozenset(), nobody), [b"key"], 7, Strangers())
    intake = Intake(admission, handle, handle, {})
    telegram = web.Application()
    telegram.router.add_post("/{path:.*}", answer)
    async with TestServer(telegram) as server, aiohttp.ClientSession() as session:
        polling = Polling(BotApi(session, str(server.make_url("")).rstrip("/"), "7:token"), intake)
        assert isinstance(await polling.run_once(), kind)
        await intake.finish()
