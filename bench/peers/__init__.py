"""The same work done by what people use, beside the hub: `python -m bench.peers --json`. What each does not do stands beside its number."""
