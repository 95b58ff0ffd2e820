"""The page of `--reqflo-html`: what it says of each run, and the one file that holds it. Pure."""
