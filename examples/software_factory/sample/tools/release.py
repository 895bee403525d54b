"""Releases what has changed: the next version, a line in the changelog, a commit and a tag.

It may be killed anywhere and run again: the commit says which attempt made it, so there is never
a second one.
"""

import os
import subprocess
from pathlib import Path


def git(*arguments):
    """What git prints."""
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


attempt = f"Attempt: {os.environ['ATTRACTOR_ATTEMPT_ID']}"
version = git("show", "HEAD:VERSION")  # not the file, which a killed attempt may have changed
if attempt not in git("log", "-1", "--format=%B").splitlines():
    if not git("status", "--porcelain"):
        print("nothing has changed: there is no new version")
        raise SystemExit
    major, minor, _ = version.split(".")
    version = f"{major}.{int(minor) + 1}.0"
    changes = Path("CHANGELOG.md")
    title, _, older = changes.read_text().partition("\n\n")
    if not older.startswith(f"## {version}\n"):
        told = os.environ["ATTRACTOR_INPUT_TASK"]
        changes.write_text(f"{title}\n\n## {version}\n\n{told}\n\n{older}")
    Path("VERSION").write_text(f"{version}\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", f"Release {version}\n\n{attempt}")
git("tag", "--force", f"v{version}")
print(version)
