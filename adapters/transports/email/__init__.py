"""The email transport, for forces that take reports by mail, and as the way round a route that fails (`docs/delivery.md`)."""
