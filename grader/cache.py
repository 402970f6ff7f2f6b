"""Where what can be made again is kept."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The user's cache folder, for tapes and for banks; `GRADSCHOOL_CACHE` moves it."""
    import platformdirs

    chosen = os.environ.get("GRADSCHOOL_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("gradschool")
