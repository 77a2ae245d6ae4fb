"""RQ with its own scheduler. Enqueuing under the id of a job that waits moves it."""

from datetime import timedelta

from protocol import REDIS_URL, begun, run
from redis import Redis
from rq import Queue


def check(chat: int) -> None:
    begun(chat)


if __name__ == "__main__":
    queue = Queue(connection=Redis.from_url(REDIS_URL))

    def touch(chat: int, delay_s: float) -> None:
        queue.enqueue_in(timedelta(seconds=delay_s), "rq_job.check", chat, job_id=f"chat-{chat}", result_ttl=0)

    run(touch)
