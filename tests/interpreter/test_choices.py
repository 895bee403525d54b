"""Choices: which option a text means, and how a question is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.interpreter.choices import choices_text, question_text
from attractorc.interpreter.handlers.interviewers import answer_text, match_choice
from attractorc.interpreter.ports import Option

from .asking import AGAIN, NO, OPTIONS, YES, question

TEXTS = st.text("aB1 2-[]", max_size=3)


class TestMatchChoice:
    @pytest.mark.parametrize(
        ("text", "option"),
        [
            pytest.param("Y", YES, id="key"),
            pytest.param(" y ", YES, id="key in lower case with spaces"),
            pytest.param("[y] yes, DEPLOY", YES, id="label as written"),
            pytest.param("yes, deploy", YES, id="label without its accelerator"),
            pytest.param("not yet", NO, id="label of another form"),
            pytest.param("ask_2", AGAIN, id="target"),
            pytest.param("WAIT", NO, id="target in upper case"),
            pytest.param("2", NO, id="number"),
            pytest.param("ask", AGAIN, id="beginning of a label"),
            pytest.param("0", None, id="numbers begin at one"),
            pytest.param("4", None, id="a number too high"),
            pytest.param("", None, id="nothing"),
            pytest.param("  ", None, id="spaces"),
            pytest.param("deploy", None, id="the middle of a label"),
            pytest.param("yes, deploy it", None, id="more than a label"),
        ],
    )
    def test_a_text_means_at_most_one_option(self, text: str, option: Option | None) -> None:
        assert match_choice(text, OPTIONS) is option

    def test_what_fits_two_means_none(self) -> None:
        options = (Option("Y", "Yes", "a"), Option("Y", "Yellow", "b"))
        assert match_choice("y", options) is None
        assert match_choice("ye", options) is None
        assert match_choice("yes", options) is options[0]
        assert match_choice("yel", options) is options[1]

    def test_a_key_comes_before_a_number(self) -> None:
        options = (Option("2", "[2] two", "a"), Option("1", "[1] one", "b"))
        assert match_choice("1", options) is options[1]

    def test_two_edges_to_one_node_are_told_apart_by_their_labels(self) -> None:
        options = (Option("F", "Fast", "go"), Option("S", "Slow", "go"))
        assert match_choice("go", options) is None
        assert match_choice("slow", options) is options[1]

    @given(
        st.lists(
            st.builds(Option, TEXTS, TEXTS, TEXTS),
            min_size=1,
            max_size=5,
        )
    )
    def test_every_option_is_found_again_by_its_answer_text(
        self, given_options: list[Option]
    ) -> None:
        options = tuple(given_options)
        for option in options:
            assert match_choice(answer_text(option, options), options) is option

    def test_answer_texts_prefer_what_people_would_write(self) -> None:
        alike = (Option("Y", "Yes", "a"), Option("Y", "Yellow", "b"), Option("Z", "", "c"))
        assert [answer_text(option, alike) for option in alike] == ["Yes", "Yellow", "Z"]
        twins = (Option("Y", "Yes", "a"), Option("Y", "Yes", "a"))
        assert [answer_text(option, twins) for option in twins] == ["1", "2"]


class TestTexts:
    def test_a_bare_label_is_shown_with_its_key(self) -> None:
        shown = question_text(question(options=(Option("Y", "Yes", "a"), Option("", "", "b"))))
        assert shown.splitlines()[1:] == ["  1. [Y] Yes", "  2. "]

    def test_a_question_of_a_branch_says_where_it_stands(self) -> None:
        assert "(/checks.1/lint/gate)" in question_text(question(path="/checks.1/lint"))

    def test_a_text_cannot_steer_the_terminal(self) -> None:
        shown = question_text(question(text="a\x1b[2Jb\rc\x07\nd\u202e"))
        assert shown.splitlines()[:2] == ["[?] a[2Jbc", "d  (gate)"]

    def test_the_choices_in_a_sentence(self) -> None:
        assert choices_text(OPTIONS[:2]) == "Y (yes, deploy), N (not yet)"
