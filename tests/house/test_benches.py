"""Every bench can be run: what it takes from the others, and from Catflap, is still there."""

from __future__ import annotations

import importlib
from pathlib import Path

import bench
import pytest

MODULES = sorted(path.stem for path in Path(bench.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_a_bench_finds_all_that_it_imports(name):
    importlib.import_module(f"bench.{name}")
