from tests.servers.prefect import prefect_server

__all__ = ["prefect_server"]
