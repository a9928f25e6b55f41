"""What still stops messages, a pause and its end, and how fast messages leave."""

from collections.abc import Mapping
from functools import partial

from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from followup.actions import clinics, pausing, versions
from followup.queries import readiness
from followup.queries.findings import Grade
from followup.terms import Channel, Role
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import TheDesk
from followup.web.desk.settings.forms import save

router = StaffRouter()

RATES = {Channel.SMS.value: "Texts: segments a second", Channel.EMAIL.value: "Emails a second"}


@router.page("/settings")
def settings(desk: TheDesk) -> HTMLResponse:
    """Whether messages leave, and what stops them."""
    return _draw(desk)


@router.act("/settings/pause", needs=Role.CLINICIAN)
def pause(desk: TheDesk, form: TheForm) -> Response:
    """Hold everything but alarms, and say why."""
    why = " ".join(form.first("why", most=300).split())
    if not why:
        return _draw(desk, wrong={"why": "Say why, so that others know when it may go on."}, status=422)
    with desk.write() as db:
        is_new = pausing.pause(db, why=why, now=desk.now, by=desk.by)
    return desk.go("/settings", "Sending is paused. Alarms still leave." if is_new else "It was paused already.")


@router.act("/settings/resume", needs=Role.CLINICIAN)
def resume(desk: TheDesk) -> Response:
    """Let everything leave again."""
    with desk.write() as db:
        changed = pausing.resume(db, now=desk.now, by=desk.by)
    return desk.go("/settings", "Sending is on again." if changed else "Nothing was paused.")


@router.act("/settings/senders", needs=Role.ADMIN)
def change_rates(desk: TheDesk, form: TheForm) -> Response:
    """How fast each sender may go."""

    def act(db: Session, given: Mapping[str, str], version: str) -> None:
        clinics.change_rates(db, given=given, version=version, now=desk.now, by=desk.by)

    draw = partial(_draw, desk)
    again = save(desk, form, names=RATES, subject="sender", subject_id=Channel.SMS, act=act, draw=draw)
    return again or desk.go("/settings", "Saved.")


def _draw(desk: TheDesk, *, status: int = 200, **typed_values: object) -> HTMLResponse:
    with desk.read() as db:
        findings = readiness.examine(db, now=desk.now)
        rates = clinics.shown_rates(db)
    findings.sort(key=lambda finding: list(Grade)[::-1].index(finding.grade))
    values: dict[str, object] = {
        "given": rates,
        "wrong": {},
        "clash": None,
        "version": versions.version_of(rates),
        "findings": findings,
        "rates": RATES,
        "fastest": clinics.FASTEST,
    }
    return desk.draw("desk/settings/sending.html", here="settings", status=status, **values | typed_values)
