"""A folder at a migrated database of its own, whose workers are `reqflo worker` commands."""

from __future__ import annotations

from commands import ReqfloProcess, variables_with
from durability import MASTER_KEY, Store


class Project:
    """A project at a migrated database, whose workers are commands; keeper: admin and worker."""

    def __init__(self, folder, cloud, server):
        self.folder = folder
        self.cloud = cloud
        self.server = server
        self.store = Store(cloud.url)
        self.started = []

    def variables(self, login="worker", **more):
        given = {"REQFLO_DATABASE_URL": self.cloud.url_of(login), "REQFLO_MASTER_KEY": MASTER_KEY}
        return variables_with(**{**given, "XDG_CONFIG_HOME": str(self.folder), **more})

    def push(self, name):
        self.cloud.push({"name": name, "services": {"default": {"base_url": self.server.url}}})

    def worker(self, *arguments, **more):
        process = ReqfloProcess(
            "worker", *arguments, cwd=self.folder, variables=self.variables(**more)
        )
        self.started.append(process)
        return process

    def live(self):
        rows = self.store.query("SELECT worker_id, pid FROM {worker} WHERE state = 'live'")
        return {row[0]: row[1] for row in rows}

    def close(self):
        for process in self.started:
            process.close()
        self.store.close()
