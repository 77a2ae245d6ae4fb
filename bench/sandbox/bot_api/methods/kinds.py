"""What Telegram makes of an uploaded file: its bytes decide whether it becomes what the method is called after."""

from bench.sandbox.world.files import Bytes, Kind
from bench.sandbox.world.film import read_film
from bench.sandbox.world.image_size import read_image

_MATROSKA = b"\x1a\x45\xdf\xa3"
_GIF = b"GIF8"


def taken_as(kind: Kind, data: Bytes) -> Kind:
    """The kind in which a file arrives that is sent alone; where the bytes do not tell, the sender is believed.

    A film without sound is an animation, and one with sound is a video; a note is square; a sticker is neither a film
    nor a plain picture.
    """
    match kind:
        case Kind.VIDEO | Kind.ANIMATION:
            return _film(kind, data)
        case Kind.VIDEO_NOTE:
            film = read_film(data)
            return Kind.VIDEO if film and film.width != film.height else kind
        case Kind.STICKER:
            return kind if _is_sticker(data) else Kind.DOCUMENT
    return kind


def detected(data: Bytes) -> Kind:
    """The kind of a document that Telegram may look into."""
    if data.startswith(_GIF):
        return Kind.ANIMATION
    return _film(Kind.DOCUMENT, data)


def _film(kind: Kind, data: Bytes) -> Kind:
    film = read_film(data)
    if film is None:
        return kind
    return Kind.VIDEO if film.has_sound else Kind.ANIMATION


def _is_sticker(data: Bytes) -> bool:
    picture = read_image(data)
    return not data.startswith(_MATROSKA) and (picture is None or picture.form == "image/webp")
