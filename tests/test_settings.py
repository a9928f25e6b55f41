import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from settings import Settings, SettingsError, is_loopback, load

SetEnv = Callable[..., None]

LIVE = {
    "FOLLOWUP_LIVE": "true",
    "SECRET_KEY": "k" * 32,
    "PUBLIC_URL": "https://followup.example.org",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "a-token",
    "TWILIO_FROM": "+14155550123",
    "SMTP_URL": "smtps://name:hush@mail.example.org",
    "EMAIL_FROM": "Northside Clinic <followup@clinic.example>",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only what a test sets is set, and no `.env` of a developer is near."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> SetEnv:
    def set_all(**names: str) -> None:
        for name, value in names.items():
            monkeypatch.setenv(name, value)

    return set_all


def problems_of_loading() -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        load()
    assert "\n".join(raised.value.problems) == str(raised.value)
    return raised.value.problems


def test_nothing_set_means_trying_out_on_this_machine_alone(tmp_path: Path) -> None:
    settings = load()
    assert not settings.followup_live
    assert settings.database_url == f"sqlite:///{tmp_path}/var/followup.db"
    assert settings.redis_url == ""
    assert settings.public_url == "http://127.0.0.1:8000"
    assert is_loopback(settings.twilio.base_url)
    assert is_loopback(settings.smtp.url.get_secret_value())


def test_the_public_url_follows_the_port(env: SetEnv) -> None:
    env(FOLLOWUP_PORT="8123")
    assert load().public_url == "http://127.0.0.1:8123"


def test_a_value_may_come_from_dot_env_and_the_environment_wins(env: SetEnv, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FOLLOWUP_PORT=8001\nFOLLOWUP_HOST=0.0.0.0\n")
    env(FOLLOWUP_PORT="8002")
    assert (load().followup_host, load().followup_port) == ("0.0.0.0", 8002)


def test_an_empty_value_counts_as_not_set(env: SetEnv) -> None:
    env(FOLLOWUP_PORT="", TWILIO_AUTH_TOKEN="", SMTP_CA_FILE="")
    assert load().followup_port == 8000
    assert load().twilio_auth_token is None


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name != "smtp_ca_file"])
def test_every_setting_can_be_read_from_a_file(env: SetEnv, tmp_path: Path, name: str) -> None:
    values = LIVE | {
        "FOLLOWUP_DATA_DIR": "/srv/followup",
        "FOLLOWUP_HOST": "0.0.0.0",
        "FOLLOWUP_PORT": "8123",
        "DATABASE_URL": "sqlite:////srv/followup.db",
        "REDIS_URL": "redis://broker:6379/0",
        "TWILIO_AUTH_TOKEN_SECONDARY": "another",
        "TWILIO_API_KEY": "SK" + "1" * 32,
        "TWILIO_API_SECRET": "hush",
        "TWILIO_MESSAGING_SERVICE_SID": "MG" + "1" * 32,
        "TWILIO_API_BASE_URL": "https://api.example.org",
        "EMULATOR_TWILIO_URL": "http://127.0.0.1:9001",
        "EMULATOR_SMTP_URL": "smtp://127.0.0.1:9025",
    }
    env(**values)
    expected = load()
    moved = tmp_path / "secret"
    moved.write_text(values[name.upper()] + "\n")
    env(**{name.upper(): "", f"{name.upper()}_FILE": str(moved)})
    assert load() == expected


