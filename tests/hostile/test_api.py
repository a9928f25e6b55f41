"""What the API answers to requests that nobody should send; tests/web/api/test_hostile.py asks the plainer ones."""

import json
from typing import Any, NamedTuple

import pytest

from tests.builders import local
from tests.web.api.conftest import body

from .conftest import MEGABYTE, SECRET, Service, at_most, check_words, on_one_database, table, unchanged

NOON = local(7, 12)
INVISIBLE = "holds the invisible character"
NO_DATE = "which is no date with a time"
NO_PAIN = "write a whole number from 0 (none) to 10, or leave it empty"


class Asked(NamedTuple):
    """A request, and what it is answered: of an error in a field, the field's name and what is wrong with it."""

    method: str
    path: str
    sent: Any
    status: int
    said: str
    field: str = ""


def session(field: str, said: str, **changes: Any) -> Asked:
    return Asked("POST", "/treatments", body(**{"external_id": "refused"} | changes), 422, said, field)


def change(field: str, said: str, **changes: Any) -> Asked:
    return Asked("PATCH", "/treatments/{treatment}", changes, 422, said, field)


def query(asked: str, field: str, said: str, path: str = "/messages") -> Asked:
    return Asked("GET", f"{path}?{asked}", None, 422, said, field)


def raw(content: bytes, said: str) -> Asked:
    return Asked("POST", "/treatments", content, 400, said)


def consent(field: str, said: str, **changes: Any) -> Asked:
    given = {"channel": "sms", "says": "given", "method": "signed form"}
    return Asked("POST", "/patients/{patient}/consents", given | changes, 422, said, field)


BODIES = {
    "a very large pain": session("baseline_pain", f'is "{2**63}"; {NO_PAIN}', baseline_pain=2**63),
    "a pain just off the scale of all numbers": session("baseline_pain", 'is "1e+308"', baseline_pain=1e308),
    "a pain of minus nothing": session("baseline_pain", 'is "-0.0"', baseline_pain=-0.0),
    "a pain of NaN in words": session("baseline_pain", f'is "NaN"; {NO_PAIN}', baseline_pain="NaN"),
    "an id that is a large number": session("external_id", "is not text", external_id=2**53 + 1),
    "a name that is true": session("patient.given_name", "is not text", patient={"given_name": True}),
    "a name with a break that only Unicode knows": session(
        "patient.given_name", f"{INVISIBLE} U+2028", patient={"given_name": "A\u2028da"}
    ),
    "a method that isolates": session("consent.method", f"{INVISIBLE} U+2066", consent={"method": "\u2066form"}),
    "a key that turns text around": session("\ufffdclinic", "is not a field that we know", **{"\u202eclinic": "maple"}),
    "a key of 200,000 letters": session(
        "x" * 40 + "…", "is not a field that we know; leave it out", **{"x" * 200_000: 1}
    ),
    "a clinic that is a list": session("clinic", "is not text", clinic=["maple"]),
    "a patient of nothing": session("patient.given_name", "is missing; fill it in", patient={"given_name": None}),
    "a zone of another planet": session(
        "patient.timezone", "which is no time zone", patient={"timezone": "Mars/Phobos"}
    ),
    "a zone that is an offset": session(
        "patient.timezone", 'is "-05:00", which is no time', patient={"timezone": "-05:00"}
    ),
    "a zone that is a number": session("patient.timezone", "is not text", patient={"timezone": -5}),
    "a language of letters that are none": session(
        "patient.language", "is no language code", patient={"language": "e\u0301n"}
    ),
    "an address that is a list": session("patient.email", "is not text", patient={"email": ["ada@mail.example"]}),
    "a day that never was": session("ended_at", f'is "2027-02-29T10:00", {NO_DATE}', ended_at="2027-02-29T10:00"),
    "an hour that never was": session("ended_at", f'is "2027-06-07T24:01", {NO_DATE}', ended_at="2027-06-07T24:01"),
    "a second too many": session("ended_at", NO_DATE, ended_at="2027-06-07T10:00:60"),
    "an offset of 99 hours": session("ended_at", NO_DATE, ended_at="2027-06-07T10:00+99:00"),
    "a year with a sign": session("ended_at", NO_DATE, ended_at="+012027-06-07T10:00"),
    "a time in wide digits": session("ended_at", NO_DATE, ended_at="\uff12027-06-07T10:00"),
    "a time that is an object": session("ended_at", NO_DATE, ended_at={"at": "2027-06-07T10:00"}),
    "a visit that is a list": session("next_visit_at", NO_DATE, next_visit_at=["2027-07-07T10:00"]),
    "regions by name": session("regions", "is not a list", regions={"neck": True}),
    "regions in regions": session("regions", "holds \"['neck']\", which we do not know", regions=[["neck"]]),
    "a region of nothing": session("regions", 'holds "None", which we do not know', regions=[None]),
    "65 regions": session("regions", "holds more than 64 entries; shorten it", regions=["neck"] * 65),
    "consent as a word": session("consent.sms", "is neither yes nor no", consent={"sms": "si"}),
    "consent of two": session("consent.sms", "is neither yes nor no", consent={"sms": 2}),
    "first treatment as a list": session("first_treatment", "is neither yes nor no", first_treatment=[]),
    "2,001 characters": session("practitioner", "is longer than 2000 characters", practitioner="x" * 2_001),
    "a tower of nine": session(
        "practitioner.0.0.0.0.0.0.0", "is nested deeper than 8 levels", practitioner=[[[[[[[[[]]]]]]]]]
    ),
    "a session of tomorrow": session("ended_at", "the session has not ended yet", ended_at="2027-06-08T10:00"),
}

