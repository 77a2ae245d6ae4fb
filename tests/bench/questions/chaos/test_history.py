"""The history of a chat tells everything that is known of it, in the order of time."""

import json
from pathlib import Path

from bench.questions.chaos.ground import Blow, Struck
from bench.questions.chaos.history import Sources, history_of
from bench.questions.chaos.plan import Kind, Strike
from bench.questions.exactly_once.play import Done
from bench.questions.exactly_once.script import ActKind
from bench.sandbox.protocol import Row
from storage.postgres.pool import Pool

BOT, PERSON = 7, 5_000_000_001
CHAT = (BOT, PERSON)
BEGAN = 1_764_500_000_000
"""2025-11-30 10:53:20 UTC."""
OTHERS = {"bot": "other_bot", "chat": PERSON, "event": "of another bot", "timestamp": "2025-11-30T10:53:21Z"}


def _line(event: str, timestamp: str, **fields: object) -> str:
    return json.dumps({"bot": "shop_bot", "chat": PERSON, "event": event, "timestamp": timestamp, **fields})


def _sources(logs: Path) -> Sources:
    return Sources(
        acts={CHAT: [Done(BEGAN, 31, ActKind.START, None), Done(BEGAN + 9_000, 32, ActKind.WRITE, None)]},
        acknowledged={(BOT, 31): BEGAN + 20},
        rows=[
            Row(1, BOT, "sendMessage", BEGAN + 3_050, PERSON, "Step 1, block 1", ok=True),
            Row(2, BOT, "sendMessage", BEGAN + 3_060, PERSON + 1, "Step 1, block 1", ok=True),
            Row(3, BOT + 1, "sendMessage", BEGAN + 3_070, PERSON, "Step 1, block 1", ok=True),
        ],
        struck=[
            Struck(Strike(5.0, Kind.FREEZE_POLLER, 6, 0.5), Blow("poller-0-0"), BEGAN + 4_000, BEGAN + 10_000),
            Struck(Strike(5.0, Kind.DEPLOY, 14, 0.5), Blow("9 processes"), BEGAN + 60_000, BEGAN + 74_000),
        ],
        logs=logs,
        usernames={BOT: "shop_bot"},
    )


async def test_the_history_of_a_chat_is_told_in_the_order_of_time(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "poller-0-0.log").write_text(
        "\n".join(
            [
                _line("Recovery episode ended", "2025-11-30T10:53:29.500Z", reason="returned"),
                json.dumps(OTHERS),
                '{"cut": ',
                f'{{"cut", "chat": {PERSON}',
                _line("of another chat", "2025-11-30T10:53:21Z", chat=1),
            ]
        )
    )
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)"
        " VALUES ($1, $2, $3, 1, $3, $3, 'returned'), ($1, $2 + 1, $3, 1, $3, NULL, NULL)",
        *(BOT, PERSON, BEGAN),
    )
    lines = [line.split() for line in await history_of(CHAT, _sources(tmp_path), pool)]
    assert [(line[0], line[2]) for line in lines[:5]] == [
        ("+0.000", "person"),
        ("+3.050", "sandbox"),
        ("+4.000", "strike"),
        ("+9.000", "person"),
        ("+9.500", "poller-0-0"),
    ]
    assert lines[0][-3:] == ["after", "20", "ms"]
    assert lines[3][-1] == "never"
    assert "reason=returned" in lines[4]
    assert [line[0] for line in lines[5:]] == ["episode"]
    assert f"episode_id={BEGAN}," in lines[5]