def test_a_value_and_its_file_together_are_refused(env: SetEnv, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY_FILE=key\n")
    env(SECRET_KEY="k" * 32)
    assert problems_of_loading() == ("SECRET_KEY and SECRET_KEY_FILE are both set; keep one of them.",)


def test_every_file_that_cannot_be_read_is_named(env: SetEnv, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    env(SECRET_KEY_FILE="nowhere", TWILIO_AUTH_TOKEN_FILE="empty")
    assert problems_of_loading() == (
        "SECRET_KEY_FILE can't be read (No such file or directory); it must be the path of a file that holds the value.",
        "TWILIO_AUTH_TOKEN_FILE names an empty file; write the value into it.",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FOLLOWUP_LIVE", "perhaps"),
        ("FOLLOWUP_PORT", "eighty"),
        ("FOLLOWUP_PORT", "70000"),
        ("DATABASE_URL", "mysql://root@localhost/followup"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_URL", "southside.example.org"),
        ("PUBLIC_URL", "https://follow_up.example.org"),
        ("PUBLIC_URL", "https://followup.example.org:port"),
        ("TWILIO_ACCOUNT_SID", "SK" + "1" * 32),
        ("TWILIO_FROM", "0415 555 0123"),
        ("SMTP_URL", "mail.example.org:587"),
        ("SMTP_URL", "smtp://mail.example.org?starttls=maybe"),
        ("SMTP_CA_FILE", "nowhere.pem"),
        ("EMAIL_FROM", "Southside Clinic"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting_and_not_the_value(env: SetEnv, name: str, value: str) -> None:
    env(**{name: value})
    (line,) = problems_of_loading()
    assert line.startswith(f"{name} can't be used as it is; it must be ")
    assert value not in line.removeprefix(name)


def test_all_wrong_values_are_told_at_once(env: SetEnv) -> None:
    env(FOLLOWUP_PORT="eighty", REDIS_URL="localhost")
    assert [line.split()[0] for line in problems_of_loading()] == ["FOLLOWUP_PORT", "REDIS_URL"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_through_psycopg(env: SetEnv, scheme: str) -> None:
    env(DATABASE_URL=f"{scheme}://name:hush@db/followup")
    assert load().database_url == "postgresql+psycopg://name:hush@db/followup"


def test_a_slash_at_the_end_of_an_address_is_dropped(env: SetEnv) -> None:
    env(PUBLIC_URL="https://followup.example.org/")
    assert load().public_url == "https://followup.example.org"


def test_live_names_everything_that_is_missing(env: SetEnv) -> None:
    env(FOLLOWUP_LIVE="true")
    text = "\n".join(problems_of_loading())
    missing = ["SECRET_KEY", "PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "SMTP_URL"]
    assert [name for name in [*missing, "EMAIL_FROM"] if name not in text] == []


@pytest.mark.parametrize(
    ("change", "first_word"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SMTP_URL": "smtp://name:hush@mail.example.org"}, "SMTP_URL"),
        ({"TWILIO_API_KEY": "SK" + "1" * 32}, "TWILIO_API_KEY"),
        ({"TWILIO_FROM": ""}, "TWILIO_MESSAGING_SERVICE_SID"),
    ],
)
def test_live_refuses_what_would_not_work_or_not_be_safe(env: SetEnv, change: dict[str, str], first_word: str) -> None:
    env(**LIVE | change)
    (line,) = problems_of_loading()
    assert line.split()[0] == first_word


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:2525", "smtp://mail.example.org?starttls=required"])
def test_live_takes_mail_that_is_encrypted_or_stays_on_this_machine(env: SetEnv, url: str) -> None:
    env(**LIVE | {"SMTP_URL": url})
    assert load().smtp.url.get_secret_value() == url


def test_live_speaks_to_the_real_ones_and_otherwise_only_the_emulators_are_spoken_to(env: SetEnv) -> None:
    env(**LIVE)
    live = load()
    assert (live.twilio.account_sid, live.twilio.base_url) == (LIVE["TWILIO_ACCOUNT_SID"], "https://api.twilio.com")
    assert live.smtp.url.get_secret_value() == LIVE["SMTP_URL"]
    env(FOLLOWUP_LIVE="false")
    trying_out = load()
    assert (trying_out.twilio.account_sid, trying_out.twilio.base_url) == ("AC" + "0" * 32, "http://127.0.0.1:8001")
    assert trying_out.smtp.url.get_secret_value() == "smtp://127.0.0.1:8025"


def test_no_secret_shows_when_settings_are_printed(env: SetEnv) -> None:
    env(**LIVE | {"DATABASE_URL": "postgresql://name:hush@db/followup", "REDIS_URL": "redis://:hush@broker"})
    settings = load()
    printed = f"{settings!r} {settings} {settings.twilio!r} {settings.smtp!r}"
    assert [secret for secret in ("hush", LIVE["SECRET_KEY"], "a-token") if secret in printed] == []


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().followup_port = 1  # type: ignore[misc]  # what this test is about


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(followup_data_dir=tmp_path / "data")
    with ThreadPoolExecutor(4) as processes:
        keys = set(processes.map(lambda _: settings.signing_key(), range(8)))
    kept = tmp_path / "data" / "secret_key"
    assert keys == {kept.read_text()}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]


def test_a_signing_key_that_is_set_is_not_kept_anywhere(env: SetEnv, tmp_path: Path) -> None:
    env(SECRET_KEY="k" * 32)
    assert load().signing_key() == "k" * 32
    assert not Path(tmp_path / "var").exists()
