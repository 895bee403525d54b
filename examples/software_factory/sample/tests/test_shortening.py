import unittest

from titles import shorten


class Shortening(unittest.TestCase):
    def test_what_fits_stays(self) -> None:
        self.assertEqual(shorten("Notes", 5), "Notes")

    def test_it_is_cut_between_words(self) -> None:
        self.assertEqual(shorten("Notes on cutting", 12), "Notes on...")

    def test_no_word_fits(self) -> None:
        self.assertEqual(shorten("Considerations", 6), "...")
