"""How DATABASE_URL and REDIS_URL are read: each option does what it says, or is refused with its mend."""

import ssl
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from asyncpg import connect_utils
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import RecoveryError, SettingsError
from storage.postgres import address as postgres
from storage.postgres.connection import connect
from storage.redis import address as redis
from storage.redis.address import Kind
from storage.redis.client import open_redis
from tests.tls import Authority

_DATABASE = "postgresql://user:password@127.0.0.1:5432/recovery"
_REDIS = "rediss://user:password@127.0.0.1:6379/0"
_SECRET = "s3cr3t-word"  # noqa: S105 - it opens nothing


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.mark.parametrize(
    ("options", "passed", "sent", "timeout"),
    [
        ("", {}, {}, None),
        ("sslmode=require", {"sslmode": ["require"]}, {}, None),
        (
            "host=/run/postgresql&target_session_attrs=any",
            {"host": ["/run/postgresql"], "target_session_attrs": ["any"]},
            {},
            None,
        ),
        (
            "application_name=shop&options=-c%20geqo%3Doff",
            {},
            {"application_name": "shop", "options": "-c geqo=off"},
            None,
        ),
        ("connect_timeout=7", {}, {}, 7),
        ("channel_binding=prefer&gssencmode=disable&client_encoding=UTF8", {}, {}, None),
    ],
)
def test_what_an_option_of_the_database_does(
    options: str, passed: dict[str, list[str]], sent: dict[str, str], timeout: int | None
) -> None:
    read = postgres.read_address(f"{_DATABASE}?{options}", {})
    assert parse_qs(urlsplit(read["dsn"]).query) == passed
    assert read["server_settings"] == sent
    assert read.get("timeout") == timeout


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ("sslmod=require", "did you mean sslmode?"),
        ("ssl=true", "the option 'ssl' is not known"),
        ("pgbouncer=true", "delete it, or use one of"),
        ("sslmode=verify_full", "choose one of disable, allow, prefer, require, verify-ca, verify-full"),
        ("sslmode", "name=value"),
        ("sslmode=", "has no value"),
        ("sslmode=require&sslmode=disable", "appears twice"),
        ("sslmode=%ff", "name=value"),
        ("channel_binding=require", "delete it"),
        ("gssencmode=require", "delete it"),
        *((f"port={port}", "port is not a number up to 65535") for port in ("soon", "-5", "65536", "5432,x", "99999")),
        ("connect_timeout=soon", "seconds from 1 to 999"),
        ("connect_timeout=0", "seconds from 1 to 999"),
        ("sslrootcert=/nowhere.pem", "sslrootcert names /nowhere.pem, which cannot be read"),
        ("sslcert=/nowhere.pem", "sslcert names /nowhere.pem, which cannot be read"),
        ("sslcrl=/nowhere.pem", "sslcrl names /nowhere.pem, which cannot be read"),
        ("sslrootcert=pyproject.toml", "holds no certificate that fits"),
        ("sslcert=pyproject.toml", "holds no certificate that fits"),
        ("sslrootcert=system&sslmode=require", "needs sslmode=verify-full"),
        ("sslrootcert=system&ssl_min_protocol_version=TLSv1.3", "needs a file in sslrootcert"),
    ],
)
def test_what_the_database_address_cannot_do_is_refused_with_the_mend(options: str, mend: str) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: ") as refusal:
        postgres.read_address(f"{_DATABASE}?{options}", {})
    assert mend in str(refusal.value)


def test_the_systems_authorities_are_trusted_with_the_hosts_name() -> None:
    read = postgres.read_address(f"{_DATABASE}?sslrootcert=system&sslmode=verify-full&sslnegotiation=direct", {})
    assert isinstance(read["ssl"], ssl.SSLContext)
    assert read["ssl"].check_hostname
    assert parse_qs(urlsplit(read["dsn"]).query) == {"sslnegotiation": ["direct"]}


def test_our_own_certificate_is_read_with_its_key(authority: Authority) -> None:
    both = authority.issue()
    postgres.read_address(f"{_DATABASE}?sslcert={both}&sslkey={both}&sslrootcert={authority.path}", {})
    redis.read_address(f"{_REDIS}?ssl_certfile={both}&ssl_ca_certs={authority.path}")


async def test_what_only_the_client_can_see_is_refused_in_a_sentence_too() -> None:
    with pytest.raises(SettingsError, match=r"DATABASE_URL cannot be used .*sslmode=require"):
        await connect(f"{_DATABASE}?sslmode=prefer&sslnegotiation=direct", {})


