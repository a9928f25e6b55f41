"""The mailboxes, and what the relay wrote down, beside the database."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from email.message import EmailMessage

from followup.terms import AttemptOutcome, Channel
from proofs import relay
from proofs.checks import Check
from proofs.told import Told, counted
from proofs.week import in_ascii

_TAKEN = re.compile(r"/cleanup\[\d+\]: \w+: message-id=(<\S+@clinic\.example>)$")
_TURNED_AWAY = re.compile(r"NOQUEUE: reject: RCPT from \S+: (\d{3} [\d.]+) <(\S+)>:")
_CAME, _HUNG_UP = re.compile(r"/smtpd\[\d+\]: connect from "), re.compile(r"/smtpd\[\d+\]: timeout after ")
_BOUNCED = re.compile(r"/virtual\[\d+\]: .* status=bounced ")
_TLS = re.compile(r"using (TLSv\S+) .* with ESMTPS", re.DOTALL)


def agree(told: Sequence[Told], post: relay.Relay) -> Iterator[Check]:
    """Mailboxes, the way there, the relay's log, and the notices of what it could not deliver."""
    ours = {
        str(each.accepted.reference): each for each in told if each.message.channel is Channel.EMAIL and each.accepted
    }
    bounced = {reference for reference, each in ours.items() if each.patient.email == relay.MOVED}
    kept = list(post.mails())
    arrived = [(where, mail) for where, mail in kept if where != relay.CLINIC]
    notices = [mail.as_string() for where, mail in kept if where == relay.CLINIC]
    yield _mailboxes(ours, bounced, arrived)
    ways = [(mail["Message-ID"], _TLS.search(str(mail["Received"]))) for _, mail in arrived]
    kinds = Counter(way[1] for _, way in ways if way)
    yield Check("every email came over TLS", counted(kinds), [f"{reference}" for reference, way in ways if not way])
    log = post.log()
    yield _taken(ours, log)
    yield _turned_away(told, log)
    faults = [f"{reference}: no notice" for reference in bounced if not any(reference in each for each in notices)]
    ended = sum(bool(_BOUNCED.search(line)) for line in log)
    if not len(notices) == len(bounced) == ended:
        faults.append(f"{len(bounced)} emails to {relay.MOVED}, {ended} bounced, {len(notices)} notices")
    yield Check("what bounced later has its notice in the mailbox of EMAIL_FROM", f"{len(notices)} notices", faults)


def _mailboxes(ours: Mapping[str, Told], bounced: set[str], arrived: Sequence[tuple[str, EmailMessage]]) -> Check:
    times = Counter(str(mail["Message-ID"]) for _, mail in arrived)
    faults = [
        *(f"{reference}: {count} times in mailboxes" for reference, count in times.items() if count > 1),
        *(f"{ours[reference]}: in no mailbox" for reference in ours.keys() - times.keys() - bounced),
        *(f"{reference}: in a mailbox only" for reference in times.keys() - ours.keys()),
        *(f"{ours[reference]}: bounced, and is in a mailbox" for reference in bounced & times.keys()),
    ]
    for where, mail in arrived:
        if each := ours.get(str(mail["Message-ID"])):
            faults += [f"{each}: {name} differs" for name in _differences(each, where, mail)]
    return Check("mailboxes and the database agree", f"{len(arrived)} emails, word for word", faults)


def _differences(each: Told, where: str, mail: EmailMessage) -> Iterator[str]:
    text = mail.get_body(("plain",))
    pairs = {
        "mailbox": (where, in_ascii(each.attempts[-1].to)),
        "recipient": (mail["To"].addresses[0].addr_spec, where),
        "text": (text.get_content().strip() if text else "", (each.message.body or "").strip()),
    }
    return (name for name, (theirs, mine) in pairs.items() if theirs != mine)


def _taken(ours: Mapping[str, Told], log: Sequence[str]) -> Check:
    times = Counter(found[1] for line in log if (found := _TAKEN.search(line)))
    faults = [f"{reference}: taken {count} times" for reference, count in times.items() if count > 1]
    faults += [f"{reference}: on one side only" for reference in times.keys() ^ ours.keys()]
    came, hung_up = (sum(bool(said.search(line)) for line in log) for said in (_CAME, _HUNG_UP))
    seen = f"{len(times)} emails over {came} connections, {hung_up} of which it ended while they were idle"
    return Check("the relay took each Message-ID once, by its own log", seen, faults)


def _turned_away(told: Sequence[Told], log: Sequence[str]) -> Check:
    theirs = Counter((found[1], found[2]) for line in log if (found := _TURNED_AWAY.search(line)))
    mine = Counter(
        (attempt.code, in_ascii(attempt.to))
        for each in told
        for attempt in each.attempts
        if attempt.channel is Channel.EMAIL and attempt.outcome is not AttemptOutcome.ACCEPTED
    )
    apart = (theirs - mine) + (mine - theirs)
    faults = [f"{code} <{to}>: {theirs[code, to]} times there, {mine[code, to]} times here" for code, to in apart]
    kinds = Counter(code for code, _ in theirs.elements())
    seen = ", ".join(f"{count} times {code}" for code, count in sorted(kinds.items()))
    return Check("where its log says no, an attempt says so with the same code", seen, faults)
