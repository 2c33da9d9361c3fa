"""The SFTP transport, for forces that take drops as files (`docs/delivery.md`)."""