@pytest.mark.parametrize("port", ["soon", "65536", "-1"])
async def test_a_port_of_the_environment_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PGPORT", port)
    with pytest.raises(RecoveryError, match="check DATABASE_URL"):
        await connect("postgresql://user:password@127.0.0.1/recovery", {})


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:{_SECRET}/x@127.0.0.1/recovery",
        f"postgresql://user:{_SECRET}@x@127.0.0.1/recovery",
        f"postgresql://user:x#{_SECRET}@127.0.0.1/recovery",
        f"postgresql://user:x?{_SECRET}@127.0.0.1/recovery",
        f"postgresql://user:{_SECRET}@127.0.0.1:port/recovery",
        f"postgresql://user:{_SECRET}@127.0.0.1:99999/recovery",
        f"redis://user:{_SECRET}/x@127.0.0.1/0",
        f"redis://user:x?{_SECRET}@127.0.0.1/0",
        f"redis://user:{_SECRET}@127.0.0.1/first",
        f"redis+sentinel://user:{_SECRET}/x@127.0.0.1/main",
        f"redis+sentinel://user:12/{_SECRET}@127.0.0.1/main",
        f"redis+sentinel://user:x#{_SECRET}@127.0.0.1/main",
        f"redis+cluster://user:{_SECRET}/x@127.0.0.1/",
        f"redis+cluster://user:12/{_SECRET}@127.0.0.1/",
        f"redis+cluster://user:x?{_SECRET}@127.0.0.1/",
    ],
)
async def test_a_password_that_is_not_encoded_is_not_quoted(url: str) -> None:
    with pytest.raises(RecoveryError, match="_URL") as refusal:
        await (connect(url, {}) if url.startswith("postgresql") else _opened(url))
    assert _SECRET not in str(refusal.value)


async def _opened(url: str) -> None:
    await open_redis(url).aclose()


@pytest.mark.parametrize("hosts", ["one:5432,two:5433", "[::1]:5432", "one", "", "one,two"])
def test_several_hosts_are_taken(hosts: str) -> None:
    read = postgres.read_address(f"postgresql://user:password@{hosts}/recovery?target_session_attrs=read-write", {})
    assert urlsplit(read["dsn"]).netloc == f"user:password@{hosts}"


@pytest.mark.parametrize(
    ("url", "kind", "hosts", "service", "database"),
    [
        ("redis+sentinel://a:1,b:2/main", Kind.SENTINELS, [("a", 1), ("b", 2)], "main", 0),
        ("redis+sentinel://a,[::1]:2/my%20primary/3", Kind.SENTINELS, [("a", 26379), ("::1", 2)], "my primary", 3),
        ("rediss+sentinel://a/main?db=4", Kind.SENTINELS, [("a", 26379)], "main", 4),
        ("redis+cluster://a:1,b/", Kind.CLUSTER, [("a", 1), ("b", 6379)], "", 0),
        ("rediss+cluster://10.0.0.1:7000/0?db=0", Kind.CLUSTER, [("10.0.0.1", 7000)], "", 0),
    ],
)
def test_several_hosts_of_redis_are_taken(
    url: str, kind: Kind, hosts: list[tuple[str, int]], service: str, database: int
) -> None:
    read = redis.read_address(url)
    assert (read.kind, list(read.hosts), read.service, read.options["db"]) == (kind, hosts, service, database)
    assert read.tls is url.startswith("rediss")


def test_sentinels_have_a_login_of_their_own() -> None:
    read = redis.read_address("redis+sentinel://user:word@a/main?sentinel_username=asker&sentinel_password=other")
    assert read.login == {"username": "asker", "password": "other"}
    assert read.options == {"db": 0, "username": "user", "password": "word"}


