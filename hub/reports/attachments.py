"""The names under which attachments travel to a force: made by the hub, never by the person who sent the file."""

_EXTENSIONS = {
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
    "text/plain": "txt",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-msvideo": "avi",
}


def attachment_name(submission_id: str, number: int, media_type: str) -> str:
    """The name of a report's attachment, counted from 1: `<submission_id>.<n>.<ext>`, `bin` for a type that is not in the table.

    The same wherever it is asked: the payload is sealed under it, and the records and the manifest name it.
    """
    return f"{submission_id}.{number}.{_EXTENSIONS.get(media_type, 'bin')}"
