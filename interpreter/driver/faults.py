"""What exceptions of other people's code mean: a wish to end, or a fault with words to it.

Apart from the tasks, because handlers, interviewers and workspaces all raise. It must not know
what becomes of a fault.
"""

from __future__ import annotations

import asyncio


def is_being_cancelled() -> bool:
    """Whether somebody asked this task to end; a handler can also raise the error itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def words_of(error: BaseException) -> str:
    """The exception's class and message; of one that cannot be shown, that."""
    try:
        text = str(error) or "no message"
    except Exception:  # somebody else's __str__
        text = "its message cannot be shown"
    return f"{type(error).__name__}: {text.encode('utf-8', 'backslashreplace').decode()}"
