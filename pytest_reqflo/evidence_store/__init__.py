"""The record of each run on disk: a folder per session, in it one per run."""
