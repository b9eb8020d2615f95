"""How are keys made, and how is their fingerprint taken?

Fingerprints as Nova shows them: MD5 of the key blob for ssh, SHA-1 of the certificate for x509. They name a key, they
protect nothing.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from moorage import clock, errors

_BITS = 2048
_PRINCIPAL = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_VALID = dt.timedelta(days=3650)


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh pair. ``private_key`` goes to the caller once and is kept nowhere."""

    public_key: str
    private_key: str
    fingerprint: str

    def __repr__(self) -> str:
        return f"Material({self.fingerprint})"


def generate(kind: str, user_id: str) -> Material:
    """A new pair of 2048 bit RSA keys, ``ssh`` or ``x509``."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return _certificate(key, user_id) if kind == "x509" else _ssh(key)


def fingerprint(kind: str, public_key: str) -> str:
    """The fingerprint of an imported key; 400 if it is no key of that kind."""
    return _of_certificate(public_key) if kind == "x509" else _of_ssh(public_key)


def _of_ssh(public_key: str) -> str:
    problem = "Keypair data is invalid: failed to generate fingerprint"
    try:
        serialization.load_ssh_public_key(public_key.encode())
        blob = base64.b64decode(public_key.split()[1])
    except (ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise errors.BadRequest(f"{problem}: public_key is no OpenSSH public key ({error})") from None
    return _colons(hashlib.md5(blob, usedforsecurity=False).digest())


def _of_certificate(public_key: str) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(public_key.encode())
        return _colons(certificate.fingerprint(hashes.SHA1()))  # noqa: S303
    except (ValueError, TypeError, binascii.Error) as error:
        raise errors.BadRequest(
            f"Keypair data is invalid: failed to generate X509 fingerprint. Error message: {error}"
        ) from None


def _colons(digest: bytes) -> str:
    return digest.hex(":")


def _ssh(key: rsa.RSAPrivateKey) -> Material:
    form = serialization.PublicFormat.OpenSSH
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, form).decode() + " Generated-by-Moorage"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return Material(public_key=public, private_key=private.decode(), fingerprint=_of_ssh(public))


def _certificate(key: rsa.RSAPrivateKey, user_id: str) -> Material:
    """A self-signed client certificate for WinRM and its key as base64 of PKCS #12 without a password."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, user_id[:64])])
    principal = f"{user_id}@localhost".encode()
    utf8_string = b"\x0c" + bytes([len(principal)]) + principal if len(principal) < 128 else b""
    if not utf8_string:
        raise errors.BadRequest(f"Keypair data is invalid: the user id {user_id} is too long for a certificate")
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALID)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.OtherName(_PRINCIPAL, utf8_string)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM).decode()
    bundle = pkcs12.serialize_key_and_certificates(None, key, certificate, None, serialization.NoEncryption())
    private = base64.b64encode(bundle).decode()
    return Material(public_key=public, private_key=private, fingerprint=_of_certificate(public))
