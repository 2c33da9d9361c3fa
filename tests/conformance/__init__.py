"""The conformance kit: the promises that every format, transport and source keeps, ours or another package's.

An author writes a class for each adapter and supplies one fixture; the promises are inherited::

    class TestPigeon(TransportPromises):
        adapter = "pigeon"

        @pytest.fixture
        def subject(self, loft: Loft) -> TransportSubject: ...

`test_every_adapter_has_a_suite.py` fails for a registered adapter without one.
"""
