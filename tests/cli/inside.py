"""The command line inside the process of the tests: what needs no process of its own is quicker."""

from __future__ import annotations

import contextlib
import io
import subprocess
from pathlib import Path
from unittest import mock

from attractorc.commands import run


def attractorc_inside(
    *arguments: str, cwd: Path, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """What `attractorc ARGUMENTS` in a folder prints, and how it ends."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
    code = 0
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch("sys.stdin", given),
    ):
        try:
            run(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
    printed = []
    for stream in (out, err):
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        printed.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(arguments, code, *printed)
