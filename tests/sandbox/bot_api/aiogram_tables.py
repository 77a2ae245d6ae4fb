"""The Bot API as the installed aiogram describes it, read into the tables of the sandbox's `spec.json`.

aiogram's method classes are written from Telegram's documentation. `python -m tests.sandbox.bot_api.aiogram_tables`
writes the file again after an upgrade of aiogram; a test compares the two.
"""

import types
import typing
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import msgspec
from aiogram import __api_version__, methods
from aiogram.methods.base import TelegramMethod
from aiogram.types import InputFile
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bench.sandbox.bot_api.spec import SPEC_FILE, FieldTable, MethodTable, ShapeTable, SpecTable

_ABOUT = "The Bot API's methods, parameters, types and fields: names, kinds and whether they are required. Facts only."
_SCALARS: dict[Any, str] = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "string",
    datetime: "integer",
    timedelta: "integer",
    InputFile: "file",
}


def read_tables() -> SpecTable:
    reader = _Reader()
    read = {one.__api_method__: reader.method(one) for one in _method_classes()}
    return SpecTable(_ABOUT, __api_version__, read, reader.types)


def _method_classes() -> Iterator[type[TelegramMethod[Any]]]:
    for name in methods.__all__:
        found = getattr(methods, name)
        if isinstance(found, type) and issubclass(found, TelegramMethod) and found is not TelegramMethod:
            yield found


class _Reader:
    def __init__(self) -> None:
        self.types: dict[str, FieldTable] = {}

    def method(self, one: type[TelegramMethod[Any]]) -> MethodTable:
        return MethodTable(self._shape(one.__returning__), self._fields(one))

    def _fields(self, model: type[BaseModel]) -> FieldTable:
        table = FieldTable()
        for name, info in model.model_fields.items():
            self._add(table, info.alias or name, info)
        return table

    def _add(self, table: FieldTable, name: str, info: FieldInfo) -> None:
        """A field with one possible word tells the types of a union apart, so it is always required."""
        shape = self._shape(info.annotation)
        extra = info.json_schema_extra
        if info.is_required() or (_is_one_word(shape) and info.default is not None):
            table.required[name] = shape
        elif isinstance(extra, dict) and extra.get("deprecated") is True:
            table.deprecated[name] = shape
        else:
            table.optional[name] = shape

    def _shape(self, annotation: Any) -> ShapeTable:
        if annotation in _SCALARS:
            return [_SCALARS[annotation]]
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin in {typing.Union, types.UnionType}:
            return _either(self._shape(one) for one in arguments if not _left_out(one))
        if origin is typing.Annotated:
            return self._shape(arguments[0])
        if origin is list:
            return [self._shape(arguments[0])]
        if origin is typing.Literal:
            return _either([_constant(one)] for one in arguments)
        return [self._object(annotation)]

    def _object(self, annotation: Any) -> str:
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return "anything"
        name = annotation.__name__
        if name not in self.types:
            self.types[name] = FieldTable()
            self.types[name] = self._fields(annotation)
        return name


def _left_out(annotation: Any) -> bool:
    """Whether it is None, or aiogram's mark for a value that the bot's defaults fill in."""
    return annotation is type(None) or getattr(annotation, "__name__", "") == "Default"


def _constant(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return f"={value.value if isinstance(value, Enum) else value}"


def _is_one_word(shape: ShapeTable) -> bool:
    return sum(isinstance(choice, str) and choice.startswith("=") for choice in shape) == 1


def _either(shapes: Iterable[ShapeTable]) -> ShapeTable:
    choices: ShapeTable = []
    for choice in (one for shape in shapes for one in shape):
        if choice not in choices:
            choices.append(choice)
    return choices


def written(tables: SpecTable) -> bytes:
    """One method or type a line, so that an upgrade reads well as a difference."""
    lines = [f'"about": {_line(tables.about)}', f'"version": {_line(tables.version)}']
    for name, part in (("methods", tables.methods), ("types", tables.types)):
        rows = ",\n".join(f"{_line(key)}: {_line(value)}" for key, value in part.items())
        lines.append(f'"{name}": {{\n{rows}\n}}')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _line(value: object) -> str:
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    SPEC_FILE.write_bytes(written(read_tables()))
