"""What may be asked of touch."""

import pytest

from bench.questions.touch.question import QUESTION
from bench.questions.touch.report import CALLERS


def test_every_caller_has_a_chat_to_touch(capsys: pytest.CaptureFixture[str]) -> None:
    most = max(CALLERS.values())
    assert QUESTION.read(["--chats", str(most)]).chats == most
    with pytest.raises(SystemExit):
        QUESTION.read(["--chats", str(most - 1)])
    assert f"a whole number from {most} to" in capsys.readouterr().err
