from tests.ledger.ledgers import ledger, ledger_url, new_file, one_database, open_ledger

__all__ = ["ledger", "ledger_url", "new_file", "one_database", "open_ledger"]
