"""Runs that survive a kill: checkpoints, workers, records. The only room that knows dbos."""
