"""Which files a report may bring, and the names under which they travel to a force: made by the hub, never by the person who sent them."""

from collections.abc import Mapping
from dataclasses import dataclass

MB = 1_000_000
MOST = 100  # files of one submission
MOST_BYTES = 4_000 * MB  # of all files of one submission


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is let in: what its bytes must be (`hub.reports.content`), and how many there may be."""

    extension: str
    content: str
    largest: int  # bytes


_PICTURE, _DOCUMENT, _SOUND, _FILM = 100 * MB, 32 * MB, 500 * MB, 2_000 * MB  # a document is held whole while it is looked at

ALLOWED: Mapping[str, Kind] = {
    "application/msword": Kind("doc", "doc", _DOCUMENT),
    "application/pdf": Kind("pdf", "pdf", _DOCUMENT),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind("docx", "docx", _DOCUMENT),
    "audio/mp4": Kind("m4a", "iso-media", _SOUND),
    "audio/mpeg": Kind("mp3", "mp3", _SOUND),
    "audio/ogg": Kind("ogg", "ogg", _SOUND),
    "audio/wav": Kind("wav", "wav", _SOUND),
    "image/gif": Kind("gif", "gif", _PICTURE),
    "image/heic": Kind("heic", "heic", _PICTURE),
    "image/jpeg": Kind("jpg", "jpeg", _PICTURE),
    "image/png": Kind("png", "png", _PICTURE),
    "image/tiff": Kind("tif", "tiff", _DOCUMENT),
    "image/webp": Kind("webp", "webp", _PICTURE),
    "text/plain": Kind("txt", "text", 5 * MB),
    "video/3gpp": Kind("3gp", "iso-media", _FILM),
    "video/mp4": Kind("mp4", "iso-media", _FILM),
    "video/quicktime": Kind("mov", "iso-media", _FILM),
    "video/webm": Kind("webm", "webm", _FILM),
    "video/x-msvideo": Kind("avi", "avi", _FILM),
}


def attachment_name(submission_id: str, number: int, media_type: str) -> str:
    """The name of a report's attachment, counted from 1: `<submission_id>.<n>.<ext>`, `bin` for a type that is not let in.

    The same wherever it is asked: the payload is sealed under it, and the records and the manifest name it.
    """
    kind = ALLOWED.get(media_type)
    return f"{submission_id}.{number}.{kind.extension if kind else 'bin'}"
