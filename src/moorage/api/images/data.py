"""The bytes of an image: upload and download, in pieces, away from the event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from moorage import errors
from moorage.api.images.discovery import check_store
from moorage.api.images.ranges import Span, span_of
from moorage.api.wire import Call, Route, faults
from moorage.images import states
from moorage.images.content import CHUNK, Draft, path_of
from moorage.images.model import Image
from moorage.images.service import lookup
from moorage.images.service import upload as uploads

_BYTES = "application/octet-stream"


async def upload(call: Call, request: Request) -> Response:
    """204 once the bytes are on disk and the row says ``active``; whatever goes wrong, the image is queued again."""
    draft, image = await run_in_threadpool(_begin, call)
    try:
        async for batch in _batches(request):
            await run_in_threadpool(draft.write, batch)
        await run_in_threadpool(_finish, call, draft, image)
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(_abandon, call, draft, image)
        if isinstance(error, errors.NotFound):
            return _gone(image)
        raise
    finally:
        draft.close()
    return Response(status_code=204)


def _begin(call: Call) -> tuple[Draft, Image]:
    image_id = call.params["image_id"]
    _check_headers(call)
    with call.services.store.read() as tx:
        uploads.require_queued(tx, call.context, image_id)
    # Locked before it is claimed: a claim without a lock is how an upload looks whose process died.
    draft = Draft(call.services.image_dir, image_id, call.services.limits.max_image_bytes)
    try:
        with call.services.store.write() as tx:
            return draft, uploads.begin(tx, call.context, image_id)
    except BaseException:
        draft.discard()
        draft.close()
        raise


def _check_headers(call: Call) -> None:
    kind = call.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != _BYTES:
        raise errors.UnsupportedMedia(f"Unsupported Content-Type {kind}; send {_BYTES}")
    check_store(call)
    limit = call.services.limits.max_image_bytes
    announced = call.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise errors.TooLarge(f"The incoming image is too large: {announced} of at most {limit} bytes")


async def _batches(request: Request) -> AsyncIterator[list[bytes]]:
    """Pieces as they come, gathered so that one visit to a thread is worth it."""
    batch: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        batch.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            yield batch
            batch, size = [], 0
    yield batch


def _finish(call: Call, draft: Draft, image: Image) -> None:
    facts = draft.publish(image.disk_format)
    with call.services.store.write() as tx:
        uploads.finish(tx, image.id, facts)


def _abandon(call: Call, draft: Draft, image: Image) -> None:
    with call.services.store.write() as tx:
        is_unused = uploads.abandon(tx, image.id)
    if is_unused:
        draft.discard()


def _gone(image: Image) -> Response:
    message = f"Image {image.id} could not be found after upload. The image may have been deleted during the upload."
    return JSONResponse(faults.render("image", 410, message), 410)


async def download(call: Call, request: Request) -> Response:
    """200 or 206 with the bytes, 204 while there are none, 416 for a range that lies outside."""
    image = await run_in_threadpool(_downloadable, call)
    if image.size is None or image.status not in (states.ACTIVE, states.DEACTIVATED):
        return Response(status_code=204)
    try:
        span = span_of(request.headers.get("range"), image.size)
    except ValueError as problem:
        body = faults.render("image", 416, str(problem))
        return JSONResponse(body, 416, {"Content-Range": f"bytes */{image.size}"})
    headers = _headers(image, span)
    status = 206 if span.is_partial else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=_BYTES)
    file = await run_in_threadpool(_open, path_of(call.services.image_dir, image), span)
    return StreamingResponse(_pieces(file, span.length), status, headers, media_type=_BYTES)


def _downloadable(call: Call) -> Image:
    with call.services.store.read() as tx:
        image = lookup.get_visible(tx, call.context, call.params["image_id"])
    if image.status == states.DEACTIVATED and not call.context.is_admin:
        raise errors.Forbidden("The requested image has been deactivated. Image data download is forbidden.")
    return image


def _headers(image: Image, span: Span) -> dict[str, str]:
    headers = {"Content-Length": str(span.length), "Accept-Ranges": "bytes"}
    if image.checksum:
        headers["Content-MD5"] = image.checksum
    if span.is_partial:
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{image.size}"
    return headers


def _open(path: Path, span: Span) -> BinaryIO:
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        raise errors.NotFound(f"The data of image {path.name} is not in the image store any more.") from None
    file.seek(span.start)
    return file


async def _pieces(file: BinaryIO, left: int) -> AsyncIterator[bytes]:
    read: Callable[[int], bytes] = file.read
    try:
        while left and (piece := await run_in_threadpool(read, min(CHUNK, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()


_FILE = "/images/{image_id}/file"
ROUTES = [
    Route(method="PUT", path=_FILE, handler=upload, policy="upload_image", summary="Upload bytes", stream=True),
    Route(method="GET", path=_FILE, handler=download, policy="download_image", summary="Download bytes", stream=True),
]
