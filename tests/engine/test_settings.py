"""Each wrong variable is named with its mend; a secret is never printed."""

from pathlib import Path

import pytest

from engine.core.errors import SettingsError
from engine.settings import load_settings, read_dotenv

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
GOOD = {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DATABASE_URL": "postgresql://me:hunter2@127.0.0.1/recovery",
    "ENCRYPTION_KEY": KEY,
}
NO_FILE = Path("there-is-no-such.env")


def test_defaults_are_those_of_production() -> None:
    settings = load_settings(GOOD, NO_FILE)
    assert (settings.shards, settings.min_threshold_ms, settings.telegram_api_url) == (
        None,
        60_000,
        "https://api.telegram.org",
    )
    assert (settings.webhook_url, settings.port) == (None, None)


def test_nothing_secret_is_printed() -> None:
    shown = repr(load_settings({**GOOD, "REDIS_URL": "redis://:open-sesame@127.0.0.1/0"}, NO_FILE))
    assert not [secret for secret in ("hunter2", KEY, "open-sesame") if secret in shown]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("METRICS_PORT", "70000"),
        ("MANAGER_BOT_TOKEN", "not a token"),
        ("ADMIN_IDS", "7, ana"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "http://127.0.0.1"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgresql://[x"),
        ("DATABASE_URL", "postgresql://h:notaport/x"),
        ("DATABASE_URL", "postgresql://h:99999/x"),
        ("REDIS_URL", "redis://:pw@h:notaport/0"),
        ("ENCRYPTION_KEY", ""),
        ("ENCRYPTION_KEY", "short"),
        ("ENCRYPTION_KEY", f"{KEY[:9]}!{KEY[9:]}"),
        ("SHARDS", "1" * 5_000),
        ("ENCRYPTION_KEY", f"{KEY},é"),
        ("TELEGRAM_API_URL", "ftp://x"),
        ("SHARDS", "0"),
        ("SHARDS", "many"),
        ("SHARDS", "²"),
        ("MIN_THRESHOLD_SECONDS", "-1"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WEBHOOK_URL", "http://bots.example.org"),
        ("WEBHOOK_URL", "https://"),
        ("WEBHOOK_URL", "https://bots.example.org/?x=1"),
        ("WEBHOOK_URL", "https://bots.example.org/#x"),
        ("WEBHOOK_URL", "https://bots.example.org/a b"),
        ("MEDIA_DIR", "./media"),
        ("PUBLIC_URL", "http://go.example.org"),
        ("PUBLIC_URL", "https://go.example.org/?x=1"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_variable_is_named_with_the_mend(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} .+[:.] ?.*"):
        load_settings({**GOOD, name: value}, NO_FILE)


@pytest.mark.parametrize(
    "address", ["", "http://one", "sentinel://one:1/x", "redis-cluster://one:1,two:2/", "redis+cluster://one:x/"]
)
def test_a_refused_address_of_redis_is_told_with_the_form_of_each_kind(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({**GOOD, "REDIS_URL": address}, NO_FILE)
    for scheme in ("redis://", "redis+sentinel://", "redis+cluster://"):
        assert f" {scheme}" in str(refused.value)


def test_bots_by_webhook_are_listened_for() -> None:
    settings = load_settings({**GOOD, "WEBHOOK_URL": "https://bots.example.org/in/"}, NO_FILE)
    assert (settings.webhook_url, settings.host, settings.port) == ("https://bots.example.org/in", "127.0.0.1", 8080)


def test_people_find_the_receivers_where_telegram_does_unless_it_is_said_otherwise() -> None:
    links = {"PUBLIC_URL": "https://go.example.org/"}
    settings = load_settings({**GOOD, **links}, NO_FILE)
    assert (settings.webhook_url, settings.public_url, settings.port) == (None, "https://go.example.org", 8080)
    both = load_settings({**GOOD, **links, "WEBHOOK_URL": "https://bots.example.org"}, NO_FILE)
    assert (both.webhook_url, both.public_url) == ("https://bots.example.org", "https://go.example.org")
    webhook = load_settings({**GOOD, "WEBHOOK_URL": "https://bots.example.org"}, NO_FILE)
    assert webhook.public_url == "https://bots.example.org"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text('# mine\nexport SHARDS="3"\nLOG_FORMAT=json\n')
    settings = load_settings({**GOOD, "SHARDS": "2"}, dotenv)
    assert (settings.shards, settings.log_format) == (2, "json")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A=", ""),
        ("A= b c ", "b c"),
        ("A=b=c#d", "b=c#d"),
        ('A="b\' #c"', "b' #c"),
        ("A=' b\u2028'", " b\u2028"),
        ("\ufeffA=b", "b"),
        ("export A=b\r", "b"),
    ],
)
def test_a_value_is_read_as_it_is_written(tmp_path: Path, written: str, read: str) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"{written}\n", encoding="utf-8", newline="")
    assert read_dotenv(dotenv) == {"A": read}


@pytest.mark.parametrize(
    "line",
    ["nonsense", "A B=c", "1=2", "=x", "A=b # c", "A=# c", "A=it's", "A='b", "A=b'", "A='b' c", "A='b''c'", "SHARDS=2"],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"SHARDS=1\n{line}\n")
    with pytest.raises(SettingsError, match="line 2"):
        load_settings(GOOD, dotenv)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes("A=b".encode("utf-16"))
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        load_settings(GOOD, dotenv)


def test_owners_are_listed_with_commas_and_the_managers_token_stays_hidden() -> None:
    settings = load_settings({**GOOD, "ADMIN_IDS": " 7, 8 ,", "MANAGER_BOT_TOKEN": "123456:ABC-def"}, NO_FILE)
    assert settings.admin_ids == {7, 8}
    assert settings.manager_token is not None
    assert settings.manager_token.reveal() == "123456:ABC-def"
    assert "ABC-def" not in repr(settings)
