"""What commands say to settings that nobody can use: which one it is and the mend, and never what stood in it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from .conftest import MEGABYTE, SECRET, Configure, at_most, run, table, unchanged

LIVE = {
    "FOLLOWUP_LIVE": "true",
    "SECRET_KEY": SECRET * 4,
    "PUBLIC_URL": "https://care.example",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": SECRET,
    "TWILIO_FROM": "+14155550123",
    "SMTP_URL": f"smtps://name:{SECRET}@mail.example",
    "EMAIL_FROM": "care@clinic.example",
}
UNSEEN = "holds a line break, or another character that can't be seen; it must be"
UNUSABLE = "can't be used as it is; it must be"
WRONG_DATABASE = f"DATABASE_URL {UNUSABLE} postgresql://name:password@host/database"
WRONG_PUBLIC_URL = f"PUBLIC_URL {UNUSABLE} what Twilio and patients reach, such as https://followup.example.org"
NOT_A_FILE = "it must be the path of a file that holds the value."


# Where nothing but loopback is reached.
NOBODY_LISTENS = {
    "EMULATOR_TWILIO_URL": "http://127.0.0.1:1",
    "EMULATOR_SMTP_URL": "smtp://127.0.0.1:1",
    "TWILIO_API_BASE_URL": "http://127.0.0.1:1",
}


class Row(NamedTuple):
    given: Mapping[str, str]
    said: str


def postgresql(rest: str) -> dict[str, str]:
    return {"DATABASE_URL": f"postgresql://name:{rest}"}


VALUES = {
    "a port that is no number": Row(postgresql(f"{SECRET}@127.0.0.1:port/db"), WRONG_DATABASE),
    "a password in place of the port": Row({"DATABASE_URL": f"postgresql://127.0.0.1:{SECRET}/db"}, WRONG_DATABASE),
    "an @ within the password": Row(postgresql(f"p@{SECRET}@127.0.0.1:1/db"), WRONG_DATABASE),
    "a bracket that is not closed": Row(postgresql(f"{SECRET}@[::1/db"), WRONG_DATABASE),
    "nothing but a scheme": Row({"DATABASE_URL": "postgresql://"}, WRONG_DATABASE),
    "a driver that does not come along": Row({"DATABASE_URL": f"mysql://name:{SECRET}@127.0.0.1/db"}, WRONG_DATABASE),
    "a database that dies with its process": Row({"DATABASE_URL": "sqlite:///:memory:"}, WRONG_DATABASE),
    "a database without a file": Row({"DATABASE_URL": "sqlite:///"}, WRONG_DATABASE),
    "a database where nobody listens": Row(
        postgresql(f"{SECRET}@127.0.0.1:1/db"),
        "port 1 failed: Connection refused); check DATABASE_URL, and that it runs.",
    ),
    "a port beyond all ports": Row(
        postgresql(f"{SECRET}@127.0.0.1:{'9' * 30}/db"), 'for connection option "port"); check DATABASE_URL'
    ),
    "an option that PostgreSQL does not know": Row(
        postgresql(f"{SECRET}@127.0.0.1:1/db?colour=red"), 'invalid connection option "colour"); check DATABASE_URL'
    ),
    "a folder in place of a database": Row(
        {"DATABASE_URL": "sqlite:////"}, "unable to open database file); check DATABASE_URL"
    ),
    "a file in place of the data folder": Row(
        {"FOLLOWUP_DATA_DIR": "/dev/null"},
        "FOLLOWUP_DATA_DIR can't be used (File exists); it must be a folder that this process may write to.",
    ),
    "a port in Arabic digits": Row({"FOLLOWUP_PORT": "٨٠٠٠"}, f"FOLLOWUP_PORT {UNUSABLE} a port from 1 to 65535"),
    "a port of 5,000 digits": Row({"FOLLOWUP_PORT": "9" * 5_000}, f"FOLLOWUP_PORT {UNUSABLE} a port"),
    "a port that is no number at all": Row({"FOLLOWUP_PORT": "nan"}, f"FOLLOWUP_PORT {UNUSABLE} a port"),
    "a word for live that is none": Row({"FOLLOWUP_LIVE": SECRET}, f"FOLLOWUP_LIVE {UNUSABLE} true or false."),
    "a password in an address for patients": Row(
        {"PUBLIC_URL": f"https://name:{SECRET}@care.example"}, WRONG_PUBLIC_URL
    ),
    "a blank in a host name": Row({"PUBLIC_URL": "https://care example"}, WRONG_PUBLIC_URL),
    "a fragment in an address": Row({"PUBLIC_URL": "https://care.example/#top"}, WRONG_PUBLIC_URL),
    "an empty query in an address": Row({"PUBLIC_URL": "https://care.example/?"}, WRONG_PUBLIC_URL),
    "a script for an address": Row({"PUBLIC_URL": "javascript:alert(1)"}, WRONG_PUBLIC_URL),
    "a number of 100,000 digits": Row(
        {"TWILIO_FROM": "+1" + "5" * 100_000}, f"TWILIO_FROM {UNUSABLE} your Twilio number in E.164"
    ),
    "a sender of two addresses": Row(
        {"EMAIL_FROM": "Ann <a@clinic.example>, Ben <b@clinic.example>"}, f"EMAIL_FROM {UNUSABLE} an email address"
    ),
    "a sender that no mail server takes": Row(
        {"EMAIL_FROM": "care@clinic_example"}, "EMAIL_FROM: this is not one email address, such as care@clinic.example"
    ),
    "a sender that smuggles in a header": Row(
        {"EMAIL_FROM": "care@clinic.example\nBcc: all@clinic.example"}, f"EMAIL_FROM {UNSEEN} an email address"
    ),
    "a line break after a token": Row(
        {"TWILIO_AUTH_TOKEN": f"{SECRET}\n"}, f"TWILIO_AUTH_TOKEN {UNSEEN} the account's"
    ),
    "a key that is no UTF-8": Row(
        {"SECRET_KEY": SECRET * 4 + os.fsdecode(b"\xff")}, f"SECRET_KEY {UNSEEN} at least 32"
    ),
    "a mail password with a bracket": Row(
        {"SMTP_URL": f"smtp://name:{SECRET}[@mail.example"}, f"SMTP_URL {UNUSABLE} smtp://name:password@host:587"
    ),
    "a mail name without a password": Row(
        LIVE | {"SMTP_URL": f"smtps://{SECRET}@mail.example"}, "SMTP_URL: write smtp://name:password@host:587?starttls"
    ),
    "a broker of another kind": Row(
        {"REDIS_URL": f"amqp://name:{SECRET}@broker"}, f"REDIS_URL {UNUSABLE} redis://host"
    ),
    "the value in place of its file": Row(
        {"DATABASE_URL_FILE": f"postgresql://name:{SECRET}@db/followup"},
        f"DATABASE_URL_FILE can't be read (No such file or directory); {NOT_A_FILE}",
    ),
    "a folder in place of a file": Row(
        {"SECRET_KEY_FILE": "/"}, f"SECRET_KEY_FILE can't be read (Is a directory); {NOT_A_FILE}"
    ),
    "a file that breaks while it is read": Row(
        {"SECRET_KEY_FILE": "/proc/self/mem"}, f"SECRET_KEY_FILE can't be read (Input/output error); {NOT_A_FILE}"
    ),
    "a file without end": Row(
        {"SECRET_KEY_FILE": "/dev/zero"}, "SECRET_KEY_FILE names a file that is too long for a setting"
    ),
    "a file's name without end": Row(
        {"SECRET_KEY_FILE": "k" * 10_000}, f"SECRET_KEY_FILE can't be read (File name too long); {NOT_A_FILE}"
    ),
}
IN_A_FILE: dict[str, tuple[str, str]] = {
    "Latin-1": (f"{SECRET}é", f"can't be read (it is not text in UTF-8); {NOT_A_FILE}"),
    "a NUL": (f"{SECRET}\0{SECRET}", UNSEEN),
    "two lines": (f"# the key\n{SECRET}", UNSEEN),
    "blanks": ("\n\n \n", "names an empty file; write the value into it."),
}
IN_DOT_ENV: dict[str, tuple[str, str]] = {
    "Latin-1": (f"SECRET_KEY={SECRET}é\n", ".env can't be read (it is not text in UTF-8); save it as"),
    "a NUL": (f"SECRET_KEY={SECRET}\0{SECRET}\n", f"SECRET_KEY {UNSEEN}"),
    "a quote that is never closed": (
        f'FOLLOWUP_PORT={SECRET}\nTWILIO_AUTH_TOKEN="{SECRET}\n',
        f"FOLLOWUP_PORT {UNUSABLE} a port",
    ),
    "a name that is nearly right": (
        f"TWILIO_AUTH_TOKEM={SECRET}\nFOLLOWUP_PORT=0\n",
        "did you mean TWILIO_AUTH_TOKEN?",
    ),
}


@table(VALUES)
def test_a_wrong_setting_is_named_with_its_mend_and_never_told(configure: Configure, row: Row) -> None:
    configure(**NOBODY_LISTENS, **row.given)
    for command in (["init", "--sample"], ["key", "list"]):
        result = run(*command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert row.said in result.stderr
    assert run("doctor").exit_code == 1


def test_a_file_without_end_is_not_read_to_its_end(configure: Configure) -> None:
    configure(SECRET_KEY_FILE="/dev/zero")
    with at_most(2 * MEGABYTE):
        assert run("key", "list").exit_code == 1


@table(IN_A_FILE)
def test_a_file_that_holds_no_setting_is_told_by_the_setting(configure: Configure, row: tuple[str, str]) -> None:
    given, said = row
    configure(TWILIO_AUTH_TOKEN_FILE="token")
    Path("token").write_text(given, encoding="latin-1")
    result = run("migrate")
    assert (result.exit_code, said in result.stderr) == (1, True)
    assert result.stderr.startswith("TWILIO_AUTH_TOKEN")


@table(IN_DOT_ENV)
def test_a_dot_env_that_cannot_be_used_is_told(configure: Configure, row: tuple[str, str]) -> None:
    given, said = row
    configure()
    Path(".env").write_text(given, encoding="latin-1")
    result = run("migrate")
    assert (result.exit_code, said in result.stderr) == (1, True)


def test_a_dot_env_that_breaks_while_it_is_read_is_told(configure: Configure) -> None:
    configure()
    Path(".env").symlink_to("/proc/self/mem")
    assert run("migrate").stderr == ".env can't be read (Input/output error); run this as a user who may read it.\n"


def test_a_setting_that_is_refused_changes_no_database(configure: Configure, database_url: str, engine: Engine) -> None:
    with unchanged(engine):
        for row in VALUES.values():
            if {"DATABASE_URL", "DATABASE_URL_FILE"} & row.given.keys():
                continue
            configure(DATABASE_URL=database_url, **row.given)
            assert run("init", "--sample").exit_code == 1
            for name in row.given:
                configure(**{name: ""})
