"""A records system that takes reports by REST, one `POST` each: what it holds, what it answers."""

import base64
import hashlib
import hmac
from pathlib import Path

from hub.words import PayloadKind
from sandbox import answers
from sandbox.holdings import HeldReport
from sandbox.http import Request, Response
from sandbox.reading import Seen, Unreadable, reports_in
from sandbox.records import RecordsSystem
from sandbox.shelf import Kept, Shelf
from sandbox.striking import Faults
from sandbox.uploads import Upload, Uploads, rehash

LARGEST = 8 * 1024 * 1024  # bytes of one report: the longest text the model allows, several times over
PAGE = 1000  # acknowledgements in one answer


class Refusal(Exception):
    """The request is not taken; the answer says why."""

    def __init__(self, status: int, code: str, title: str, pointer: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.answer = answers.refused(status, code, title, pointer)


class Incidents:
    """The endpoint of one force and route."""

    def __init__(self, shelf: Shelf, records: RecordsSystem, faults: Faults, api_key: str) -> None:
        self.stand = records.stand
        self._shelf = shelf
        self._records = records
        self._faults = faults
        self._api_key = api_key
        self._by_key = {report.payload: report for report in shelf.reports}
        self._uploads = Uploads(shelf.folder / "attachments")

    def lets_in(self, request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("x-api-key", "").encode(), self._api_key.encode())

    def post(self, request: Request, _: str) -> Response:
        """`POST /incidents`, whole: persisted before it answers 201; a key that it has is answered again with 200, and not taken twice."""
        key = request.headers.get("idempotency-key", "")
        try:
            body, digest = _body(request)
            return self._again(key, digest) or self._take(key, body, digest)
        except Refusal as refusal:
            self._shelf.refuse(key, refusal.code)
            return refusal.answer

    def look_up(self, _: Request, key: str) -> Response:
        """`GET /incidents/<key>`: the same body as the `POST` had and the digest of what is here, or 404."""
        if not (report := self._by_key.get(key)):
            return answers.refused(404, "not-found", "There is no incident with this key.")
        answer = answers.held(report, 200)
        answer.headers["Content-Digest"] = _content_digest(self._shelf.digests[key])
        return answer

    async def put_attachment(self, request: Request, key: str) -> Response:
        """`PUT /incidents/attachments/<key>`: streamed to disk, and taken when it is whole; of one that is cut the beginning is kept."""
        with self._uploads.anew(key) as upload:
            await upload.take(request.stream())
            return self._whole(request, key, upload, "content-digest")

    async def patch_attachment(self, request: Request, key: str) -> Response:
        """`PATCH /incidents/attachments/<key>`: the rest of one of which the beginning is here, and taken when it is whole."""
        offset = request.headers.get("upload-offset", "")
        with self._uploads.from_(key, int(offset) if offset.isascii() and offset.isdigit() else 0) as upload:
            if upload is None:
                return answers.refused(409, "offset-differs", "That is not how far this attachment has come.")
            await rehash(upload)
            await upload.take(request.stream())
            return self._whole(request, key, upload, "repr-digest")

    def _whole(self, request: Request, key: str, upload: Upload, announced: str) -> Response:
        """The answer to an attachment of which all has come."""
        sha256 = upload.digest.hexdigest()
        try:
            _check_digest(request, sha256, announced, required=False)
            if self._shelf.digests.get(key) == sha256:
                return Response(200)
            self._take_attachment(key, upload.part, sha256, upload.size)
            return Response(201)
        except Refusal as refusal:
            self._shelf.refuse(key, refusal.code)
            return refusal.answer

    def head_attachment(self, _: Request, key: str) -> Response:
        """`HEAD /incidents/attachments/<key>`: whether it is here, and the digest of what is; or how many bytes of it."""
        if digest := self._shelf.digests.get(key):
            return Response(200, headers={"Content-Digest": _content_digest(digest)})
        if begun := self._uploads.begun(key):
            return Response(204, headers={"Upload-Complete": "?0", "Upload-Offset": str(begun)})
        return Response(404)

    def acknowledgements(self, request: Request, _: str) -> Response:
        """`GET /acknowledgements?after=<cursor>`: an id is also the cursor after it, so a reader may go on from any of them."""
        after = request.query.get("after") or "0"
        if not after.isascii() or not after.isdigit():
            return answers.refused(400, "cursor-unknown", "This cursor was never given.")
        if self._faults.strikes("silent", "acknowledgements", self.stand):
            return answers.answer(200, {"data": [], "next": None})
        begin = int(after)
        page = self._shelf.reports[begin : begin + PAGE]
        rows = [_acknowledgement(begin + number, report) for number, report in enumerate(page, 1)]
        more = begin + len(page) < len(self._shelf.reports)
        return answers.answer(200, {"data": rows, "next": str(begin + len(page)) if more else None})

    def _again(self, key: str, digest: str) -> Response | None:
        if not key:
            raise Refusal(400, "key-missing", "The request has no Idempotency-Key.")
        if key not in self._by_key:
            return None
        if self._shelf.digests[key] != digest:
            raise Refusal(422, "key-reused", "Another report came with this Idempotency-Key.")
        self._shelf.refuse(key, "already-taken")
        return answers.held(self._by_key[key], 200)

    def _take(self, key: str, body: bytes, digest: str) -> Response:
        seen = self._seen(body)
        if self._records.breaks_a_rule(seen):
            raise Refusal(
                422, "business-rule", "The records system cannot take a report of this kind.", f"/{self.stand.places[0].reference}"
            )
        report = self._records.judge(seen, key)
        kept = self._shelf.keep(key, PayloadKind.RECORDS, body, digest)
        self._shelf.take(key.partition("/")[0], [kept], [report])
        self._by_key[key] = report
        return answers.held(report, 201)

    def _seen(self, body: bytes) -> Seen:
        try:
            seen = reports_in(self.stand, "", body)
        except Unreadable as fault:
            raise Refusal(400, str(fault), "The body is not a report of the published form.") from None
        if len(seen) != 1:
            raise Refusal(400, "one-report-a-request", "The body is not exactly one report.")
        return seen[0]

    def _take_attachment(self, key: str, part: Path, sha256: str, size: int) -> None:
        if key in self._shelf.digests:
            raise Refusal(422, "key-reused", "Another attachment came with this key.")
        file = f"attachments/{sha256}"
        part.replace(self._shelf.folder / file)
        self._shelf.take(key.partition("/")[0], [Kept(key, PayloadKind.ATTACHMENT, size, sha256, file)], [])


def _acknowledgement(number: int, report: HeldReport) -> dict[str, object]:
    outcome = "accepted" if report.accepted else "rejected"
    said = {"outcome": outcome, "reference": report.their_reference, "reason": report.reason}
    return {"id": str(number), "submission_id": report.submission_id, **said, "at": report.at}


def _body(request: Request) -> tuple[bytes, str]:
    body = request.body()
    if len(body) > LARGEST:
        raise Refusal(413, "too-large", f"A report has at most {LARGEST} bytes.")
    digest = hashlib.sha256(body).hexdigest()
    _check_digest(request, digest, "content-digest", required=True)
    return body, digest


def _check_digest(request: Request, sha256: str, announced: str, *, required: bool) -> None:
    """Holds what came against the digest that this header announces: `content-digest` or `repr-digest` (RFC 9530)."""
    given = request.headers.get(announced)
    if given is None and required:
        raise Refusal(400, "digest-missing", "The request has no Content-Digest.")
    if given is not None and given.replace(" ", "") != _content_digest(sha256):
        raise Refusal(400, "digest-differs", "The body is not the one that its Content-Digest names.")


def _content_digest(sha256: str) -> str:
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
