"""Webhooks as ShipStation would send them, signed by a key made for these tests alone."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson

KEY_ID = "test-key"
_MODULUS = int(
    "e0f5d619e15eb44622b2bbfec2b28cdb2809a7bef2bcdbcff1c0229bcfc6da4908de394ecc634d96"
    "a649952fd34ee3ca058eeca36a1443fef8ec981d32c5375884d18e8d92f1ced2108c4e2503ccd7d7"
    "10cb839c0beba18f564e01b2f0e2c455e1e5938ada7a275122258a4a74d792676f4df40e45609a4f"
    "ee43d50d636038792bf05b7e10aaf94c28345a281a31d9242559718d0e6acb8d386ac5ee45db1962"
    "c122b375b8aaa52a6085567a4c098b74052c8d4d69569814d3a3c17584bc8ed6d70e5b93344a5d8a"
    "6ca4dd09ebf69e10af5b7b0ed6cdaa426d8039eda9f53f917a8c5a2453ac8a6d25bb80231ab4aaf2"
    "b842bc48796c734149ae91aa35715a29",
    16,
)
_PRIVATE_EXPONENT = int(
    "caeb76112a45aeff84d50cd724f0c235fdcb97d09a4cd94a9d9ade9d05b32dbbab9028c9777c2bc4"
    "b482b35bcc93e0cd9e6de9ef0e04f1c0d0f139d53cb2c0d5cc18eb29b15f055c5f28f0645b252f9d"
    "03bd501e367279ed3dc067afedb1dfc0486039d28a789d768602aed7b2c5b17e33dc71455e37617a"
    "b045e7ac87f3877bb46a363d7002bdeb272168450a0163a7229037eef93d144f4f589783b6cc073b"
    "11d85cb3f3bb9c43594e853c85e36b309d4ba04a526ed85380b899b252babea1309653f7d6d49ea3"
    "16d5b965e6e8d1f55d59fb1a072a74a4cb340b9c86543960c60eb0a93dab66a6a42f4a34936239a7"
    "50da27a4f20fc9c8eccb34460fc2a0d",
    16,
)
# Made by OpenSSL with the same key, so that ours is judged by another's work:
# openssl dgst -sha256 -sign key.pem over TIMESTAMP + "." + BODY.
TIMESTAMP = "2026-03-01T08:00:00.000Z"
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
BODY = (
    b'{"resource_url":"https://api.shipstation.com/v2/labels?batch_id=se-1",'
    b'"resource_type":"LABEL_CREATED_V2"}'
)
SIGNATURE = (
    "b0rB8ZoolR+MEb5hxfjKvU3biy92xUPcSTJK+PJWid4auiMYUneWH5WUqMWQshEMS05z9nc6PVyxs/vJ"
    "DimkX5dJewkSXwd7GAX5af2JSNfd+C0RBfujrSvFdOFS8FYnjFcnC15aYMrk31SZECVQJOc5f9F2itBZ"
    "c54OShweWzKQxB8dB8AY5RnxNuEWSw7iKwd7+lGqelUEt7Fl4q8tUE5p7WJmBxwJpExHJV31rE4H2dXl"
    "WlTPO7NUAwDr8OD8qobYOARDr0G4gcIRIjU7XcQXzr8wshw5AjyO1xujFw2RkIzgQbpkyVXOc7wAQUGS"
    "EoKb48Bl9JgNvjAt61pioA=="
)


def save_keys(path: Path, *, key_id: str = KEY_ID, modulus: int = _MODULUS) -> Path:
    """A JWKS file with the public half."""
    number = modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")
    key = {
        "kty": "RSA",
        "kid": key_id,
        "use": "sig",
        "n": base64.urlsafe_b64encode(number).decode().rstrip("="),
        "e": "AQAB",
    }
    path.write_bytes(orjson.dumps({"keys": [key]}))
    return path


def headers(signature: str, timestamp: str = TIMESTAMP) -> dict[str, str]:
    """The headers that carry a signature."""
    return {
        "X-ShipEngine-RSA-SHA256-Key-Id": KEY_ID,
        "X-ShipEngine-RSA-SHA256-Signature": signature,
        "X-ShipEngine-Timestamp": timestamp,
    }


def signed(body: bytes, at: datetime) -> dict[str, str]:
    """Headers with a signature of ``body``."""
    timestamp = at.isoformat().replace("+00:00", "Z")
    digest = hashlib.sha256(timestamp.encode() + b"." + body).digest()
    info = bytes.fromhex("3031300d060960864801650304020105000420") + digest
    block = b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info
    number = pow(int.from_bytes(block, "big"), _PRIVATE_EXPONENT, _MODULUS)
    return headers(base64.b64encode(number.to_bytes(256, "big")).decode(), timestamp)


def webhook(path: str, kind: str = "LABEL_CREATED_V2", **more: object) -> bytes:
    """The body of a webhook that names ``path``."""
    url = f"https://api.shipstation.com{path}"
    return orjson.dumps({"resource_url": url, "resource_type": kind, **more})


def drop(folder: Path, name: str, body: bytes, with_headers: dict[str, str] | None = None) -> None:
    """Put a body into ``folder`` as a receiver would."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_bytes(body)
    if with_headers is not None:
        (folder / f"{name}.headers.json").write_bytes(orjson.dumps(with_headers))


def hints(con: duckdb.DuckDBPyConnection) -> list[tuple[str, dict[str, str], bool, bool]]:
    """What was taken in: stream, query, whether it is signed, and whether it says something of a parcel."""
    rows = con.execute(
        "select stream, query, signed_at is not null, tracking is not null from ledger.hints "
        "order by stream, query"
    ).fetchall()
    return [(stream, orjson.loads(query), signed, data) for stream, query, signed, data in rows]
