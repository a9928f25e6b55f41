"""What can be ordered to go wrong for a patient's next message, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from followup.models import Patient
from followup.practice import emulated
from followup.practice.emulated import Fault
from followup.terms import Channel
from settings import Settings


@dataclass(frozen=True, slots=True)
class Mishap:
    """One way to go wrong: what becomes of the next text or mail, and what the emulator is told."""

    channel: Channel
    words: str  #: after "The next text" or "The next mail"
    kind: str
    code: int | None = None
    seconds: float = 0


MISHAPS: Mapping[str, Mishap] = {
    # 21612: this sender cannot text this number; it stops neither the sender nor later texts to the patient
    "refused": Mishap(Channel.SMS, "is refused by the carrier", "refuse", code=21612),
    "undelivered": Mishap(Channel.SMS, "does not arrive: the phone is off", "undelivered"),
    "no-answer": Mishap(Channel.SMS, "is taken, but the line breaks before we hear so", "cut"),
    "receipt-twice": Mishap(Channel.SMS, "gets every receipt twice", "receipt_twice"),
    "receipt-late": Mishap(Channel.SMS, "gets its receipt half a minute late", "receipt_late", seconds=30),
    "no-receipt": Mishap(Channel.SMS, "never gets a receipt", "no_receipt"),
    "mail-refused": Mishap(Channel.EMAIL, "is refused: there is no such mailbox", "permanent"),
    "mail-busy": Mishap(Channel.EMAIL, "is put off: the mailbox is busy", "temporary"),
}


def address(patient: Patient, channel: Channel) -> str:
    """What a fault goes by; empty where there is nothing to send to."""
    return (patient.phone if channel is Channel.SMS else patient.email) or ""


def offered(patient: Patient) -> dict[str, list[tuple[str, str]]]:
    """What can be ordered for this patient: by what goes wrong, the key and the words of each."""
    named = {Channel.SMS: "The next text", Channel.EMAIL: "The next mail"}
    return {
        title: [(key, mishap.words) for key, mishap in MISHAPS.items() if mishap.channel is channel]
        for channel, title in named.items()
        if address(patient, channel)
    }


def order(settings: Settings, patient: Patient, key: str) -> bool:
    """Let the patient's next message go wrong like this; False where that can't be. Raises NoAnswer."""
    mishap = MISHAPS.get(key)
    if mishap is None or not (match := address(patient, mishap.channel)):
        return False
    emulated.order(settings, Fault(mishap.kind, match, code=mishap.code, seconds=mishap.seconds))
    return True


def ordered(settings: Settings, patient: Patient) -> Sequence[str]:
    """What is ordered and has not happened yet, as sentences. Raises NoAnswer."""
    return [
        f"The next {'text' if channel is Channel.SMS else 'mail'} {_words(fault)}."
        for channel in Channel
        if (match := address(patient, channel))
        for fault in emulated.faults(settings, match=match)
    ]


def drop(settings: Settings, patient: Patient) -> None:
    """Let nothing go wrong any more. Raises NoAnswer."""
    for channel in Channel:
        if match := address(patient, channel):
            emulated.drop_faults(settings, match=match)


def _words(fault: Fault) -> str:
    known = (one.words for one in MISHAPS.values() if (one.kind, one.code) == (fault.kind, fault.code))
    return next(known, f'goes wrong as "{fault.kind}"')
