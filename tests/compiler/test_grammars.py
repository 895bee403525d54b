"""The cache of parse tables: quick, private, and never in the way."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from attractorc.compiler.frontend import grammars
from attractorc.compiler.frontend.grammars import grammar


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder; the parsers of this process are forgotten before and after."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    grammar.cache_clear()
    yield tmp_path / "cache" / "attractorc"
    grammar.cache_clear()


def again():
    grammar.cache_clear()
    return grammar("condition")


def parses(parser) -> bool:
    return bool(list(parser.lex("a = b")))


def tables(folder: Path) -> list[Path]:
    return sorted(folder.glob("condition-*.tables"))


def built(monkeypatch) -> list[str]:
    """What is built from now on, rather than loaded."""
    import lark

    made: list[str] = []
    original = lark.Lark.__init__

    def counted(self, text, **options):
        made.append(text)
        original(self, text, **options)

    monkeypatch.setattr(lark.Lark, "__init__", counted)
    return made


def test_a_parser_is_made_once_in_a_process(folder):
    assert grammar("condition") is grammar("condition")
    assert grammar("condition") is not grammar("condition", keep_all_tokens=True)


def test_tables_are_built_once_and_then_loaded(folder, monkeypatch):
    made = built(monkeypatch)
    again()
    assert len(made) == 1
    assert len(tables(folder)) == 1
    assert parses(again())
    assert len(made) == 1


def test_other_options_have_tables_of_their_own(folder):
    again()
    grammar("condition", keep_all_tokens=True)
    assert len(tables(folder)) == 2


@pytest.mark.skipif(os.name != "posix", reason="there are no owners and modes to look at")
def test_folder_and_tables_are_the_users_own(folder):
    again()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert tables(folder)[0].stat().st_mode & 0o077 == 0
    assert [path.suffix for path in folder.iterdir()] == [".tables"]


class Trap:
    """What must never be unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("the cache was unpickled",))


@pytest.mark.skipif(os.name != "posix", reason="there are no owners and modes to look at")
def test_tables_that_others_could_have_written_are_not_read(folder, monkeypatch):
    again()
    path = tables(folder)[0]
    path.write_bytes(pickle.dumps(Trap()))
    path.chmod(0o622)
    made = built(monkeypatch)
    assert parses(again())
    assert len(made) == 1


@pytest.mark.skipif(os.name != "posix", reason="there are no owners and modes to look at")
def test_a_folder_that_others_can_write_is_not_used(folder, monkeypatch):
    again()
    tables(folder)[0].write_bytes(pickle.dumps(Trap()))
    folder.chmod(0o777)
    made = built(monkeypatch)
    assert parses(again())
    assert len(made) == 1


@pytest.mark.parametrize("content", [b"", b"garbage", pickle.dumps({"data": 1, "memo": 2})])
def test_broken_tables_are_replaced(folder, content, monkeypatch):
    again()
    path = tables(folder)[0]
    path.write_bytes(content)
    assert parses(again())
    made = built(monkeypatch)
    assert parses(again())
    assert made == []


def test_without_a_place_to_write_it_works_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert parses(again())
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(grammars.Path, "home", classmethod(lambda cls: cls("/proc/none")))
    assert parses(again())
    grammar.cache_clear()


def test_an_unknown_grammar_is_told(folder):
    with pytest.raises(FileNotFoundError):
        grammar("none")
