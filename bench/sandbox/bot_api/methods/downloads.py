"""Downloading: getFile returns a path, from which the bytes are then fetched."""

from http import HTTPStatus

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Method
from bench.sandbox.bot_api.response import Answer
from bench.sandbox.errors import ApiError
from bench.sandbox.world.media_messages import FileInfo

# The method name of a download; none of Telegram's methods can have it.
DOWNLOAD = "/file"
_MOST = 20 * 1024 * 1024


def get_file(call: Call) -> FileInfo:
    file_id = parameters.text(call.given, "file_id")
    if not file_id:
        raise ApiError(errors.FILE_ID_MISSING)
    handle = call.state.files.find(file_id)
    if handle is None:
        raise ApiError(errors.FILE_ID_INVALID)
    content = handle.file.content
    if handle.bot_id != call.bot.id or content.data is None:
        raise ApiError(errors.FILE_GONE)
    if content.size > _MOST:
        raise ApiError(errors.FILE_TOO_BIG)
    return FileInfo(file_id, handle.unique_id, content.size, call.state.files.path_for(handle))


def download(call: Call) -> Answer:
    file = call.state.files.at(call.bot.id, parameters.text(call.given, "file_path"))
    if file is None or file.content.data is None:
        raise ApiError(errors.NOT_FOUND)
    return Answer(HTTPStatus.OK, file.content.data, content_type="application/octet-stream")


DOWNLOADS: dict[str, Method] = {"getFile": get_file}
