"""What patients are found by while someone types, kept in step with them by every flush that writes them."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, delete, event, inspect
from sqlalchemy.orm import Mapped, Session, UOWTransaction, mapped_column

from followup.db import Base, words
from followup.models.inserting import Row, insert_all
from followup.models.people import Patient
from followup.rules import finding
from followup.rules.finding import LONGEST_WORD, Kept

# By code point on both databases, whatever the language of the server: only so is a beginning a range of an index.
_BY_CODE_POINT = String(LONGEST_WORD).with_variant(String(LONGEST_WORD, collation="C"), "postgresql")
_TELLING = ("given_name", "family_name", "phone", "phone_given")


class FoundBy(Base):
    """One word of a patient's name, or one way to dial their number, as `rules.finding` makes it."""

    __tablename__ = "found_by"
    __table_args__ = (Index("ix_found_by_word", "kind", "word", "patient_id"),)

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Kept] = mapped_column(words(Kept), primary_key=True)
    word: Mapped[str] = mapped_column(_BY_CODE_POINT, primary_key=True)


@event.listens_for(Session, "after_flush")
def _keep_up(db: Session, _: UOWTransaction) -> None:
    new = [each for each in db.new if isinstance(each, Patient)]
    changed = [each for each in db.dirty if isinstance(each, Patient) and _is_told_anew(each)]
    if changed:
        db.execute(delete(FoundBy).where(FoundBy.patient_id.in_([each.id for each in changed])))
    insert_all(db, FoundBy, [row for patient in (*new, *changed) for row in found_by(patient)])


def found_by(patient: Patient) -> Iterator[Row]:
    """The rows of `FoundBy` for a patient."""
    phone = patient.phone or patient.phone_given or ""
    names = {"given_name": patient.given_name, "family_name": patient.family_name or ""}
    for kind, word in finding.kept(**names, phone=phone):
        yield {"patient_id": patient.id, "kind": kind, "word": word}


def _is_told_anew(patient: Patient) -> bool:
    attributes = inspect(patient).attrs
    return any(attributes[name].history.has_changes() for name in _TELLING)
