"""Whatever happens to the engine, it reveals no token, no key, no password and no text of a user.

The processes are real and log at the most verbose level. The test reads their logs, their metrics, and the tables that
admins see.
"""

import asyncio
import re
import secrets
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp
import asyncpg
import pytest

from bench.harness.stack import Stack, give_campaign, running_stack
from bench.sandbox import SandboxClient, ports
from bench.sandbox.protocol import BotInfo, Fault, FaultKind
from engine.administration import api_keys
from engine.core.change import Change
from storage.postgres.pool import Pool, open_pool

PATIENCE_S = 60.0
BLOCK_WORDS, CAPTION_WORDS, LABEL_WORDS, USER_WORDS = (
    "marmalade-zanzibar",
    "caption-of-quartz",
    "label-of-onyx",
    "segredo-do-cliente",
)
MARK = "marked-by-the-caller"
"""Stands in whatever strangers send."""
WRITTEN_BY_ADMINS = {BLOCK_WORDS, CAPTION_WORDS, LABEL_WORDS}
CAMPAIGN = f"""
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks:
      - {{key: one, text: "Hi {{first_name|friend}}, {BLOCK_WORDS}", buttons: [[{{text: {LABEL_WORDS}, url: https://example.org/{LABEL_WORDS}}}]]}}
      - {{key: two, document: note.txt, caption: {CAPTION_WORDS}}}
      - {{key: three, text: "{BLOCK_WORDS} again", delete_after: 1s}}
"""
FAULTS = {
    FaultKind.TOO_MANY_REQUESTS: "sent",
    FaultKind.ACCEPT_THEN_DROP: "unknown",
    FaultKind.BAD_REQUEST: "failed",
    FaultKind.BAD_GATEWAY: "unknown",
    FaultKind.BLOCKED: "failed",
}
_DELIVERY = "SELECT 1 FROM recovery_deliveries WHERE chat_id = $1"
BOOKS = ("incidents", "audit_log", "api_keys", "recovery_deliveries", "recovery_episodes", "payments")


def free_address() -> tuple[str, int]:
    with ports.listen(0) as free:
        host, port = free.getsockname()
    return host, port


class Run:
    """A run in which everything has happened: its processes, its logs and its bots."""

    def __init__(self, stack: Stack, logs: Path, bots: Sequence[BotInfo]) -> None:
        self.stack = stack
        self.logs = logs
        self.bots = bots
        self.metrics: list[int] = []
        self.api_key = ""
        self.answers: dict[str, str] = {}
        """What strangers were answered."""

    def measure(self) -> None:
        """Give the process that starts next a port for its metrics."""
        _, port = free_address()
        self.stack.env["METRICS_PORT"] = str(port)
        self.metrics.append(port)

    async def said(self) -> dict[str, str]:
        """The output, by where it was found."""
        logs = {path.name: path.read_text() for path in self.logs.glob("*.log") if path.name != "sandbox.log"}
        return logs | await self._told() | await self._written() | self.answers

    async def _told(self) -> dict[str, str]:
        async with aiohttp.ClientSession() as session:
            told = {}
            for port in self.metrics:
                async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    told[f"metrics {port}"] = await answer.text()
        return told

    async def _written(self) -> dict[str, str]:
        connection = await asyncpg.connect(self.stack.settings.database_url)
        try:
            return {table: str(await connection.fetch(f"SELECT * FROM {table}")) for table in BOOKS}
        finally:
            await connection.close()

    def secrets(self) -> set[str]:
        """Each secret as it is, and as it is quoted in an address."""
        tokens = {bot.token for bot in self.bots}
        servers = (self.stack.env["DATABASE_URL"], self.stack.env["REDIS_URL"])
        passwords = {urlsplit(url).password or "" for url in servers} - {""}
        halves = {token.partition(":")[2] for token in tokens}
        plain = tokens | halves | passwords | {self.stack.env["ENCRYPTION_KEY"], self.api_key}
        plain |= WRITTEN_BY_ADMINS | {USER_WORDS, MARK}
        return plain | {quote(word, safe="") for word in plain}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running_stack(tmp_path) as stack:
        stack.env["LOG_LEVEL"] = "debug"
        yield stack


@pytest.fixture
async def run(tmp_path: Path, stack: Stack) -> Run:
    """A run in which everything has happened."""
    (tmp_path / "note.txt").write_text("a note")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    ready = stack.start_sandbox(2, 0)
    run = Run(stack, tmp_path, ready.bots)
    await give_campaign(stack.settings, ready.bots, tmp_path / "campaign.yaml")
    await _begin(run)
    pool = await open_pool(stack.settings.database_url)
    try:
        async with SandboxClient(ready.control_url) as people:
            await _spoil(pool, people, ready.bots[0])
            await _pay(run, pool, people, ready.bots[0])
            await people.revoke_token(ready.bots[1].id)
            await _until_logged(stack, "receiver-0", "Unauthorized")
    finally:
        await pool.close()
    return run


async def _begin(run: Run) -> None:
    host, port = free_address()
    run.stack.env |= {"PUBLIC_URL": f"http://{host}:{port}", "HOST": host, "PORT": str(port)}
    run.measure()
    run.stack.start_receiver()
    await run.stack.set_shards(1)
    run.measure()
    run.stack.start_poller(0)


