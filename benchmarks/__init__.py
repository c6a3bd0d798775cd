"""Measurements with target figures. Run `python -m benchmarks.NAME`; the last printed line is one JSON object."""