LOOKED_UP = {
    "a plan that would drop tables": session(
        "plan", 'there is no plan "\'; DROP TABLE plan"', plan="'; DROP TABLE plan"
    ),
    "a change of what never changes": change("external_id", "cannot be corrected", external_id="T2"),
    "a change to a day that never was": change("ended_at", NO_DATE, ended_at="2027-04-31T10:00"),
    "a change to a session of tomorrow": change(
        "ended_at", "the session has not ended yet", ended_at="2027-06-08T10:00"
    ),
    "a change of a name into a NUL": change("patient.given_name", "holds U+0000", patient={"given_name": "\0"}),
    "a change of a zone into none": change(
        "patient.timezone", "is no time zone", patient={"timezone": "EST5EDT4,M3.2.0"}
    ),
    "a change of pain into words": change("baseline_pain", 'is "much"', baseline_pain="much"),
    "a change of a patient into a number": change("patient", "is not an object", patient=7),
    "a time to leave that never was": Asked(
        "POST", "/messages/{message}/reschedule", {"due_at": "2027-06-31T10:00"}, 422, NO_DATE, "due_at"
    ),
    "a time to leave of a number": Asked(
        "POST", "/messages/{message}/reschedule", {"due_at": 1e12}, 422, NO_DATE, "due_at"
    ),
    "a time to leave after all time": Asked(
        "POST", "/messages/{message}/reschedule", {"due_at": "9999-12-31T23:59"}, 422, "is in the year 9999", "due_at"
    ),
    "no time to leave": Asked("POST", "/messages/{message}/reschedule", {}, 422, "is missing; fill it in", "due_at"),
    "settled by a number": Asked(
        "POST", "/messages/{message}/settle", {"sent": 7}, 422, "is neither yes nor no", "sent"
    ),
    "consent for a purpose of ours alone": consent("purposes.0", "is not a word that we know", purposes=["marketing"]),
    "consent for purposes in purposes": consent("purposes.0", "is not a word that we know", purposes=[["care"]]),
    "consent to a channel of channels": consent("channel", "is not a word that we know", channel={"sms": True}),
    "consent in a way that turns text around": consent("method", f"{INVISIBLE} U+202E", method="\u202emrof"),
}

