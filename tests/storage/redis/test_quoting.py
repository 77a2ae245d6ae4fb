"""What Redis refuses is said without what we sent: it quotes commands with their arguments."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError, ResponseError

from engine.core.errors import UnreachableError
from storage.redis.client import open_redis, reaching_redis

WORDS = "words-of-a-user"


@pytest.mark.parametrize("transaction", [True, False])
@pytest.mark.parametrize("words", [("SET", WORDS), ("NO-SUCH", WORDS), ("HINCRBY", WORDS, "field", WORDS)])
async def test_a_refusal_quotes_nothing_that_we_sent(
    redis_url: str, words: tuple[str, ...], *, transaction: bool
) -> None:
    async with open_redis(redis_url) as client:
        asked: Any = client  # its types know no command of this name
        pipeline: Any = client.pipeline(transaction=transaction)
        with pytest.raises(UnreachableError) as alone:
            async with reaching_redis():
                await asked.execute_command(*words)
        with pytest.raises(UnreachableError) as piped:
            async with reaching_redis():
                await pipeline.execute_command(*words).execute()
        with pytest.raises(UnreachableError) as scripted:
            async with reaching_redis():
                await client.eval("return redis.error_reply(ARGV[1])", 0, WORDS)
    for refused in (alone, piped, scripted):
        assert WORDS not in str(refused.value)
        assert "Redis did not answer (" in str(refused.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ResponseError("MISCONF Redis is configured to save"), "ResponseError MISCONF"),
        (ReadOnlyError("You can't write against a read only replica."), "ReadOnlyError"),
        (RedisConnectionError("Error 111 connecting to 127.0.0.1:1."), "Error 111 connecting to 127.0.0.1:1."),
        (OSError(113, "No route to host"), "[Errno 113] No route to host"),
        (RedisError(f"Protocol Error: {WORDS}"), "RedisError"),
    ],
)
async def test_the_kind_of_a_failure_is_said(error: Exception, said: str) -> None:
    with pytest.raises(UnreachableError) as refused:
        async with reaching_redis():
            raise error
    assert f"({said}):" in str(refused.value)
