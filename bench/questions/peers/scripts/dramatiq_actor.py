"""Dramatiq. A message cannot be moved: one more delayed message for every message of a chat, and a version."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from protocol import REDIS_URL, begun, run
from redis import Redis

dramatiq.set_broker(RedisBroker(url=REDIS_URL))
versions = Redis.from_url(REDIS_URL)


@dramatiq.actor
def check(chat: int, version: int) -> None:
    if int(versions.hget("versions", str(chat)) or 0) == version:
        begun(chat)


def touch(chat: int, delay_s: float) -> None:
    version = versions.hincrby("versions", str(chat), 1)
    check.send_with_options(args=(chat, version), delay=int(1000 * delay_s))


if __name__ == "__main__":
    run(touch)
