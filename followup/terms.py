"""The words of the field, as code. `docs/glossary.md` explains each; a test holds the two together."""

from enum import StrEnum


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class Purpose(StrEnum):
    """Why a message exists; consent, caps and holds work by purpose. The order is the order of planning."""

    CARE = "care"
    FEEDBACK = "feedback"
    BOOKING = "booking"


class Origin(StrEnum):
    """What made a message be owed."""

    STEP = "step"
    REPLY = "reply"
    CONFIRMATION = "confirmation"
    ALARM = "alarm"
    BY_HAND = "by_hand"

    @property
    def is_priority(self) -> bool:
        """Goes first, outside quiet hours, caps and the pacing backlog."""
        return self in (Origin.REPLY, Origin.CONFIRMATION, Origin.ALARM)


class Status(StrEnum):
    """Where a message is in its life."""

    SCHEDULED = "scheduled"  #: owed; a leased row is still scheduled
    SENDING = "sending"  #: an attempt is durable, its answer is not known yet
    SENT = "sent"  #: a gateway took it
    DELIVERED = "delivered"  #: the carrier says it arrived
    UNDELIVERED = "undelivered"  #: the carrier said no
    FAILED = "failed"  #: refused, or given up
    UNCERTAIN = "uncertain"  #: it may have gone; never blindly repeated
    SKIPPED = "skipped"  #: became wrong or forbidden; `reason` says why
    CANCELLED = "cancelled"  #: a person stopped it


class Reason(StrEnum):
    """Why a message waits, moves or is not sent. `SENTENCES` says it to staff."""

    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    TOO_LATE = "too_late"
    OPEN_ALERT = "open_alert"
    ALREADY_BOOKED = "already_booked"
    ALREADY_ANSWERED = "already_answered"
    CONDITION_NOT_MET = "condition_not_met"
    REPLACED = "replaced"
    FREQUENCY_LIMIT = "frequency_limit"
    BAD_ADDRESS = "bad_address"
    CLINIC_NOT_READY = "clinic_not_ready"

    @property
    def sentence(self) -> str:
        """One sentence that staff understand."""
        return SENTENCES[self]


SENTENCES: dict[Reason, str] = {
    Reason.NO_CONSENT: "The patient has not agreed to this kind of message on this channel.",
    Reason.OPTED_OUT: "The patient asked us to stop this kind of message.",
    Reason.TOO_LATE: "Its time has passed; what it says would no longer be right.",
    Reason.OPEN_ALERT: "A worry of this patient is still open; a person must close it first.",
    Reason.ALREADY_BOOKED: "The next visit is already booked.",
    Reason.ALREADY_ANSWERED: "The patient has already answered this question.",
    Reason.CONDITION_NOT_MET: "It is only for patients whose answers, risk or unanswered question call for it.",
    Reason.REPLACED: "A message after another treatment session takes its place.",
    Reason.FREQUENCY_LIMIT: "The patient would get more than 1 text a day or 3 in 7 days.",
    Reason.BAD_ADDRESS: "There is no working phone number or email address for this patient.",
    Reason.CLINIC_NOT_READY: "The clinic has no emergency number; set it before anything leaves.",
}


class ShiftRule(StrEnum):
    """Which time rule moved a message. `SHIFT_SENTENCES` says it to staff."""

    DST_GAP = "dst_gap"  #: the clocks skip that wall time
    QUESTION_LEFT = "question_left"  #: a reminder counts from when its question leaves
    FLOOR = "floor"  #: recorded or changed too late for it
    NEWER_SESSION = "newer_session"  #: owed feedback waits after a newer treatment session
    QUIET_HOURS = "quiet_hours"
    FREQUENCY = "frequency"  #: 1 text a day, 3 in 7 days
    RECENT_WORRY = "recent_worry"  #: no prompt to book within a day of one
    BY_HAND = "by_hand"  #: a person chose another time
    TOOK_OVER = "took_over"  #: it goes where the same message did not arrive on another channel


SHIFT_SENTENCES: dict[ShiftRule, str] = {
    ShiftRule.DST_GAP: "The clocks go forward and skip its time, so it goes {after}.",
    ShiftRule.QUESTION_LEFT: "It counts from when its question leaves, so it goes {after} instead of {before}.",
    ShiftRule.FLOOR: "It was recorded or changed too late for {before}, so it goes {after}.",
    ShiftRule.NEWER_SESSION: "It waits after a newer treatment session, so it goes {after} instead of {before}.",
    ShiftRule.QUIET_HOURS: "{before} is in quiet hours, so it goes {after}.",
    ShiftRule.RECENT_WORRY: "{before} is too soon after a worry to speak of booking, so it goes {after}.",
    ShiftRule.FREQUENCY: "On {before} it would be more than 1 text a day or 3 in 7 days, so it goes {after}.",
    ShiftRule.BY_HAND: "A person moved it from {before} to {after}.",
    ShiftRule.TOOK_OVER: "What was due {before} on another channel did not arrive, so it goes here {after}.",
}


