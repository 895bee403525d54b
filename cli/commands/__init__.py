"""The command line: one file a command, thin, no logic of its own."""
