"""Widths, themes and languages that screens are looked at in.

Four of the eight combinations hold every pair of width, theme and language, and are what ``make test`` takes;
``RT_LOOKS=all`` takes the eight, for eyes.
"""

from __future__ import annotations

import os
from itertools import product

Look = tuple[int, str, str]

PAIRS: list[Look] = [(1280, "light", "ru"), (1280, "dark", "en"), (360, "light", "en"), (360, "dark", "ru")]
ALL: list[Look] = list(product([1280, 360], ["light", "dark"], ["ru", "en"]))
LOOKS = ALL if os.environ.get("RT_LOOKS") == "all" else PAIRS
