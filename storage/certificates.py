"""The files of certificates and keys that an address names, looked at before anything is connected.

The clients load them at the first connection, and then speak of OpenSSL, not of the variable to mend.
"""

import ssl
from collections.abc import Callable

from engine.core.errors import SettingsError


def check_authority(option: str, path: str) -> None:
    """`option` is where the path is written, such as "DATABASE_URL: sslrootcert". Raises SettingsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _check(option, path, lambda: context.load_verify_locations(cafile=path), "certificate")


def check_identity(option: str, certificate: str, key: str | None, password: str | None) -> None:
    """Our own certificate, and its key: in a file of its own, or in the same. Raises SettingsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _check(option, certificate, lambda: context.load_cert_chain(certificate, key, password or ""), "certificate")


def _check(option: str, path: str, load: Callable[[], None], what: str) -> None:
    try:
        load()
    except ssl.SSLError as error:
        raise SettingsError(
            f"{option} names {path}, which holds no {what} that fits ({error.reason or error}): give a PEM file."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{option} names {path}, which cannot be read ({error.strerror}): check the path and who may read it."
        ) from error