async def _spoil(pool: Pool, people: SandboxClient, bot: BotInfo) -> None:
    """Give each person one fault at the first block, and wait until each episode ends as it must."""
    for kind, status in FAULTS.items():
        (person,) = await people.add_people(1, names=(USER_WORDS,))
        await people.set_fault(Fault(kind, bot=bot.id, chat_id=person.id, method="sendMessage", count=1))
        await people.start(bot.id, person.id)
        await people.write(bot.id, person.id, USER_WORDS)
        await _until(pool, f"{_DELIVERY} AND block_key = 'one' AND status = $2", person.id, status)
    await _until(pool, "SELECT 1 FROM recovery_deliveries WHERE block_key = 'three' AND deleted_at IS NOT NULL")


async def _pay(run: Run, pool: Pool, people: SandboxClient, bot: BotInfo) -> None:
    """Pay in the chat, and through the bot's own code."""
    (person,) = await people.add_people(1)
    await people.start(bot.id, person.id)
    await people.pay(bot.id, person.id)
    run.api_key = (await api_keys.add(pool, bot.username, "main", Change("test", 1))).reveal()
    url = f"{run.stack.env['PUBLIC_URL']}/v1/bots/{bot.id}/payments"
    payment = {"external_id": "p1", "chat_id": person.id, "amount": 1, "currency": "XTR"}
    async with aiohttp.ClientSession() as session:
        assert await _status(session, url, payment, secrets.token_urlsafe(32)) == HTTPStatus.UNAUTHORIZED
        async with asyncio.timeout(PATIENCE_S):
            while await _status(session, url, payment, run.api_key) != HTTPStatus.OK:  # noqa: ASYNC110 - the key is heard of soon
                await asyncio.sleep(0.05)
    await _until(pool, "SELECT 1 FROM payments HAVING count(*) = 2")
    for name, request in _malformed(run, bot).items():
        run.answers[name] = "".join([await _answer(run, request) for _ in range(20)])
    for where, answer in run.answers.items():
        assert answer.startswith("HTTP/1."), where


def _malformed(run: Run, bot: BotInfo) -> dict[str, str]:
    """Each with a secret or a mark in another place: what comes through each door of the receiver."""
    key, activity = f"Authorization: Bearer {run.api_key}", f"/v1/bots/{bot.id}/activity"
    return {
        "a key with a NUL": _request(f"POST {activity}", f"{key}\0"),
        "a key in a name": _request(f"POST {activity}", f"{run.api_key} {MARK}: x"),
        "a key in a path": _request(f"GET {activity}/{run.api_key}/{MARK}"),
        "a token in a path": _request(f"GET /bot{bot.token}/{MARK}"),
        "a token in a query": _request(f"GET /healthz?token={bot.token}\x01{MARK}"),
        "a key in a method": _request(f"{run.api_key} {activity}"),
        "a long header": _request(f"POST {activity}", key, f"X-Long: {MARK * 1_000}"),
        "a body that is no JSON": _request(f"POST {activity}", key, body=f'["{MARK}", {run.api_key}'),
        "a body of other fields": _request(f"POST {activity}", key, body=f'{{"chat_id": "{MARK}", "{bot.token}": 1}}'),
        "a length that is no number": _request(f"POST {activity}", key, f"Content-Length: {MARK}"),
        "a coding of its own": _request(f"POST {activity}", key, f"Transfer-Encoding: {MARK}"),
        "a forged update": _request(
            f"POST /telegram/{bot.id}", f"X-Telegram-Bot-Api-Secret-Token: {MARK}", body=f'{{"x": "{bot.token}"}}'
        ),
        "a forged link": _request(f"GET /r/{MARK}{run.api_key}"),
        "no HTTP": f"{run.api_key} {bot.token} {MARK}\r\n\r\n",
    }


def _request(line: str, *headers: str, body: str = "") -> str:
    length = [] if any(header.startswith(("Content-Length", "Transfer")) for header in headers) else [len(body)]
    lines = (f"{line} HTTP/1.1", "Host: x", "Connection: close", *headers, *(f"Content-Length: {n}" for n in length))
    return "\r\n".join([*lines, "", body])


async def _answer(run: Run, request: str) -> str:
    reader, writer = await asyncio.open_connection(run.stack.env["HOST"], int(run.stack.env["PORT"]))
    async with asyncio.timeout(PATIENCE_S):
        writer.write(request.encode())
        answer = await reader.read(65_536)
        writer.close()
    return answer.decode(errors="replace")


async def _status(session: aiohttp.ClientSession, url: str, payment: dict[str, object], key: str) -> int:
    async with session.post(url, json=payment, headers={"Authorization": f"Bearer {key}"}) as answer:
        return answer.status


async def _until_logged(stack: Stack, name: str, word: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not stack.has_logged(name, word):  # noqa: ASYNC110 - the log is the signal
            await asyncio.sleep(0.05)


async def _until(pool: Pool, query: str, *args: object) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await pool.fetch(query, *args):  # noqa: ASYNC110 - the database is the signal
            await asyncio.sleep(0.05)


async def test_no_output_contains_a_secret(run: Run) -> None:
    said = await run.said()
    found = {(where, word) for where, words in said.items() for word in run.secrets() if word in words}
    assert found == {("audit_log", word) for word in WRITTEN_BY_ADMINS}, "the audit keeps what admins wrote, no more"
    assert "Recovery step unknown" in said["poller-0-0.log"]
    assert "Feed taken" in said["receiver-0.log"]
    receiver, poller = (said[f"metrics {port}"] for port in run.metrics)
    assert number(receiver, "recovery_touches_total") >= len(FAULTS)
    for outcome in ("Sent", "TooMany", "Unknown", "Rejected", "Unreachable"):
        assert number(poller, f'recovery_answers_total{{bot="{run.bots[0].username}",outcome="{outcome}"}}') >= 1
    assert number(poller, "recovery_swept_total") >= 1


def number(metrics: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics, re.MULTILINE)
    assert found, name
    return float(found.group(1))
