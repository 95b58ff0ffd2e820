"""Let tox find the interpreters that pyenv installed, though only one of them is on the path."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
_FOLDERS = sorted(str(folder) for folder in _ROOT.glob("versions/3.1[1-4].*/bin"))

# The shims of pyenv come first on the path and refuse all versions but the chosen one;
# discovery asks the folders behind them next.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS])
