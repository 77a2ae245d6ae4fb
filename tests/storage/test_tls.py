"""PostgreSQL and Redis over TLS: whom the clients trust, and what they say of whom they do not."""

import asyncio
import datetime as dt
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.core.errors import UnreachableError
from storage.postgres.pool import open_pool
from storage.redis import client
from storage.redis.client import check_redis, open_redis
from tests.tls import Authority, Doors, doors

_EXPIRED = dt.timedelta(days=-1)


class _Tls:
    def __init__(self, directory: Path, database_url: str, redis_url: str) -> None:
        self.ours = Authority(directory, "ours")
        self.theirs = Authority(directory, "theirs")
        self._urls = database_url, redis_url

    @contextmanager
    def doors(self, certificate: Path, guests: Path | None = None) -> Iterator[Doors]:
        with doors(*self._urls, certificate, guests) as both:
            yield both


@pytest.fixture
def tls(tmp_path: Path, database_url: str, redis_url: str) -> _Tls:
    return _Tls(tmp_path, database_url, redis_url)


async def _query(database_url: str) -> int:
    pool = await open_pool(database_url)
    try:
        return int(await pool.fetchval("SELECT 1"))
    finally:
        await pool.close()


async def _ping(redis_url: str) -> None:
    redis = open_redis(redis_url)
    try:
        await check_redis(redis)
    finally:
        await redis.aclose()


@pytest.mark.parametrize(
    "options", ["sslmode=verify-full&sslrootcert={ours}", "sslmode=verify-ca&sslrootcert={ours}", "sslmode=require", ""]
)
async def test_postgresql_is_reached_over_tls(tls: _Tls, options: str) -> None:
    with tls.doors(tls.ours.issue()) as doors:
        assert await _query(f"{doors.database_url}?{options.format(ours=tls.ours.path)}") == 1


@pytest.mark.parametrize(
    "options", ["ssl_ca_certs={ours}", "ssl_ca_certs={ours}&ssl_min_version=TLSv1.3", "ssl_cert_reqs=none"]
)
async def test_redis_is_reached_over_tls(tls: _Tls, options: str) -> None:
    with tls.doors(tls.ours.issue()) as doors:
        await _ping(f"{doors.redis_url}?{options.format(ours=tls.ours.path)}")


@pytest.mark.parametrize("fault", ["of another authority", "of another host", "expired"])
async def test_a_wrong_certificate_is_refused_with_the_mend(tls: _Tls, fault: str) -> None:
    wrong: dict[str, Callable[[], Path]] = {
        "of another authority": tls.theirs.issue,
        "of another host": lambda: tls.ours.issue("elsewhere.example"),
        "expired": lambda: tls.ours.issue(lasts=_EXPIRED),
    }
    with tls.doors(wrong[fault]()) as doors:
        with pytest.raises(UnreachableError, match=r"certificate is not accepted .*sslrootcert in DATABASE_URL"):
            await _query(f"{doors.database_url}?sslmode=verify-full&sslrootcert={tls.ours.path}")
        with pytest.raises(UnreachableError, match="ssl_ca_certs in REDIS_URL"):
            await _ping(f"{doors.redis_url}?ssl_ca_certs={tls.ours.path}")


async def test_a_server_that_asks_for_our_certificate_is_reached_with_it_alone(tls: _Tls) -> None:
    good, wrong = tls.ours.issue("client.example"), tls.theirs.issue("client.example")
    with tls.doors(tls.ours.issue(), guests=tls.ours.path) as doors:
        database = f"{doors.database_url}?sslmode=verify-full&sslrootcert={tls.ours.path}"
        redis = f"{doors.redis_url}?ssl_ca_certs={tls.ours.path}"
        assert await _query(f"{database}&sslcert={good}&sslkey={good}") == 1
        await _ping(f"{redis}&ssl_certfile={good}")
        for theirs in ("", f"&sslcert={wrong}&sslkey={wrong}"):
            with pytest.raises(UnreachableError, match="sslcert if it wants a certificate of ours"):
                await _query(database + theirs)
        for theirs in ("", f"&ssl_certfile={wrong}"):
            with pytest.raises(UnreachableError, match="ssl_certfile if it asks for a certificate"):
                await _ping(redis + theirs)


async def test_a_certificate_of_another_host_passes_where_only_the_authority_counts(tls: _Tls) -> None:
    with tls.doors(tls.ours.issue("elsewhere.example")) as doors:
        assert await _query(f"{doors.database_url}?sslmode=verify-ca&sslrootcert={tls.ours.path}") == 1
        await _ping(f"{doors.redis_url}?ssl_ca_certs={tls.ours.path}&ssl_check_hostname=false")


async def test_a_server_without_tls_is_refused_with_the_mend(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_CONNECT_TIMEOUT_S", 0.2)
    with pytest.raises(UnreachableError, match="turn on TLS in the server"):
        await _query(f"{database_url}?sslmode=require")
    with pytest.raises(UnreachableError, match="begins with rediss:// only if it takes TLS"):
        await _ping(redis_url.replace("redis://", "rediss://"))


async def test_a_failure_without_words_is_named(database_url: str) -> None:
    """A server without TLS hangs up on who begins with it."""
    with pytest.raises(UnreachableError, match=r"does not answer \(\w+\): check DATABASE_URL"):
        await _query(f"{database_url}?sslmode=require&sslnegotiation=direct")


async def test_a_parameter_that_a_pooler_does_not_pass_on_is_refused_with_the_mend() -> None:
    async with await asyncio.start_server(_refuse_parameters, "127.0.0.1", 0) as pooler:
        port = pooler.sockets[0].getsockname()[1]
        with pytest.raises(UnreachableError, match=r"startup parameter: geqo\): take it out of DATABASE_URL"):
            await _query(
                f"postgresql://user:password@127.0.0.1:{port}/recovery?sslmode=disable&options=-c%20geqo%3Doff"
            )


async def _refuse_parameters(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As PgBouncer does."""
    await reader.read(1024)
    said = b"SFATAL\0C08P01\0Munsupported startup parameter: geqo\0\0"
    writer.write(b"E" + struct.pack("!i", 4 + len(said)) + said)
    await writer.drain()
    writer.close()


async def test_an_address_without_tls_does_not_reach_a_server_that_takes_nothing_else(tls: _Tls) -> None:
    with tls.doors(tls.ours.issue()) as doors:
        with pytest.raises(UnreachableError, match="check DATABASE_URL"):
            await _query(f"{doors.database_url}?sslmode=disable")
        with pytest.raises(UnreachableError, match="check REDIS_URL"):
            await _ping(doors.redis_url.replace("rediss://", "redis://"))


async def test_no_refusal_shows_the_password(tls: _Tls) -> None:
    with tls.doors(tls.theirs.issue()) as doors:
        for reach, url in (
            (_query, f"{doors.database_url}?sslmode=verify-full&sslrootcert={tls.ours.path}"),
            (_ping, doors.redis_url),
        ):
            with pytest.raises(UnreachableError) as refusal:
                await reach(url)
            assert str(urlsplit(url).password) not in str(refusal.value)
