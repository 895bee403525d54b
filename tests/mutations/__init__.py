"""Good pipelines with one mistake each: what `check` finds, by kind of mistake and by rule."""
