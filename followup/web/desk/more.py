"""What a narrow screen has no room for, and one's own sign-in: theme, other browsers, signing out."""

from starlette.responses import HTMLResponse, Response

from followup.actions import signing_in
from followup.web.access import SIGN_IN, StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import THEMES, TheDesk, keep_theme

router = StaffRouter()


@router.page("/more")
def more(desk: TheDesk) -> HTMLResponse:
    """The rest of the navigation, and oneself."""
    return desk.draw("desk/more.html", here="more")


@router.act("/more/theme")
def choose_theme(desk: TheDesk, form: TheForm) -> Response:
    """Light, dark, or as the system has it, in this browser."""
    theme, answer = form.first("theme", most=10), desk.go("/more")
    keep_theme(answer, theme if theme in THEMES else "", door=desk.door)
    return answer


@router.act("/sign-out")
def sign_out(desk: TheDesk) -> Response:
    """Leave this browser."""
    with desk.write() as db:
        signing_in.end(db, sign_in_id=desk.who.sign_in_id, now=desk.now, by=desk.by)
    return _out(desk)


@router.act("/sign-out/everywhere")
def sign_out_everywhere(desk: TheDesk) -> Response:
    """Leave every browser."""
    with desk.write() as db:
        signing_in.end_all(db, staff_id=desk.who.staff_id, now=desk.now, by=desk.by)
    return _out(desk)


def _out(desk: TheDesk) -> Response:
    answer = desk.door.to(f"{SIGN_IN}?out=yes")
    desk.door.show_out(answer)
    return answer
