"""The pages under `docs/`, followed step by step."""