RAW = {
    "a key twice, once escaped": raw(
        b'{"clinic": "a", "cl\\u0069nic": "b"}', 'The body says "clinic" twice; which one'
    ),
    "a key twice, as an object and as a list": raw(b'{"patient": {}, "patient": []}', 'says "patient" twice'),
    "a number of 21 digits": raw(b'{"baseline_pain": 1' + b"0" * 20 + b"}", "a number of more than 20 digits"),
    "a number of 250,000 digits": raw(b'{"baseline_pain": ' + b"9" * 250_000 + b"}", "a number of more than 20 digits"),
    "a fraction beyond all bounds": raw(b'{"baseline_pain": -1e400}', "The body holds a number that is too large."),
    "a comment": raw(b'{"clinic": "maple"} // ours', "The body is not JSON at line 1, column 21"),
    "hexadecimal": raw(b'{"baseline_pain": 0x7}', "The body is not JSON at line 1"),
    "UTF-32": raw(json.dumps(body()).encode("utf-32"), "The body is not UTF-8."),
    "UTF-16 without a mark": raw(json.dumps(body()).encode("utf-16-le"), "The body is not JSON at line 1"),
    "a ZIP file": raw(b"PK\x03\x04\x14\x00\x08\x08\x08\x00\xb5\xee", "The body is not UTF-8."),
    "a text that is never closed": raw(b'{"clinic": "maple', "The body is not JSON at line 1, column 12"),
    "100,000 lists side by side": Asked(
        "POST",
        "/treatments",
        b'{"regions": [' + b"[]," * 85_000 + b"[]]}",
        422,
        "holds more than 64 entries",
        "regions",
    ),
    "a quarter of a megabyte and a bit": Asked(
        "POST", "/treatments", b" " * (256 * 1024 + 1), 413, "The body is longer than 262144 bytes."
    ),
}

QUERIES = {
    "a status twice": query("status=sent&status=failed", "status", "stands there twice; say it once"),
    "a status of a NUL": query("status=%00", "status", "is not a word that we know"),
    "an id of half a surrogate pair": query("patient=%ED%A0%BD", "patient", "is not an id of ours"),
    "an id of 5,000 digits": query(f"patient={'1' * 5_000}", "patient", "is not an id of ours"),
    "a time without an offset in a gap": query(
        "due_from=2027-03-14T02:30", "due_from", "has no offset from UTC; write it"
    ),
    "a time that never was": query("due_to=2027-02-30T10:00Z", "due_to", NO_DATE),
    "a time before all time": query("due_from=0001-01-01T00:00Z", "due_from", "is in the year 1; correct the year"),
    "a cursor that would drop tables": query(
        "cursor=';DROP%20TABLE", "cursor", "is not one of ours; use next_cursor of"
    ),
    "a cursor of 5,000 letters": query(f"cursor={'x' * 5_000}", "cursor", "is not one of ours; use next_cursor"),
    "a cursor that turns text around": query("cursor=%E2%80%AE~", "cursor", r"'\u202e~' is not one of ours"),
    "a cursor of a day that never was": query("cursor=20270230T100000.000000Z~1", "cursor", "is not one of ours"),
    "a name of a NUL": query("%00=1", "\ufffd", "is not a field that we know; leave it out"),
    "a cursor twice": query("cursor=a&cursor=b", "cursor", "stands there twice", "/patients/{patient}/timeline"),
    "a timeline's cursor of a NUL": query("cursor=%00", "cursor", "is not one of ours", "/patients/{patient}/timeline"),
}

PATHS = {
    "an id in braces": Asked("GET", "/messages/{{{message}}}", None, 404, ""),
    "an id with a NUL": Asked("GET", "/messages/{message}%00", None, 404, ""),
    "an id that is a path": Asked("GET", "/messages/..%2f..%2fetc%2fpasswd", None, 404, ""),
    "an id of 5,000 letters": Asked("GET", f"/treatments/{'x' * 5_000}", None, 404, ""),
    "a treatment in place of a message": Asked(
        "POST", "/messages/{treatment}/cancel", None, 404, "There is no message"
    ),
    "a message in place of a patient": Asked("GET", "/patients/{message}", None, 404, "There is no patient"),
    "a repeat with other content": Asked("POST", "/treatments", body("api-1", baseline_pain=3), 409, "other content"),
    "a time to leave after it has expired": Asked(
        "POST", "/messages/{message}/reschedule", {"due_at": "2098-12-31T23:59"}, 409, ""
    ),
}


