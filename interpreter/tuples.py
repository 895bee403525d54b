"""Named tuples made without their own constructors, where thousands are made.

A named tuple's constructor is a call for each one, which checks and fills in; this takes the
values as they are, all of them, in their order. Apart because every room makes some. It must
not know any of them.
"""

from __future__ import annotations

tupled = tuple.__new__
"""`tupled(Point, (x, y))` is `Point(x, y)`."""
