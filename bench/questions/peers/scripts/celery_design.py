"""Celery, as the design that this project replaces used it: one delayed task for every message of a chat.

A task cannot be moved, so each carries the version of its message, and only the newest one does anything. The broker
hands a task out again after its visibility timeout, which therefore has to be longer than any countdown.
"""

from celery import Celery
from protocol import REDIS_URL, begun, run
from redis import Redis

app = Celery("celery_design", broker=REDIS_URL)
app.conf.broker_transport_options = {"visibility_timeout": 3600}
app.conf.task_ignore_result = True
versions = Redis.from_url(REDIS_URL)


@app.task
def check(chat: int, version: int) -> None:
    if int(versions.hget("versions", str(chat)) or 0) == version:
        begun(chat)


def touch(chat: int, delay_s: float) -> None:
    version = versions.hincrby("versions", str(chat), 1)
    check.apply_async((chat, version), countdown=delay_s)


if __name__ == "__main__":
    run(touch)
