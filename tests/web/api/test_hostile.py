"""Whatever is sent, the answer is a clear refusal: never a failure of ours, never an echo of what was sent."""

import json
from typing import Any

import pytest

from .conftest import Api, body

DEEP = 100_000
LONG = "x" * 1_000_000

NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{"external_id": "T1"',
    "two objects": b"{} {}",
    "a trailing comma": b'{"external_id": "T1",}',
    "single quotes": b"{'external_id': 'T1'}",
    "UTF-16": json.dumps(body()).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "bytes that are no text": b'{"external_id": "\xff"}',
    "a raw NUL": b'{"external_id": "\x00"}',
    "NaN": b'{"baseline_pain": NaN}',
    "minus infinity": b'{"baseline_pain": -Infinity}',
    "a number beyond all bounds": b'{"baseline_pain": 1e999}',
    "an endless number": b'{"baseline_pain": ' + b"9" * 5000 + b"}",
    "a key twice": b'{"external_id": "T1", "external_id": "T2"}',
    "a key twice inside": b'{"patient": {"given_name": "A", "given_name": "B"}}',
    "a tower of lists": b"[" * DEEP + b"]" * DEEP,
    "a tower of objects": b'{"patient":' * 20_000 + b"1" + b"}" * 20_000,
}

NOT_AN_ENTRY: dict[str, bytes] = {
    "a list": b"[]",
    "a text": b'"T1"',
    "null": b"null",
    "a number": b"7",
    "a deep list": b'{"regions": ' + b"[" * 50 + b"]" * 50 + b"}",
    "half a surrogate pair": b'{"external_id": "\\ud83d"}',
    "a name of half a pair": b'{"\\ud83d": 1}',
    "an escaped NUL": b'{"practitioner": "a\\u0000b"}',
    "more fields than anyone has": json.dumps({f"field{number}": 1 for number in range(5000)}).encode(),
    "more regions than a body has": json.dumps({"regions": ["neck"] * 5000}).encode(),
    "a wall of combining marks": json.dumps({"practitioner": "\u0301\u0323" * 10_000}).encode(),
}

FIELDS: dict[str, dict[str, Any]] = {
    "a NUL in a clinic's key": {"clinic": "maple\x00"},
    "a patient that is a list": {"patient_as_is": []},
    "a patient that is a text": {"patient_as_is": "Ada"},
    "a time at the end of time": {"ended_at": "9999-12-31T23:59:59+14:00"},
    "a time before all time": {"ended_at": "0001-01-01T00:00:00-23:59"},
    "a time that is a number": {"ended_at": 1_780_000_000},
    "a name that turns the text around": {"patient": {"given_name": "\u202eadA"}},
    "a name of control characters": {"patient": {"given_name": "\x1b[31m"}},
    "a name of 201 characters": {"patient": {"given_name": "A" * 201}},
    "a phone that is an object": {"patient": {"phone": {"e164": "+1"}}},
    "a pain of a fraction": {"baseline_pain": 3.5},
    "a pain of true": {"baseline_pain": True},
    "a zone outside the folder": {"patient": {"timezone": "../../etc/passwd"}},
    "a language that is a path": {"patient": {"language": "../en"}},
    "consent as a list": {"consent_as_is": []},
}


def is_problem(answer: Any, status: int) -> bool:
    told = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert told["status"] == status
    assert len(answer.content) < 10_000
    return bool(told["detail"])


@pytest.mark.parametrize("content", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_is_a_bad_request(quick_api: Api, content: bytes) -> None:
    assert is_problem(quick_api.send("/treatments", content), 400)


@pytest.mark.parametrize("content", NOT_AN_ENTRY.values(), ids=NOT_AN_ENTRY)
def test_json_of_another_shape_is_told_by_field(quick_api: Api, content: bytes) -> None:
    answer = quick_api.send("/treatments", content)
    assert is_problem(answer, 422)
    assert all(wrong["detail"] and wrong["mend"] for wrong in answer.json()["errors"])


@pytest.mark.parametrize("change", FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize("path", ["/treatments", "/treatments/preview"])
def test_a_field_that_cannot_be_is_told_by_its_name(quick_api: Api, path: str, change: dict[str, Any]) -> None:
    as_is = {name.removesuffix("_as_is"): value for name, value in change.items() if name.endswith("_as_is")}
    given = body(**{name: value for name, value in change.items() if not name.endswith("_as_is")}) | as_is
    answer = quick_api.send(path, json.dumps(given).encode())
    assert is_problem(answer, 422)
    [name] = {name.removesuffix("_as_is") for name in change}
    assert all(wrong["field"].startswith(name) for wrong in answer.json()["errors"])


@pytest.mark.parametrize("path", ["/treatments", "/treatments/preview"])
def test_a_text_of_a_million_characters_is_not_read(quick_api: Api, path: str) -> None:
    assert is_problem(quick_api.send(path, json.dumps(body(practitioner=LONG)).encode()), 413)


def test_a_body_is_not_read_further_than_it_may_be_long(quick_api: Api) -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 65_536
            yield b" " * 65_536

    answer = quick_api.ask("POST", "/treatments", content=endless(), headers={"Content-Type": "application/json"})
    assert is_problem(answer, 413)
    assert read <= 6 * 65_536


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_only_plain_json_is_taken(quick_api: Api, headers: dict[str, str]) -> None:
    assert is_problem(quick_api.send("/treatments", json.dumps(body()).encode(), **headers), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/JSON", "application/vnd.clinic+json"])
def test_json_by_any_of_its_names_is_taken(quick_api: Api, kind: str) -> None:
    assert quick_api.send("/treatments", json.dumps(body()).encode(), **{"Content-Type": kind}).status_code == 201


def test_names_from_anywhere_are_kept(api: Api) -> None:
    name = {"given_name": "Zoë \N{SMILING FACE WITH OPEN MOUTH}", "family_name": "Đặng"}
    told = api.post("/treatments", body(patient=name)).json()
    assert {key: told["patient"][key] for key in name} == name
