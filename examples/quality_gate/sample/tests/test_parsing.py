"""Reading page ranges."""

import unittest

from pagerange import PageRangeError, parse


class Reading(unittest.TestCase):
    def test_single_pages_and_ranges_mix(self) -> None:
        self.assertEqual(parse("1-3, 7", last=9), [1, 2, 3, 7])

    def test_open_ranges_reach_the_first_and_the_last_page(self) -> None:
        self.assertEqual(parse("-2, 8-", last=9), [1, 2, 8, 9])

    def test_overlapping_parts_name_each_page_once(self) -> None:
        self.assertEqual(parse("2-4, 3-5", last=9), [2, 3, 4, 5])

    def test_what_is_no_range_is_refused_by_its_text(self) -> None:
        for text in ("", "-", "x", "3-1", "0", "1-10", "1--2"):
            with self.subTest(text=text), self.assertRaises(PageRangeError):
                parse(text, last=9)