class AttemptOutcome(StrEnum):
    """How one try to hand a message to a gateway ended."""

    ACCEPTED = "accepted"  #: the gateway took it
    REFUSED = "refused"  #: it never will
    UNAVAILABLE = "unavailable"  #: surely not taken; may be tried again
    UNCERTAIN = "uncertain"  #: it may have been taken
    ABSENT = "absent"  #: was uncertain; the gateway's own list shows that it never arrived


class ReceiptKind(StrEnum):
    """What a gateway says later about a message, in our words."""

    TAKEN = "taken"  #: accepted, queued, sending or sent: it is on its way
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


class OnQuiet(StrEnum):
    """What a step does when its time falls into quiet hours."""

    LATER = "later"
    EARLIER = "earlier"
    IMMEDIATE = "immediate"


class Overlap(StrEnum):
    """What a newer treatment session does to the unsent messages of an older one."""

    SUPERSEDE = "supersede"
    KEEP = "keep"


class Condition(StrEnum):
    """When a conditional step goes (`when` in a plan)."""

    WORRY_OR_SILENT_RISK = "worry_or_silent_risk"  #: check-in answered C, or high risk and silent


class Unless(StrEnum):
    """What keeps a step from going (`unless` in a plan)."""

    NEXT_VISIT = "next_visit"
    OPEN_ALERT = "open_alert"


class Question(StrEnum):
    """What a step asks, and so how an answer is read."""

    CHECK_IN = "check_in"  #: A, B, C, D or own words
    STILL_OR_GONE = "still_or_gone"
    PAIN_0_10 = "pain_0_10"
    CHANGE_1_7 = "change_1_7"
    SATISFACTION_1_5 = "satisfaction_1_5"


class Region(StrEnum):
    """Where a patient was treated."""

    HEAD = "head"
    NECK = "neck"
    SHOULDER = "shoulder"
    UPPER_BACK = "upper_back"
    CHEST = "chest"
    RIBS = "ribs"
    LOWER_BACK = "lower_back"
    HIP = "hip"
    GLUTEAL = "gluteal"
    ARM = "arm"
    ELBOW = "elbow"
    FOREARM = "forearm"
    HAND = "hand"
    THIGH = "thigh"
    KNEE = "knee"
    CALF = "calf"
    FOOT = "foot"


class Precaution(StrEnum):
    """What makes a treatment or its follow-up riskier."""

    BLOOD_THINNER = "blood_thinner"
    BLEEDING_DISORDER = "bleeding_disorder"
    PREGNANCY = "pregnancy"
    SKIN_INFECTION = "skin_infection"
    NEEDLE_PHOBIA = "needle_phobia"
    DIABETES = "diabetes"
    WEAK_IMMUNITY = "weak_immunity"


class Label(StrEnum):
    """What a reply is about. The order is the order of acting: the worst first."""

    EMERGENCY = "emergency"
    URGENT = "urgent"  #: a clinician, within the hour
    INFECTION = "infection"
    NERVE = "nerve"  #: tingling, numbness or nerve pain that is there now
    UNCLEAR = "unclear"  #: a person reads it
    SCORE = "score"
    BOOKING = "booking"
    QUESTION = "question"
    EXPECTED = "expected-reaction"  #: soreness, a small bruise, tiredness
    STOP = "stop"  #: an opt-out, beside whatever else is said
    THANKS = "thanks"  #: thanks, an acknowledgement, or good news with nothing to do

    @property
    def is_worry(self) -> bool:
        """Whether a person must look before anything but care goes out again."""
        return self in (Label.EMERGENCY, Label.URGENT, Label.INFECTION, Label.NERVE)


class Measure(StrEnum):
    """What an outcome measures."""

    PAIN = "pain_0_10"  #: NPRS, average of 24 hours, lower is better
    CHANGE = "change_1_7"  #: PGIC by text, 4 is no change, lower is better
    CHANGE_SIGNED = "change_-5_5"  #: GROC by form, 0 is no change, higher is better
    SATISFACTION = "satisfaction_1_5"  #: higher is better


class AlertCause(StrEnum):
    """What made an alert be raised."""

    REPLY = "reply"  #: a patient wrote something that a person must see
    UNREACHED = "unreached"  #: a message could not be delivered on any permitted channel
    SILENCE = "silence"  #: a high-risk patient did not answer; never taken for "fine"


class StopScope(StrEnum):
    """What STOP ends (a clinic setting; the strictest is the default)."""

    CHANNEL = "channel"  #: every text
    PURPOSE = "purpose"  #: texts of the purpose that the patient answered; every text when that is not known


class Role(StrEnum):
    """What a member of staff may do."""

    ADMIN = "admin"
    CLINICIAN = "clinician"
    DESK = "desk"


class Consented(StrEnum):
    """What one entry of the consent ledger says."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ConsentSource(StrEnum):
    """How a permission or its end reached us."""

    DESK = "desk"  #: said or signed at the clinic
    REPLY = "reply"  #: STOP or START by text
    UNSUBSCRIBE = "unsubscribe"  #: RFC 8058 one-click, or the page behind it
    PREFERENCES = "preferences"  #: the patient's own page
    CARRIER = "carrier"  #: Twilio's error 21610: the number is on its block list
