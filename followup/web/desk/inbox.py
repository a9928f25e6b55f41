"""The inbox: conversations, who needs a person first; answer one, say what a reply is about, and whose it is."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import HTTPException
from starlette.responses import HTMLResponse, Response

from followup.actions import by_hand, moving, relabelling, seeing, whose
from followup.actions.clinic_fields import Unfit
from followup.actions.moving import Unmovable
from followup.actions.whose import Assigned
from followup.db import new_id
from followup.models import Patient, Reply
from followup.queries import conversation, inbox
from followup.queries.cursors import BadCursor
from followup.queries.inbox import View
from followup.rules.visible import only_seen
from followup.terms import Channel, Label
from followup.web.access import UNATTENDED, StaffRouter
from followup.web.depends import TheForm
from followup.web.desk import talk
from followup.web.desk.frame import Desk, TheDesk
from followup.web.desk.rings import Ring, ring
from followup.web.desk.talk import Talk
from followup.web.forms import Form

router = StaffRouter()

TABS = ((View.NEEDS, "Needs a person"), (View.MINE, "Mine"), (View.ALL, "All"), (View.UNKNOWN, "Whose?"))
_STAMP = "%Y%m%dT%H%M%S.%fZ"


@router.page("/inbox")
def show(desk: TheDesk) -> HTMLResponse:
    """The list, and nothing opened."""
    return desk.draw("desk/inbox.html", here="inbox", talk=None, **_list(desk))


@router.page("/inbox/news")
def news(desk: TheDesk) -> HTMLResponse:
    """What has come since the list was drawn."""
    at = _since(desk)
    with desk.read() as db:
        new = inbox.since(db, at=at) if at else 0
    return desk.part("desk/inbox/news.html", talk=None, new=new, new_here=0, read=[], **_place(desk, None))


@router.page("/inbox/{thread_id}")
def open_one(thread_id: UUID, desk: TheDesk) -> Response:
    """One conversation. Whoever opens it has seen its replies."""
    before, typed = desk.request.query_params.get("before"), desk.request.query_params.get("find", "")[:100]
    try:
        with desk.read() as db:
            found = talk.look(db, thread_id=thread_id, now=desk.now, links=desk.links, before=before, typed=typed)
            reply = None if found else db.get(Reply, thread_id)
    except BadCursor as error:
        raise HTTPException(400, f"{error}.") from None
    if reply and reply.patient_id:
        return desk.go(_path(desk, reply.patient_id))
    if found is None:
        raise HTTPException(404)
    _see(desk, found)
    return _draw(desk, found, typed=typed, moved=_uuid(desk.request.query_params.get("whose", "")))


@router.page("/inbox/{thread_id}/news")
def news_here(thread_id: UUID, desk: TheDesk) -> HTMLResponse:
    """What has come or changed since this conversation was drawn: the alerts above it, and how messages fare."""
    at = _since(desk)
    with desk.read() as db:
        found = talk.look(db, thread_id=thread_id, now=desk.now, links=desk.links)
        new_here = conversation.newer(db, thread_id=thread_id, at=at) if at else 0
        new = inbox.since(db, at=at) - new_here if at else 0
    if found is None:
        raise HTTPException(404)
    read = [each for each in found.whole.heard if at and each.reply.read_at and each.reply.read_at > at]
    return desk.part(
        "desk/inbox/news.html", talk=found, new=max(0, new), new_here=new_here, read=read, **_place(desk, thread_id)
    )


@router.act("/inbox/{thread_id}/answer")
def answer(thread_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Send a person's own words to the patient."""
    text = only_seen(form.first("text", most=by_hand.LONGEST))
    found = _find(desk, thread_id)
    if found.whole.patient is None:
        raise HTTPException(409, "Nobody knows yet whose number this is. Say whose it is first, or phone.")
    try:
        with desk.write() as db:
            patient = db.get_one(Patient, found.whole.patient.id)
            written = by_hand.write(
                db,
                patient=patient,
                text=text,
                channel=Channel.SMS,
                now=desk.now,
                by=desk.by,
                links=desk.links,
                once=_once(form),
            )
    except Unfit as error:
        return _draw(desk, _find(desk, thread_id), text=text, wrong=error.wrong, status=422)
    waits = written.due_at > desk.now
    return desk.go(_path(desk, thread_id, form), "It leaves when quiet hours end." if waits else "On its way.")


