"""Which staff pages there are."""

from fastapi import FastAPI

from followup.runtime import Runtime
from followup.web import access
from followup.web.desk import alerts, clock, example, inbox, messages, more, patients, pulse, sign_in, today, tour
from followup.web.desk.patient import about, acts, page, write
from followup.web.desk.phone import pages as phone
from followup.web.desk.plans import pages as plans
from followup.web.desk.sessions import pages as sessions
from followup.web.desk.settings import audit, clinics, keys, on_call, sending, staff

# Every page that is put up; a link in the navigation appears when its path is here.
PARTS = (
    sign_in,
    pulse,
    today,
    sessions,
    patients,
    inbox,
    alerts,
    messages,
    page,
    about,
    acts,
    write,
    plans,
    more,
    clock,
    example,
    phone,
    tour,
    sending,
    clinics,
    staff,
    on_call,
    keys,
    audit,
)


def install(app: FastAPI, runtime: Runtime) -> None:
    """Add what lets people in to the staff pages."""
    app.state.door = access.door_of(runtime)
    app.add_exception_handler(access.SignedOut, access.ask_to_sign_in)
