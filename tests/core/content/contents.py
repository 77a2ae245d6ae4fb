"""Contents of every kind, as hypothesis makes them up: each passes the check of what can be sent."""

from typing import get_args

from hypothesis import strategies as st

from engine.core.content import checks, invisible, model
from engine.core.content.model import CAPTIONED, COVERABLE, Album, Buttons, Content, Effects, Item, Media, Poll, Text
from engine.core.errors import CampaignError

_ODD = "\t\n\r \x85\xa0\u2028\u2029\ufeff\ufffe\uffff\U0010ffff\x80'\"\\:#-|>%@`!?*[],~&"
_letters = st.sampled_from("a👍ç" + _ODD) | st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<{}")
_pieces = st.text(_letters, max_size=20) | st.sampled_from(["{first_name|amigo: 'x'}", "{bot}", "{{", "}}"])
_seen = st.lists(_pieces, min_size=1, max_size=3).map("".join).filter(lambda text: not invisible.is_blank(text))
texts = _seen | _seen.map("<b>{}</b>".format)
_labels = st.text(_letters, min_size=1, max_size=30).filter(
    lambda text: not invisible.is_blank(text)
) | st.sampled_from(["{first_name|x}!", "{{}}", "Fale com {bot}"])
_hashes = st.sampled_from([f"{digit:064x}" for digit in range(16)])
_styles = st.none() | st.sampled_from(get_args(model.Style))

_buttons = st.one_of(
    st.builds(
        model.UrlButton,
        _labels,
        st.sampled_from(["https://a.example/?b=c#d", "tg://resolve?domain=x", "http://é.example"]),
        st.booleans(),
        _styles,
    ),
    st.builds(model.StartButton, _labels, st.from_regex("[A-Za-z0-9_-]{1,64}", fullmatch=True), _styles),
    st.builds(model.CopyButton, _labels, _labels, _styles),
)
_stop_rows = st.builds(lambda label, style: ((model.StopButton(label, style),),), _labels, _styles)
_rows = st.lists(st.lists(_buttons, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple)
keyboards: st.SearchStrategy[Buttons] = st.builds(lambda rows, stop: (*rows, *stop), _rows, st.just(()) | _stop_rows)

_captions = st.just("") | texts


def _media(kind: model.MediaKind) -> st.SearchStrategy[Media]:
    cover = st.booleans() if kind in COVERABLE else st.just(value=False)
    caption = _captions if kind in CAPTIONED else st.just("")
    return st.builds(Media, st.just(kind), _hashes, caption, cover, cover, keyboards)


def _album(kinds: tuple[model.ItemKind, ...]) -> st.SearchStrategy[Album]:
    cover = st.booleans() if COVERABLE.issuperset(kinds) else st.just(value=False)
    items = st.builds(Item, st.sampled_from(kinds), _hashes, _captions, cover)
    return st.builds(Album, st.lists(items, min_size=2, max_size=4).map(tuple), cover)


_options = st.lists(
    st.text(_letters, min_size=1, max_size=9).filter(lambda text: not invisible.is_blank(text)),
    min_size=2,
    max_size=4,
    unique=True,
).map(tuple)
_polls = st.builds(
    Poll, _labels, _options, st.booleans(), st.booleans(), st.none(), st.just(""), keyboards
) | st.builds(
    Poll,
    _labels,
    _options,
    st.just(value=False),
    st.booleans(),
    st.integers(0, 1),
    st.just("") | _labels.map(lambda text: text.replace("\n", " ")),
    keyboards,
)
contents: st.SearchStrategy[Content] = st.one_of(
    st.builds(Text, texts, st.sampled_from(get_args(model.Preview)), keyboards),
    st.sampled_from(get_args(model.MediaKind)).flatmap(_media),
    _album(("photo", "video")),
    _album(("audio",)),
    _album(("document",)),
    _polls,
)
languages = st.dictionaries(st.sampled_from(["pt", "pt-br", "en", "no", "zh-hant"]), contents, max_size=2)


def effects(said: tuple[Content, ...]) -> st.SearchStrategy[Effects]:
    """Effects that each of the contents can have."""
    every = (model.Keep(), model.Delete(), model.Unbutton(), model.Replace("x"))
    possible = st.sampled_from([rule for rule in every if _is_possible(rule, said)])
    rules = possible.flatmap(lambda rule: texts.map(model.Replace) if rule == every[-1] else st.just(rule))
    return st.builds(
        Effects,
        st.none() | st.integers(checks.MIN_DELETE_AFTER_MS, checks.MAX_DELETE_AFTER_MS),
        st.booleans(),
        st.booleans(),
        st.none() | st.from_regex("[0-9]{1,64}", fullmatch=True),
        rules,
        rules,
    )


def _is_possible(rule: model.After, said: tuple[Content, ...]) -> bool:
    try:
        checks.check_effects(Effects(on_return=rule), said)
    except CampaignError:
        return False
    return True
