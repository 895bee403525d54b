"""Sets of pages, and writing them."""

import unittest

from pagerange import common, complement, compress, parse, span


class Algebra(unittest.TestCase):
    def test_the_complement_holds_the_other_pages(self) -> None:
        self.assertEqual(complement([2, 3], last=5), [1, 4, 5])

    def test_common_pages_are_in_both(self) -> None:
        self.assertEqual(common([1, 2, 3], [3, 2, 9]), [2, 3])

    def test_the_span_counts_both_ends(self) -> None:
        self.assertEqual(span([3, 7]), 5)
        self.assertEqual(span([]), 0)


class Writing(unittest.TestCase):
    def test_neighbours_become_a_range(self) -> None:
        self.assertEqual(compress([7, 1, 3, 2]), "1-3, 7")

    def test_no_page_is_an_empty_text(self) -> None:
        self.assertEqual(compress([]), "")

    def test_reading_what_was_written_gives_the_same_pages(self) -> None:
        pages = [1, 2, 4, 7, 8, 9]
        self.assertEqual(parse(compress(pages), last=9), pages)
