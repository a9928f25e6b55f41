import pytest

from followup.cli.prudence import examine
from followup.queries.findings import Grade
from settings import Settings

from .conftest import LIVE, Configure


def grades() -> dict[str, Grade]:
    return {finding.check: finding.grade for finding in examine(Settings())}


def test_sound_settings_are_all_ok(configure: Configure) -> None:
    configure(**LIVE)
    assert set(grades().values()) == {Grade.OK}


def test_while_not_live_little_can_be_wrong(configure: Configure) -> None:
    configure()
    assert grades() == {"settings": Grade.OK}


def test_a_short_secret_is_told_before_it_matters(configure: Configure) -> None:
    configure(SECRET_KEY="short")
    assert grades()["secret"] is Grade.WARN


@pytest.mark.parametrize(
    ("check", "grade", "changes"),
    [
        ("public", Grade.STOP, {"PUBLIC_URL": "https://127.0.0.1:8000"}),
        ("public", Grade.STOP, {"PUBLIC_URL": "http://localhost:8000"}),
        ("public", Grade.WARN, {"PUBLIC_URL": "http://followup.clinic.example"}),
        ("public", Grade.WARN, {"PUBLIC_URL": "http://localhost:8000", "TWILIO_API_BASE_URL": "http://127.0.0.1:8001"}),
        ("api", Grade.WARN, {"TWILIO_API_BASE_URL": "http://127.0.0.1:8001"}),
        ("api", Grade.WARN, {"TWILIO_API_BASE_URL": "http://api.twilio.com"}),
        ("api", Grade.WARN, {"TWILIO_API_BASE_URL": "https://nottwilio.com"}),
        ("api", Grade.OK, {"TWILIO_API_BASE_URL": "https://api.dublin.ie1.twilio.com"}),
        ("mail tls", Grade.WARN, {"SMTP_URL": "smtp://127.0.0.1:25"}),
        ("mail tls", Grade.OK, {"SMTP_URL": "smtps://care:hush@relay.example"}),
    ],
)
def test_what_is_not_right_for_real_patients_is_told(
    configure: Configure, check: str, grade: Grade, changes: dict[str, str]
) -> None:
    configure(**LIVE | changes)
    assert grades()[check] is grade


def test_nothing_secret_is_told(configure: Configure) -> None:
    configure(**LIVE)
    told = " ".join(finding.detail for finding in examine(Settings()))
    assert "hush" not in told
    assert "k" * 32 not in told
