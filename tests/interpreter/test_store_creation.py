"""A new store's file is whole from its first moment, whoever else makes one, and wherever."""

from __future__ import annotations

import os
import sqlite3
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from attractorc.interpreter.stores import creating, layout
from attractorc.interpreter.stores.sqlite import SqliteStore


def used(path: Path) -> None:
    """The store at a path works, and is all that was left in its folder."""
    store = SqliteStore(path)
    context = store.create_context()
    turn = store.append(context, "t", 1, b"x", "k")
    store.commit()
    store.close()
    again = SqliteStore(path, create=False)
    assert again.head(context) == turn
    again.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_new_store_works_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    used(tmp_path / "runs.db")


def test_its_file_is_a_store_before_anybody_opens_it(tmp_path: Path) -> None:
    creating._make(tmp_path / "runs.db")
    raw = sqlite3.connect(f"file:{tmp_path / 'runs.db'}?mode=ro", uri=True)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert raw.execute("PRAGMA user_version").fetchone() == (layout.VERSION,)
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


def _no_link(error: OSError) -> Any:
    def link(_source: str, _target: Path) -> None:
        raise error

    return link


def test_where_files_have_no_second_names_sqlite_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", _no_link(PermissionError(1, "no links here")))
    used(tmp_path / "runs.db")


def test_a_sqlite_that_cannot_give_its_bytes_makes_it_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "_image", lambda _migrations: b"")
    used(tmp_path / "runs.db")


def test_a_store_that_somebody_made_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.db"
    link = os.link

    def slower(source: str, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        _append(path, "theirs")
        os.link(source, target)

    monkeypatch.setattr(os, "link", slower)
    store = SqliteStore(path)
    assert store.last("1", 5)[0].key == "theirs"
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["runs.db"]


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.touch(0o600)
    used(path)


def _append(path: Path, mark: str) -> None:
    store = SqliteStore(path)
    store.append(store.create_context(), "t", 1, mark.encode(), mark)
    store.commit()
    store.close()


def test_many_who_make_one_at_once_all_write_into_the_same(tmp_path: Path) -> None:
    spawn = get_context("fork")
    for number in range(5):
        path = tmp_path / f"{number}" / "runs.db"
        makers = [spawn.Process(target=_append, args=(path, str(each))) for each in range(6)]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
            assert maker.exitcode == 0
        raw = sqlite3.connect(path)
        assert {key for (key,) in raw.execute("SELECT key FROM turns")} == set("012345")
        raw.close()
        assert [file.name for file in path.parent.iterdir()] == ["runs.db"]
