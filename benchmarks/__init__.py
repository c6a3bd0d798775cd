"""Measurements with a figure to reach, run as `python -m benchmarks.NAME`; the last line printed is one JSON object."""
