"""Whatever an update contains, the manager answers the next one, and repeats no word of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.runtime.telemetry import configure, configure_safely
from engine.settings import load_settings
from tests.bot.odd_updates import KINDS, WORDS, real, spoiled, written
from tests.flows.house import KEY
from tests.flows.office import Office, open_office

ANSWERS = ("Not available", "One moment…")
"""To a tap on a button that is none of ours; the second on a busy machine."""
REPORTED = {
    "a forward without the name of its hidden author": b'"forward_origin":{"type":"hidden_user","date":1422450181}',
    "a reply to a story without a story": b'"story":{}',
    "half of a surrogate pair": rb'"caption":"\ud83d"',
    "absurd nesting": b'"x":' + b"[" * 20_000 + b"]" * 20_000,
    "an id beyond the database": b'"from":{"id":1180591620717411303424,"is_bot":false,"first_name":"x"}',
}


pytestmark = pytest.mark.usefixtures("_logged")


@pytest.fixture
def _logged() -> Iterator[None]:
    environ = {"REDIS_URL": "redis://x", "DATABASE_URL": "postgresql://x/x", "ENCRYPTION_KEY": KEY}
    configure(load_settings({**environ, "LOG_FORMAT": "json", "LOG_LEVEL": "debug"}, Path("none")))
    yield
    configure_safely()


@pytest.fixture
async def office(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with open_office(redis_url, database_url, monkeypatch, language="en") as opened:
        await opened.owner.start()
        yield opened


@pytest.mark.parametrize("field", REPORTED.values(), ids=REPORTED)
async def test_an_update_that_was_reported_stops_nobody(
    office: Office, field: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    person = b'{"id":%d,"type":"private","is_bot":false,"first_name":"x"}' % (await office.someone()).id
    office.arrives(
        b'"message":{"message_id":9,"date":1,"chat":%s,"from":%s,"text":"%s",%s}'
        % (person, person, WORDS.encode(), field)
    )
    assert await office.owner.tap("anything") in ANSWERS
    assert WORDS not in "".join(capfd.readouterr())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32), ours=st.booleans())
async def test_no_update_stops_the_manager_or_is_repeated(
    office: Office,
    capfd: pytest.CaptureFixture[str],
    kind: str,
    seed: int,
    ours: bool,  # noqa: FBT001 - drawn
) -> None:
    chance = Random(seed)
    update = spoiled(real(kind, chance, office.owner.id if ours else 7), chance)
    office.arrives(written(update, chance)[1:-1])
    assert await office.owner.tap("anything") in ANSWERS
    assert WORDS not in "".join(capfd.readouterr())
