"""PostgreSQL and Redis over TLS: whom the clients trust, and what they say of whom they do not."""

import datetime as dt
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
    def doors(self, certificate: Path) -> Iterator[Doors]:
        with doors(*self._urls, certificate) as both:
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


async def test_a_certificate_of_another_host_passes_where_only_the_authority_counts(tls: _Tls) -> None:
    with tls.doors(tls.ours.issue("elsewhere.example")) as doors:
        assert await _query(f"{doors.database_url}?sslmode=verify-ca&sslrootcert={tls.ours.path}") == 1
        await _ping(f"{doors.redis_url}?ssl_ca_certs={tls.ours.path}&ssl_check_hostname=false")


async def test_a_server_without_tls_is_refused_with_the_mend(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_TIMEOUT_S", 0.2)
    with pytest.raises(UnreachableError, match="turn on TLS in the server"):
        await _query(f"{database_url}?sslmode=require")
    with pytest.raises(UnreachableError, match="begins with rediss:// only if it takes TLS"):
        await _ping(redis_url.replace("redis://", "rediss://"))


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
