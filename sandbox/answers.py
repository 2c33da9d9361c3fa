"""The answers of a REST stand-in, as the platform's published contract has them (docs/delivery.md)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import orjson

from sandbox.holdings import HeldReport
from sandbox.http import Response

JSON_API = "application/vnd.api+json"


def held(report: HeldReport, status: int) -> Response:
    """The report is persisted; its reference is given where the records system has one."""
    if not report.accepted:
        return answer(status, {"data": {"type": "incidents"}})
    return answer(status, {"data": {"type": "incidents", "id": report.their_reference}})


def refused(status: int, code: str, title: str, pointer: str | None = None) -> Response:
    """A JSON:API error: `code` is stable, `pointer` is where in the report."""
    source = {"source": {"pointer": pointer}} if pointer else {}
    return answer(status, {"errors": [{"status": str(status), "code": code, "title": title, **source}]})


def unavailable(status: int, retry_after: int | None) -> Response:
    """A system error, which says nothing of the report."""
    response = refused(status, "system-error", "The records system does not answer.")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def answer(status: int, body: object) -> Response:
    return Response(status, orjson.dumps(body), {"Content-Type": JSON_API})


def page(status: int) -> Response:
    """What something in between may answer in the far end's place."""
    return Response(status, b"<html><title>OK</title></html>", {"Content-Type": "text/html; charset=utf-8"})


def broken_off(whole: Response, cut: Callable[[], Awaitable[None]]) -> Response:
    """Announces the whole answer, gives the first half of it, and cuts."""

    async def half() -> AsyncIterator[bytes]:
        yield whole.body[: len(whole.body) // 2]
        await cut()

    return replace(whole, pieces=half())


def dripping(whole: Response, seconds: float) -> Response:
    """Gives the answer a byte every so many seconds."""

    async def drops() -> AsyncIterator[bytes]:
        for byte in whole.body:
            await asyncio.sleep(seconds)
            yield bytes([byte])

    return replace(whole, pieces=drops())
