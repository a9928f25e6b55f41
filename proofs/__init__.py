"""Proofs beside real peers, which a bare machine lacks: `make live`, told in `docs/testing.md`."""
