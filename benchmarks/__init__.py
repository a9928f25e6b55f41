"""Measurements of the whole service as it runs in production: `python -m benchmarks`, `docs/benchmarks.md`."""