@pytest.fixture(scope="session")
def ids(service: Service) -> dict[str, str]:
    told = service.api.post("/treatments", body("api-1")).json()
    message = next(message["id"] for message in told["messages"] if message["step"] == "warning-signs")
    return {"treatment": told["id"], "patient": told["patient"]["id"], "message": message}


@on_one_database
@table(BODIES | RAW)
def test_what_nobody_can_read_is_refused_by_name_and_leaves_no_trace(
    service: Service, ids: dict[str, str], row: Asked
) -> None:
    assert_refused(service, ids, row)


@table(LOOKED_UP | QUERIES | PATHS)
def test_what_cannot_be_done_is_refused_by_name_and_leaves_no_trace(
    service: Service, ids: dict[str, str], row: Asked
) -> None:
    assert_refused(service, ids, row)


def assert_refused(service: Service, ids: dict[str, str], row: Asked) -> None:
    content = (
        row.sent if isinstance(row.sent, bytes) else json.dumps(row.sent).encode() if row.sent is not None else b""
    )
    before = service.api.get(f"/treatments/{ids['treatment']}")

    with unchanged(service.engine), at_most(24 * MEGABYTE):
        headers = {"Content-Type": "application/json"}
        answer = service.api.ask(row.method, row.path.format(**ids), content=content, headers=headers)

    check_words(json.dumps(answer.json(), ensure_ascii=False))
    assert (answer.status_code, answer.headers["Content-Type"]) == (row.status, "application/problem+json"), answer.text
    assert service.api.key not in answer.text
    if row.field:
        assert [
            (each["field"], row.said in f"{each['detail']}; {each['mend']}") for each in answer.json()["errors"]
        ] == [(row.field, True)]
    else:
        assert row.said in answer.json()["detail"]
    assert service.api.get(f"/treatments/{ids['treatment']}") == before


@pytest.mark.parametrize(
    "key",
    ["", SECRET, "fu_" + "A" * 43, "fu_" + "x" * 50_000, "\x01", "fu_' OR '1'='1", "fu_\xff\xfe"],
)
def test_a_forged_key_opens_nothing_and_is_not_repeated(service: Service, key: str) -> None:
    with unchanged(service.engine):
        answer = service.browser.get("/api/v1/messages", headers={"Authorization": f"Bearer {key}".encode("latin-1")})
    check_words(answer.text)
    assert answer.status_code == 401
    assert not key or key not in answer.text


@pytest.mark.parametrize(
    ("written", "utc"),
    [("2027-03-14T02:30", "2027-03-14T07:30:00Z"), ("2026-11-01T01:30", "2026-11-01T05:30:00Z")],
)
def test_a_time_that_the_clocks_skipped_or_showed_twice_is_read_one_way(
    service: Service, written: str, utc: str
) -> None:
    given = body(f"api-{written}", ended_at=written, patient={"given_name": written})
    with unchanged(service.engine):
        previewed = service.api.post("/treatments/preview", given).json()
    assert previewed["ended_at"] == utc


ODD = [
    "=1+1",
    "<b>{{ name }}</b>",
    "[link](javascript:0)",
    "אבי \u200f(ג)",
    "\N{ADULT}\u200d\N{STAFF OF AESCULAPIUS}",
    "\uffff",
]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_come_back_as_they_were_written(service: Service, name: str) -> None:
    given = body(f"api-{name}", patient={"given_name": name, "external_id": name}, consent={"method": name})
    assert service.api.post("/treatments", given).status_code == 201
    with unchanged(service.engine):
        again = service.api.post("/treatments", given)
    assert (again.status_code, again.json()["patient"]["given_name"]) == (200, name)
