"""The YAML language server that the tests of this folder talk to, if there is one.

`make editor-test` installs it; without it, or without node, the tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .language_server import LanguageServer

ROOT = Path(__file__).parents[2]
INSTALLED = "build/editor/node_modules/yaml-language-server/bin/yaml-language-server"
WITHOUT_NETWORK = ("unshare", "--map-root-user", "--net")


def isolated() -> tuple[str, ...]:
    """What cuts a process off from the network, where this machine lets us."""
    if shutil.which(WITHOUT_NETWORK[0]) is None:
        return ()
    tried = subprocess.run([*WITHOUT_NETWORK, "true"], capture_output=True, check=False)
    return WITHOUT_NETWORK if tried.returncode == 0 else ()


@pytest.fixture(scope="session")
def server() -> Iterator[LanguageServer]:
    """A running server."""
    named = os.environ.get("ATTRACTORC_YLS")
    program = Path(named) if named else ROOT / INSTALLED
    node = shutil.which("node")
    if named is None and (node is None or not program.is_file()):
        missing = "node" if node is None else "yaml-language-server"
        pytest.skip(f"{missing} is not installed; make editor-test brings the server")
    assert node is not None, "ATTRACTORC_YLS is set, but node is not installed"
    assert program.is_file(), f"ATTRACTORC_YLS names no file: {program}"
    with LanguageServer((*isolated(), node, str(program), "--stdio")) as running:
        yield running
