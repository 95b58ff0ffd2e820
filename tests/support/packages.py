"""Packages that a test writes and installs: a module and its metadata in a folder of `sys.path`."""

from __future__ import annotations

from pathlib import Path


def install(folder: Path, module: str, source: str, **providers: str) -> Path:
    """Write *module* and a dist-info that offers *providers* (name to attribute); return *folder*."""
    folder.mkdir(exist_ok=True)
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    lines = [f"{name} = {module}:{attribute}" for name, attribute in providers.items()]
    (info / "entry_points.txt").write_text("\n".join(("[reqflo.secrets]", *lines)) + "\n")
    return folder
