"""What the Bot API is made of, as the installed aiogram knows it: read once, at the start, into plain tables.

aiogram's method classes are written from Telegram's documentation; its version of the Bot API is the sandbox's. None
of its classes is used when a call is served.
"""

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

from aiogram import __api_version__, methods
from aiogram.methods.base import TelegramMethod
from aiogram.types import InputFile
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bench.sandbox.bot_api.shapes import Field, Fields, Shape

VERSION = __api_version__
_SCALARS: dict[Any, Shape] = {
    int: Shape(integer=True),
    float: Shape(number=True),
    bool: Shape(boolean=True),
    str: Shape(string=True),
    datetime: Shape(integer=True),
    timedelta: Shape(integer=True),
    InputFile: Shape(file=True),
}


@dataclass(frozen=True, slots=True)
class MethodSpec:
    name: str
    parameters: Fields
    returns: Shape


@dataclass(frozen=True, slots=True)
class Spec:
    """`methods` by lower-case name; `types` are those that a parameter or an answer can hold."""

    methods: dict[str, MethodSpec]
    types: dict[str, Fields]


@lru_cache(maxsize=1)
def read_spec() -> Spec:
    reader = _Reader()
    read = [reader.method(one) for one in _method_classes()]
    return Spec({one.name.lower(): one for one in read}, reader.types)


def _method_classes() -> Iterator[type[TelegramMethod[Any]]]:
    for name in methods.__all__:
        found = getattr(methods, name)
        if isinstance(found, type) and issubclass(found, TelegramMethod) and found is not TelegramMethod:
            yield found


class _Reader:
    def __init__(self) -> None:
        self.types: dict[str, Fields] = {}

    def method(self, one: type[TelegramMethod[Any]]) -> MethodSpec:
        return MethodSpec(one.__api_method__, self._fields(one), self._shape(one.__returning__))

    def _fields(self, model: type[BaseModel]) -> Fields:
        read = (self._field(info.alias or name, info) for name, info in model.model_fields.items())
        return {field.name: field for field in read}

    def _field(self, name: str, info: FieldInfo) -> Field:
        """A field with one possible word tells the types of a union apart: it always has to be there."""
        shape = self._shape(info.annotation)
        extra = info.json_schema_extra
        return Field(
            name,
            shape,
            required=info.is_required() or (len(shape.words) == 1 and info.default is not None),
            deprecated=isinstance(extra, dict) and extra.get("deprecated") is True,
        )

    def _shape(self, annotation: Any) -> Shape:
        if annotation in _SCALARS:
            return _SCALARS[annotation]
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin in {typing.Union, types.UnionType}:
            return either(self._shape(one) for one in arguments if not _left_out(one))
        if origin is typing.Annotated:
            return self._shape(arguments[0])
        if origin is list:
            return Shape(items=self._shape(arguments[0]))
        if origin is typing.Literal:
            return either(_constant(one) for one in arguments)
        return self._object(annotation)

    def _object(self, annotation: Any) -> Shape:
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return Shape(anything=True)
        name = annotation.__name__
        if name not in self.types:
            self.types[name] = {}
            self.types[name] = self._fields(annotation)
        return Shape(objects=(name,))


def _left_out(annotation: Any) -> bool:
    """Nothing, and aiogram's mark for a value that the bot's defaults fill in."""
    return annotation is type(None) or getattr(annotation, "__name__", "") == "Default"


def _constant(value: Any) -> Shape:
    if isinstance(value, bool):
        return Shape(boolean=True)
    return Shape(words=frozenset({value.value if isinstance(value, Enum) else str(value)}))


def either(shapes: Iterator[Shape]) -> Shape:
    whole = Shape()
    for shape in shapes:
        flags = {one.name: True for one in fields(Shape) if getattr(shape, one.name) is True}
        whole = replace(
            whole,
            **flags,
            words=whole.words | shape.words,
            objects=whole.objects + shape.objects,
            items=either(iter(one for one in (whole.items, shape.items) if one)) if shape.items else whole.items,
        )
    return whole