@router.act("/inbox/{thread_id}/count")
def count(thread_id: UUID, desk: TheDesk, form: TheForm) -> HTMLResponse:
    """How long the text is, and when it would leave, while someone types."""
    text = form.first("text", most=by_hand.LONGEST)
    with desk.read() as db:
        patient = db.get(Patient, thread_id)
        if patient is None:
            raise HTTPException(404)
        draft = by_hand.draw_up(db, patient=patient, text=text, channel=Channel.SMS, now=desk.now, links=desk.links)
    return desk.part("desk/inbox/count.html", draft=draft, typed=text.strip())


@router.page("/inbox/{thread_id}/find")
def find(thread_id: UUID, desk: TheDesk) -> HTMLResponse:
    """Patients who may have written, while someone types."""
    typed = desk.request.query_params.get("find", "")[:100]
    with desk.read() as db:
        found = talk.look(db, thread_id=thread_id, now=desk.now, links=desk.links, typed=typed)
    if found is None:
        raise HTTPException(404)
    return desk.part("desk/inbox/found.html", talk=found, found=found.found, typed=typed.strip())


@router.act("/inbox/{thread_id}/whose")
def say_whose(thread_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Say which patient wrote these replies."""
    found = _find(desk, thread_id)
    chosen = {value for name, value in form.pairs if name == "reply"}
    patient_id = _uuid(form.first("patient", most=40))
    if found.whole.patient:
        return _move(desk, form, found, patient_id)
    ids = [each.reply.id for each in found.whole.heard if str(each.reply.id) in chosen]
    if not ids or patient_id is None:
        wrong = {"patient": "Choose the patient, and at least one reply."}
        return _draw(desk, found, wrong=wrong, typed=form.first("find", most=100), status=422)
    try:
        with desk.write() as db:
            patient = db.get(Patient, patient_id, with_for_update=True)
            for reply_id in ids if patient else ():
                reply = relabelling.lock(db, reply_id)
                if patient and reply:
                    whose.assign(db, reply=reply, patient=patient, by=desk.by, now=desk.now)
    except Assigned:
        raise HTTPException(409, "Someone else has just said whose it is. Load the inbox again.") from None
    if patient is None:
        raise HTTPException(404)
    return desk.go(
        _path(desk, patient.id, form), f"Now with {inbox.name_of(patient)}. It is read again within seconds."
    )


def _move(desk: Desk, form: Form, found: Talk, patient_id: UUID | None) -> Response:
    """Give one reply of a patient to another, and say what cannot follow."""
    reply_id = _uuid(form.first("reply", most=40))
    if reply_id is None or patient_id in (None, found.thread_id):
        wrong, typed = {"patient": "Choose whose it is instead."}, form.first("find", most=100)
        return _draw(desk, found, wrong=wrong, typed=typed, moved=reply_id, status=422)
    try:
        with desk.write() as db:
            patient = db.get(Patient, patient_id, with_for_update=True)
            reply = relabelling.lock(db, reply_id)
            if patient is None or reply is None:
                raise HTTPException(404)
            stays = moving.move(db, reply=reply, patient=patient, was=found.thread_id, by=desk.by, now=desk.now)
    except Assigned:
        raise HTTPException(409, "Someone else has just said whose it is. Load the inbox again.") from None
    except Unmovable as error:
        raise HTTPException(409, f"{str(error).capitalize()}.") from None
    said = f"Now with {inbox.name_of(patient)}. It is read again within seconds."
    return desk.go(_path(desk, patient.id, form), " ".join([said, *stays]))


@router.act("/replies/{reply_id}/label")
def relabel(reply_id: UUID, desk: TheDesk, form: TheForm) -> Response:
    """Say what a reply is about; what triage said is kept beside it."""
    label, was = form.first("label", most=30), form.first("was", most=30)
    with desk.read() as db:
        known = db.get(Reply, reply_id)
    if known is None:
        raise HTTPException(404)
    thread_id = known.patient_id or known.id
    if label not in list(Label):
        return _draw(desk, _find(desk, thread_id), wrong={"label": "Choose what it is about."}, status=422)
    with desk.write() as db:
        reply = relabelling.lock(db, reply_id)
        is_ours = reply is not None and (reply.relabelled or "") == was
        if reply and is_ours:
            relabelling.relabel(db, reply=reply, label=Label(label), by=desk.by, now=desk.now)
    if not is_ours:
        return _draw(desk, _find(desk, thread_id), relabelled=reply_id, status=409)
    return desk.go(_path(desk, thread_id, form), "Kept. What it was read as stays in the record.")


def redraw(desk: Desk, thread_id: UUID, *, status: int, **more: Any) -> HTMLResponse:
    """The conversation again, after an act that was refused; `more` is what to say and what was typed."""
    return _draw(desk, _find(desk, thread_id), status=status, **more)


def _draw(
    desk: Desk,
    found: Talk,
    *,
    text: str = "",
    typed: str = "",
    wrong: dict[str, str] | None = None,
    relabelled: UUID | None = None,
    moved: UUID | None = None,
    faster: Any = None,
    status: int = 200,
) -> HTMLResponse:
    quick = desk.request.query_params.get("quick", "")
    return desk.draw(
        "desk/inbox.html",
        here="inbox",
        status=status,
        talk=found,
        text=text or next((each.words for each in found.quick if each.key == quick), ""),
        typed=typed,
        wrong=wrong or {},
        relabelled=relabelled,
        moving=moved,
        faster=faster,
        once=new_id(),
        labels=list(Label),
        **_list(desk, found.thread_id),
    )


def _list(desk: Desk, thread_id: UUID | None = None) -> dict[str, Any]:
    """The conversations of the view that is asked for, and their clocks."""
    view, cursor = _view(desk), desk.request.query_params.get("after")
    try:
        with desk.read() as db:
            mine = (desk.by, desk.who.shown_name)  # who takes an alert by text signs with a name
            threads = inbox.page(db, view=view, mine=mine, now=desk.now, cursor=cursor)
    except BadCursor as error:
        raise HTTPException(400, f"{error}.") from None
    rings: dict[UUID, Ring] = {
        each.id: ring(since=each.alert.raised_at, until=each.alert.answer_by, now=desk.now)
        for each in threads.items
        if each.alert and not each.alert.taken_by
    }
    return {"threads": threads, "rings": rings, "tabs": TABS, "is_first": not cursor, **_place(desk, thread_id)}


def _place(desk: Desk, thread_id: UUID | None) -> dict[str, Any]:
    """Which view, which conversation, and the moment at which the page was drawn."""
    return {"view": _view(desk), "thread_id": thread_id, "stamp": desk.now.astimezone(UTC).strftime(_STAMP)}


def _view(desk: Desk) -> View:
    asked = desk.request.query_params.get("view", "")
    return View(asked) if asked in list(View) else View.NEEDS


def _path(desk: Desk, thread_id: UUID, form: Form | None = None) -> str:
    view = form.first("view", most=20) if form else _view(desk)
    return f"/inbox/{thread_id}" + (f"?view={view}" if view in list(View) and view != View.NEEDS else "")


def _find(desk: Desk, thread_id: UUID) -> Talk:
    with desk.read() as db:
        found = talk.look(db, thread_id=thread_id, now=desk.now, links=desk.links)
    if found is None:
        raise HTTPException(404)
    return found


def _see(desk: Desk, found: Talk) -> None:
    if UNATTENDED in desk.request.headers or desk.request.method != "GET":
        return
    if found.whole.unseen:
        with desk.write() as db:
            seeing.see(db, replies=found.whole.unseen, now=desk.now, by=desk.by)
    if found.whole.patient:
        desk.saw("patient", found.whole.patient.id)


def _since(desk: Desk) -> datetime | None:
    try:
        return datetime.strptime(desk.request.query_params.get("since", ""), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _once(form: Form) -> UUID | None:
    return _uuid(form.first("once", most=40))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
