"""The `reqflo` command: each subcommand is a module that prints and returns an exit code."""
