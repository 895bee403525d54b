"""Build wheels from the source as it is now.

Everything else is in pyproject.toml. setuptools copies packages into `build/lib` and packs
what lies there, also modules that were deleted since: so that folder is emptied first.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class FreshBuild(build_py):
    """`build_py` into an empty folder."""

    def run(self) -> None:
        if not self.editable_mode and Path(self.build_lib).is_dir():
            shutil.rmtree(self.build_lib)
        super().run()


setup(cmdclass={"build_py": FreshBuild})
