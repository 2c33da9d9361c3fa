"""The conformance kit: the promises that every format, transport and source keeps, ours or another package's.

An author writes a class for each adapter and supplies one fixture; the promises are inherited, and beside them those of
each capability that a transport declares (`Finds`, `Acknowledges`, `Streams`)::

    class TestPigeon(Finds):
        adapter = "pigeon"

        @pytest.fixture
        def subject(self, loft: Loft) -> TransportSubject: ...

`test_every_adapter_has_a_suite.py` fails for a registered adapter without one, and for a capability that is declared and not demonstrated.
`last_mile.py` has what servers of SFTP do to drops, each shown on real ones.
"""
