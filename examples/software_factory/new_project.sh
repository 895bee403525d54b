#!/bin/sh
# A git repository of the sample project:  sh new_project.sh FOLDER
set -eu
test ! -e "$1" || { echo "$1 is there already" >&2; exit 1; }
cp -R "$(dirname "$0")/sample" "$1"
cd "$1"
printf '__pycache__/\n.attractor/\n' > .gitignore
git init --quiet --initial-branch=main
git config user.name "A person"
git config user.email person@example.org
git add --all
git commit --quiet --message "Begin"
