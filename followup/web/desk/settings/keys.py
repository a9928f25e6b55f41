"""API keys: each is shown once, when it is made."""

from starlette.responses import HTMLResponse, Response

from followup.actions import keys
from followup.actions.keys import BadName, UnknownKey
from followup.queries import keys as queries
from followup.terms import Role
from followup.web.access import StaffRouter
from followup.web.depends import TheForm
from followup.web.desk.frame import TheDesk

router = StaffRouter()


@router.page("/settings/keys", needs=Role.ADMIN)
def listing(desk: TheDesk) -> HTMLResponse:
    """Every key there ever was."""
    return _draw(desk)


@router.act("/settings/keys", needs=Role.ADMIN)
def add(desk: TheDesk, form: TheForm) -> Response:
    """Make a key, and show it this once: it goes into no address and no cookie."""
    name = form.first("name", most=100).strip()
    try:
        with desk.write() as db:
            key = keys.add_key(db, name=name, now=desk.now, by=desk.by)
    except BadName as error:
        return _draw(desk, given={"name": name}, wrong={"name": f"{error}."}, status=422)
    return _draw(desk, made=key, made_name=name)


@router.act("/settings/keys/{name}/revoke", needs=Role.ADMIN)
def revoke(name: str, desk: TheDesk) -> Response:
    """Shut out whoever holds it."""
    try:
        with desk.write() as db:
            changed = keys.revoke_key(db, name=name, now=desk.now, by=desk.by)
    except UnknownKey:
        return desk.go("/settings/keys", "There is no such key.")
    return desk.go("/settings/keys", f"{name} is revoked." if changed else f"{name} was revoked already.")


def _draw(desk: TheDesk, *, status: int = 200, **more: object) -> HTMLResponse:
    with desk.read() as db:
        found = queries.listing(db)
    values: dict[str, object] = {"keys": found, "given": {}, "wrong": {}, "made": "", "made_name": ""}
    return desk.draw("desk/settings/keys.html", here="settings", status=status, **values | more)
