"""Servers that take nothing but TLS: a door in front of a server that knows none, and certificates made for it.

The wheels of Valkey and PostgreSQL are built without TLS, so it ends here, one hop before the server.
"""

import asyncio
import datetime as dt
import ipaddress
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_DAY = dt.timedelta(days=1)
_CHUNK = 64 * 1024

Greeting: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]


class Authority:
    """Signs certificates. `path` is the PEM file that clients trust it by."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._sign(self._name, self._key, _DAY, x509.BasicConstraints(ca=True, path_length=None))
        self.path = directory / f"{name}.pem"
        self.path.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, host: str = "127.0.0.1", *, lasts: dt.timedelta = _DAY) -> Path:
        """A certificate for a host and its key, in one file. It began two days ago and ends after `lasts` from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._sign(name, key, lasts, x509.SubjectAlternativeName([_general_name(host)]))
        path = self._directory / f"{host}-{certificate.serial_number:x}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
        return path

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, lasts: dt.timedelta, more: x509.ExtensionType
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * _DAY)
            .not_valid_after(now + lasts)
            .add_extension(more, critical=isinstance(more, x509.BasicConstraints))
            .sign(self._key, SHA256())
        )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Doors(NamedTuple):
    """Addresses of servers that take TLS alone, without options."""

    database_url: str
    redis_url: str


@contextmanager
def doors(database_url: str, redis_url: str, certificate: Path, guests: Path | None = None) -> Iterator[Doors]:
    """A client that begins without TLS is cut off, and so is one without a certificate that `guests` signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if guests:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(guests)
    with (
        _door(_port(database_url), context, _agree_to_tls) as postgres,
        _door(_port(redis_url), context, _begin_at_once) as redis,
    ):
        yield Doors(_at(database_url, postgres, "postgresql"), _at(redis_url, redis, "rediss"))


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _at(url: str, port: int, scheme: str) -> str:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return parts._replace(scheme=scheme, netloc=f"{login}@127.0.0.1:{port}").geturl()


async def _begin_at_once(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> bool:
    return True


async def _agree_to_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    if await reader.readexactly(len(SSL_REQUEST)) != SSL_REQUEST:
        return False
    writer.write(b"S")
    await writer.drain()
    return True


@contextmanager
def _door(server_port: int, context: ssl.SSLContext, greet: Greeting) -> Iterator[int]:
    """In a thread of its own, so that programs which block their caller can come in as well."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await greet(reader, writer):
                await writer.start_tls(context)
                await join(reader, writer, server_port)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has refused the certificate or left, or the door is closed
        finally:
            writer.close()

    try:
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(welcome, "127.0.0.1", 0), loop).result()
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server_port: int) -> None:
    from_server, to_server = await asyncio.open_connection("127.0.0.1", server_port)
    try:
        await asyncio.gather(_copy(reader, to_server), _copy(from_server, writer))
    finally:
        to_server.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK):
        target.write(chunk)
        await target.drain()
    target.close()