@pytest.mark.parametrize("scheme", ["redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"])
@given(password=st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_password_reaches_several_hosts_as_it_is(scheme: str, password: str) -> None:
    path = "main" if "sentinel" in scheme else ""
    read = redis.read_address(f"{scheme}://user:{quote(password, safe='')}@a:1,b:2/{path}")
    assert (read.options["username"], read.options["password"]) == ("user", password)
    assert read.hosts == (("a", 1), ("b", 2))


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_password_reaches_both_clients_as_it_is(password: str) -> None:
    encoded = quote(password, safe="")
    read = postgres.read_address(f"postgresql://user:{encoded}@127.0.0.1/recovery", {})
    _, parameters, _ = connect_utils._parse_connect_arguments(  # type: ignore[attr-defined]  # only it tells what was read
        **_NOTHING, dsn=read["dsn"], server_settings=read["server_settings"]
    )
    assert parameters.password == password
    client = open_redis(f"redis://user:{encoded}@127.0.0.1/0")
    assert client.connection_pool.connection_kwargs["password"] == password


_NOTHING = dict.fromkeys(
    (
        "host",
        "port",
        "user",
        "password",
        "passfile",
        "database",
        "command_timeout",
        "ssl",
        "direct_tls",
        "target_session_attrs",
        "krbsrvname",
        "gsslib",
        "service",
        "servicefile",
    )
) | {"statement_cache_size": 0, "max_cached_statement_lifetime": 0, "max_cacheable_statement_size": 0}


@pytest.mark.parametrize(
    ("url", "option", "value"),
    [
        (f"{_REDIS}?ssl_cert_reqs=none", "ssl_cert_reqs", "none"),
        (f"{_REDIS}?ssl_check_hostname=false", "ssl_check_hostname", False),
        (f"{_REDIS}?ssl_min_version=TLSv1.3", "ssl_min_version", ssl.TLSVersion.TLSv1_3),
        (f"{_REDIS}?client_name=shop", "client_name", "shop"),
        ("redis://127.0.0.1/3", "db", 3),
        ("unix:///run/redis.sock?db=4", "db", 4),
        ("unix:///run/redis.sock?password=word", "password", "word"),
    ],
)
def test_what_an_option_of_redis_does(url: str, option: str, value: object) -> None:
    assert open_redis(url).connection_pool.connection_kwargs[option] == value


@pytest.mark.parametrize(
    ("url", "mend"),
    [
        (f"{_REDIS}?ssl_cert_req=none", "did you mean ssl_cert_reqs?"),
        (f"{_REDIS}?timeout=3", "is not known"),
        (f"{_REDIS}?ssl_cert_reqs=maybe", "choose one of required, optional, none"),
        (f"{_REDIS}?ssl_check_hostname=no", "choose one of true, false"),
        (f"{_REDIS}?ssl_min_version=TLSv1.1", "choose one of TLSv1.2, TLSv1.3"),
        (f"{_REDIS}?ssl_ca_certs=/nowhere.pem", "ssl_ca_certs names /nowhere.pem, which cannot be read"),
        (f"{_REDIS}?ssl_ca_certs=pyproject.toml", "holds no certificate that fits"),
        (f"{_REDIS}?ssl_certfile=/nowhere.pem", "ssl_certfile names /nowhere.pem, which cannot be read"),
        ("redis://127.0.0.1/0?ssl_cert_reqs=none", "write rediss:// at the beginning"),
        ("redis://127.0.0.1/0?db=one", "write db=0"),
        ("redis://127.0.0.1/0?db=1&db=2", "appears twice"),
        ("redis://127.0.0.1/zero", "not the number of a database"),
        ("redis://one:6379,two:6379/0", "for several hosts begin it with redis+sentinel://"),
        ("redis+sentinel://one:26379,two:26379", "how the Sentinels call the primary, such as /mymaster"),
        ("redis+sentinel://one:26379/main/zero", "not the number of a database"),
        ("redis+sentinel://one:26379,two:none/main", "write each host as host:port"),
        ("redis+sentinel://one:26379,,two/main", "write each host as host:port"),
        ("redis+sentinel://one:0/main", "write each host as host:port"),
        ("redis+sentinel://one:65536/main", "write each host as host:port"),
        ("redis+sentinel://one/main?ssl_cert_reqs=none", "write rediss:// at the beginning"),
        ("redis+sentinel://one/main?sentinel_pass=word", "did you mean sentinel_password?"),
        ("redis://one/0?sentinel_password=word", "is for Sentinels"),
        ("redis+cluster://one/?sentinel_password=word", "is for Sentinels"),
        ("redis+cluster://one/1", "a cluster has one database"),
        ("redis+cluster://one/?db=1", "a cluster has one database"),
        ("redis+cluster:///", "write each host as host:port"),
    ],
)
def test_what_the_redis_address_cannot_do_is_refused_with_the_mend(url: str, mend: str) -> None:
    with pytest.raises(SettingsError, match=r"^REDIS_URL: ") as refusal:
        open_redis(url)
    assert mend in str(refusal.value)
