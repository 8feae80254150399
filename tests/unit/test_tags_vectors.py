"""Every published or constructed tag vector (tests/data/tags/vectors.json): one reader and one writer a family."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shelfwire.tags import TagError, compaction, decode
from shelfwire.tags.alliance import decode_alliance, decode_content, encode_alliance, encode_content
from shelfwire.tags.alliance_pii import PII_BYTES, decode_pii, encode_pii
from shelfwire.tags.alliance_user import decode_element, decode_user, encode_element, encode_user
from shelfwire.tags.bits import fixed_crc, stored_crc
from shelfwire.tags.code40 import decode_urn40, encode_urn40
from shelfwire.tags.extensions import Block, decode_blocks, encode_block
from shelfwire.tags.fixed import decode_fixed, encode_fixed
from shelfwire.tags.gs1 import decode_gs1
from shelfwire.tags.isil import pack_isil, unpack_isil
from shelfwire.tags.objects import (
    Objects,
    Wanted,
    decode_index,
    decode_objects,
    encode_index,
    encode_objects,
    scheme_for,
)
from shelfwire.tags.uhf import PcWord, decode_pc, decode_tid, encode_pc, encode_uii, split_bank, split_uii

FILE = Path(__file__).resolve().parents[1] / "data" / "tags" / "vectors.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
SCHEMES = {"integer": 1, "numeric": 2, "5bit": 3, "6bit": 4, "7bit": 5}


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def hexed(data: bytes) -> str:
    return data.hex().upper()


def holds(found: Any, expected: Any) -> bool:
    """Whether `found` has everything that is expected; keys not given are not tested."""
    if isinstance(expected, dict):
        return all(key in found and holds(found[key], value) for key, value in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(
            holds(one, want) for one, want in zip(found, expected, strict=True)
        )
    return bool(found == expected)


def block(one: Block) -> dict[str, Any]:
    fields = {str(oid): value for oid, value in one.fields.items()}
    return {"id": one.id, "xor_ok": one.xor_ok, "fields": fields, "raw": hexed(one.raw)}


def fixed(text: str) -> dict[str, Any]:
    read = decode_fixed(raw(text))
    blocks = [block(one) for one in read.blocks]
    return asdict(read) | {"blocks": blocks, "flags": list(read.flags), "errors": list(read.errors)}


def encoded_fixed(fields: dict[str, Any]) -> str:
    blocks = fields.pop("blocks", {})
    wanted = {int(number): {int(oid): value for oid, value in of.items()} for number, of in blocks.items()}
    return hexed(encode_fixed(**fields, blocks=wanted))


def objects(found: Objects) -> dict[str, Any]:
    return {
        "objects": [
            {
                "oid": one.oid,
                "scheme": one.scheme,
                "text": one.text,
                "index": list(one.index or ()),
                "raw": hexed(one.data),
            }
            for one in found.objects
        ],
        "oids": [one.oid for one in found.objects],
        "errors": list(found.errors),
    }


def encoded_objects(wanted: dict[str, Any]) -> bytes:
    return encode_objects(
        [Wanted(**(one | {"index": tuple(one.get("index", ()))})) for one in wanted["objects"]],
        block=wanted.get("block", 4),
    )


def uhf(given: dict[str, str]) -> dict[str, Any]:
    bank = split_bank(raw(given["epc_bank"]))
    assert bank is not None
    user = raw(given["user"]) if "user" in given else None
    tag = decode(bank.epc, bank.pc, user)
    shown = tag.as_json()
    word = decode_pc(bank.pc)
    return shown | {
        "crc_ok": bank.crc_ok,
        "umi": word.umi,
        "uii": decode_urn40(bank.epc).text,
        "pii": tag.primary_item_id,
        "set": f"{tag.part}/{tag.parts}"
        if user and tag.parts
        else f"{tag.parts}{tag.part}"
        if tag.parts
        else None,
        "lent": tag.security == "off",
        "flags": shown["tolerated"],
    }


def user_objects(text: str) -> dict[str, Any]:
    data = raw(text)
    if data[0] != 0x06:
        return {"errors": list(decode("141C", 0x0D07, data).errors)}
    return objects(decode_objects(data, 1))


def encoded_user(wanted: dict[str, Any]) -> str:
    data = b"\x06" + encoded_objects(wanted)
    return hexed(data + bytes(len(data) % 2))


def alliance_user(text: str) -> dict[str, Any]:
    found = decode_user(raw(text))
    elements = [{"oid": one.oid, "text": one.text} for one in found.elements]
    return {"elements": elements, "oids": [one.oid for one in found.elements], "errors": list(found.errors)}


def alliance(text: str) -> dict[str, Any]:
    found = decode_alliance(raw(text))
    return asdict(found) | {"content": list(found.content), "errors": list(found.errors)}


def gs1(text: str) -> dict[str, Any]:
    found = decode_gs1(raw(text))
    return {"error": True} if found is None else asdict(found)


def detected(given: dict[str, str]) -> dict[str, Any]:
    dsfid = int(given["dsfid"], 16) if "dsfid" in given else None
    if given["air"] == "HF":
        tag = decode(block=given["memory"], dsfid=dsfid)
    else:
        tag = decode(given["epc"], int(given["pc"], 16) if "pc" in given else None, given.get("user"))
    return tag.as_json() | {"pii": tag.primary_item_id, "flags": list(tag.tolerated)}


def tid(text: str) -> dict[str, Any]:
    found = decode_tid(raw(text))
    assert found is not None
    return found._asdict()


def uhf_pc(text: str) -> dict[str, Any]:
    word = decode_pc(int(text, 16))
    return word._asdict() | {"low": f"{word.low:02X}"}


def encoded_uii(given: dict[str, Any]) -> str:
    epc = encode_uii(given["owner"], given["pii"], given.get("set"))
    pc = PcWord(len(epc) // 2, given["umi"], xpc=False, iso=True, low=int(given["afi"], 16))
    return f"{encode_pc(pc):04X}{hexed(epc)}"


def pii_read(method: int) -> Callable[[str], str | None]:
    return lambda text: decode_pii(method, raw(text).ljust(PII_BYTES[method], b"\x00"))[0]


def malformed(given: dict[str, str]) -> dict[str, Any]:
    family, text = given["family"], given["hex"]
    if family == "urn40":
        return {"errors": [code for code in (decode_urn40(raw(text)).fault,) if code]}
    readers: dict[str, Callable[[str], dict[str, Any]]] = {
        "28560-3": fixed,
        "15962-objects": lambda text: objects(decode_objects(raw(text))),
        "gxlm-epc": alliance,
        "gxlm-user": alliance_user,
        "28560-4-user": user_objects,
    }
    return readers[family](text)


def refused(given: dict[str, str]) -> dict[str, Any]:
    family, text = given["family"], given["text"]
    if family.startswith("15962-"):
        write: Callable[[], object] = partial(compaction.compact, SCHEMES[family[6:]], text)
    elif family.startswith("gxlm-pii"):
        write = partial(encode_pii, text, {"96": 0, "128": 1}[family[8:]])
    elif family == "gxlm-element-3":
        write = partial(encode_element, 3, text)
    else:
        write = partial(encode_urn40, text) if family == "urn40" else partial(encode_fixed, text, size=32)
    with pytest.raises(TagError) as refusal:
        write()
    return {"errors": [refusal.value.code]}


DECODERS: dict[str, Callable[[Any], Any]] = {
    "28560-3": fixed,
    "28560-3-ext": lambda text: block(decode_blocks(raw(text)).blocks[0]),
    "15962-isil": lambda text: unpack_isil(raw(text)),
    "15962-index": lambda text: list(decode_index(raw(text))),
    "15962-objects": lambda text: objects(decode_objects(raw(text))),
    "uhf-pc": uhf_pc,
    "urn40": lambda text: decode_urn40(raw(text)).text,
    "uii": lambda text: split_uii(text)._asdict(),
    "28560-4": uhf,
    "28560-4-user": user_objects,
    "gxlm-pii96": pii_read(0),
    "gxlm-pii128": pii_read(1),
    "gxlm-index": lambda text: list(decode_content(int(text, 16))),
    "gxlm-element": lambda given: decode_element(given["oid"], raw(given["data"]))[0],
    "gxlm-epc": alliance,
    "gxlm-user": alliance_user,
    "gxlm-tag": uhf,
    "gs1": gs1,
    "tid": tid,
    "malformed": malformed,
}
ENCODERS: dict[str, Callable[[Any], Any]] = {
    "28560-3": encoded_fixed,
    "28560-3-ext": lambda given: hexed(
        encode_block(given["id"], {int(oid): value for oid, value in given["fields"].items()})
    ),
    "15962-isil": lambda text: hexed(pack_isil(text)),
    "15962-index": lambda oids: hexed(encode_index(oids)),
    "15962-objects": lambda wanted: hexed(encoded_objects(wanted)),
    "15962-select": lambda given: {"scheme": scheme_for(given["text"], given.get("oid"))},
    "uhf-pc": lambda given: f"{encode_pc(PcWord(**(given | {'low': int(given['low'], 16)}))):04X}",
    "urn40": lambda text: hexed(encode_urn40(text)),
    "28560-4": encoded_uii,
    "28560-4-user": encoded_user,
    "gxlm-pii96": lambda text: hexed(encode_pii(text, 0)[1]),
    "gxlm-pii128": lambda text: hexed(encode_pii(text, 1)[1]),
    "gxlm-index": lambda oids: f"{encode_content(oids):04X}",
    "gxlm-element": lambda given: hexed(encode_element(given["oid"], given["text"])),
    "gxlm-epc": lambda given: hexed(encode_alliance(**given)),
    "gxlm-user": lambda elements: hexed(encode_user([(one["oid"], one["text"]) for one in elements])),
    "malformed": refused,
}
CHECKS: dict[str, Callable[[Any], Any]] = {
    "crc-28560-3": lambda text: hexed(fixed_crc(raw(text)[:19] + b"\x00\x00" + raw(text)[19:])),
    "stored-crc": lambda text: hexed(stored_crc(raw(text))),
}


def programme(vector: dict[str, Any]) -> Callable[[Any], Any]:
    family, direction = vector["family"], vector["direction"]
    if direction == "decode" and family.startswith("15962-") and family[6:] in SCHEMES:
        return lambda text: compaction.expand(SCHEMES[family[6:]], raw(text)).text
    if direction == "encode" and family.startswith("15962-") and family[6:] in SCHEMES:
        return lambda text: hexed(compaction.compact(SCHEMES[family[6:]], text))
    if direction == "detect":
        return detected
    return {"decode": DECODERS, "encode": ENCODERS, "check": CHECKS}[direction][family]


def named(vector: dict[str, Any]) -> str:
    return f"{vector['family']}-{vector['direction']}-{VECTORS.index(vector)}"


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_vector_comes_out_as_published(vector: dict[str, Any]) -> None:
    given = json.loads(json.dumps(vector["input"]))
    found, expected = programme(vector)(given), vector["expected"]
    if isinstance(expected, dict) and "any_of" in expected:
        assert found["scheme"] in expected["any_of"]
        return
    assert holds(found, expected), found


def test_no_vector_is_left_out() -> None:
    families = Counter(vector["family"] for vector in VECTORS)
    assert len(VECTORS) == 415
    assert families["detect"] == 19
    assert families["malformed"] == 49
