"""Real servers for the tests, on loopback and free ports. Each is ended by its own process id or handle.

A test module takes them with `pytest_plugins = ["tests.servers.openssh"]` in the top conftest, or by importing the fixture.
"""
