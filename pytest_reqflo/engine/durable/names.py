"""Names that records carry: of a batch, and of who asked. Loads nothing of the engine."""

from __future__ import annotations

import getpass
import os
import socket
import uuid


def new_batch_id() -> str:
    """Return the name of a batch that nobody has used."""
    return f"batch_{uuid.uuid4().hex[:12]}"


def whoever_asks() -> str:
    """Return the user and the machine of this process."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no entry
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"
