"""What the API takes besides treatment sessions, and how its errors look."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from followup.actions.entries import Entry
from followup.actions.fields import Instant, Line, Note, wrong
from followup.queries.alerts import AlertStatus
from followup.terms import Channel, Consented, Label, Purpose, Region, Status


class ConsentStatement(Entry):
    """What a patient said about one channel, and how they said it."""

    channel: Channel
    purposes: tuple[Purpose, ...] = tuple(Purpose)
    says: Consented
    method: Annotated[Line, Field(validate_default=True)] = ""
    wording_version: Annotated[Line, Field(max_length=32, description="Of the words that the patient was shown.")] = ""

    @field_validator("purposes")
    @classmethod
    def _at_least_one(cls, value: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
        if not value:
            raise wrong("is empty", "name at least one purpose, or leave it out for all")
        return tuple(dict.fromkeys(value))

    @field_validator("method")
    @classmethod
    def _given_somehow(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("says") is Consented.GIVEN:
            raise wrong("is missing", 'say how it was given, such as "signed form" or "spoken at the desk"')
        return value


class Rescheduling(Entry):
    """When a message shall leave instead. Without an offset the time is local to the patient."""

    due_at: Instant


class Settlement(Entry):
    """What a person knows about an uncertain message."""

    sent: bool


class Taking(Entry):
    """Who looks after an alert from now on."""

    by: Annotated[Line, Field(description="The name of a person.")]


class Resolution(Entry):
    """Who closes an alert, and what was done."""

    by: Annotated[Line, Field(description="The name of a person.")]
    note: Note


class Relabelling(Entry):
    """What a reply is about, as a person sees it."""

    label: Label
    by: Annotated[Line, Field(description="The name of a person.")]


class Assignment(Entry):
    """Whose reply it is, as a person knows."""

    patient: Annotated[UUID, Field(description="The id of a patient.")]
    by: Annotated[Line, Field(description="The name of a person.")]
    instead_of: Annotated[UUID | None, Field(description="The patient who was thought to have written it.")] = None


class ReplyQuery(Entry):
    """Which replies. What is left out does not choose."""

    patient: Annotated[UUID | None, Field(description="The id of a patient.")] = None
    unassigned: Annotated[bool, Field(description="Only those of whom nobody knows who wrote them.")] = False
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class OutcomeQuery(Entry):
    """Which outcomes. What is left out does not choose."""

    since: Annotated[
        Instant | None, Field(alias="from", description="Measured then or later; with its offset from UTC.")
    ] = None
    until: Annotated[
        Instant | None, Field(alias="to", description="Measured before then; with its offset from UTC.")
    ] = None
    region: Annotated[Region | None, Field(description="Treated there, maybe among others.")] = None
    practitioner: Annotated[Line | None, Field(description="Treated by them, as the booking system names them.")] = None
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class AlertQuery(Entry):
    """Which alerts."""

    status: Annotated[AlertStatus, Field(description="How far people have come with them.")] = AlertStatus.OPEN
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class MessageQuery(Entry):
    """Which messages. What is left out does not choose."""

    status: Status | None = None
    patient: Annotated[UUID | None, Field(description="The id of a patient.")] = None
    due_from: Annotated[Instant | None, Field(description="Due then or later; with its offset from UTC.")] = None
    due_to: Annotated[Instant | None, Field(description="Due before then; with its offset from UTC.")] = None
    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class TimelineQuery(Entry):
    """Which page."""

    cursor: Annotated[str | None, Field(description="`next_cursor` of the page before.")] = None


class FieldProblem(BaseModel):
    """One field that cannot be taken as it is."""

    field: Annotated[str, Field(examples=["patient.given_name"])]
    detail: Annotated[str, Field(examples=["is missing"])]
    mend: Annotated[str, Field(examples=["fill it in"])]


class ProblemDetails(BaseModel):
    """An error (RFC 9457). `errors` is there when single fields are the trouble."""

    type: Annotated[str, Field(examples=["about:blank"])]
    title: Annotated[str, Field(examples=["Unprocessable Content"])]
    status: Annotated[int, Field(examples=[422])]
    detail: str
    errors: Annotated[list[FieldProblem], Field(default_factory=list)]
