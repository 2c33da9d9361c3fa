"""Benchmarks and the chaos run, each one command. May import everything; nothing imports it."""
