"""Every staff page, and the states it can be in."""

from collections.abc import Mapping

from proofs.look import people, story
from proofs.look.walking import Reach, Walk, at, of

_LONGEST = "Nobody answered the phone. " * 200


def session_filled(walk: Walk, patient: str) -> None:
    """The form for somebody, as far as a practitioner fills it in."""
    walk.go(f"/sessions/new?patient={patient}")
    for region in ("neck", "shoulder"):
        walk.page.locator(f".pill:has([name=regions][value={region}])").click()
    walk.page.locator(".pill:has([name=precautions][value=blood_thinner])").click()
    walk.page.locator("label:has([name=baseline_pain][value='6'])").click()
    walk.page.locator(".preview-what").filter(has_text="Chest warning").wait_for()


def _session_filled(walk: Walk) -> None:
    session_filled(walk, walk.ids["elena"])


def _session_asks_twice(walk: Walk) -> None:
    _session_filled(walk)
    walk.page.locator("label:has([name=precautions][value=pregnancy])").click()
    walk.page.locator("#look-twice").wait_for()


def _session_wrong(walk: Walk) -> None:
    walk.go("/sessions/new?add=Jo")
    walk.fill(phone="12", email="nowhere", ended_on="2031-01-01")
    walk.send_as_it_is("#treatment")


def _session_found(walk: Walk) -> None:
    walk.go("/sessions/new")
    walk.page.locator("#seek").press_sequentially("okonk")
    walk.page.locator("[data-match]").first.wait_for()


def _session_saved(walk: Walk) -> None:
    walk.go("/sessions/new?add=Rosa+Delgado")
    walk.fill(phone="212-555-0145", email="rosa@mail.example")
    walk.page.locator("label:has([name=sms][value=yes])").click()
    walk.send_as_it_is("#treatment")


def _matches(walk: Walk) -> None:
    walk.go("/")
    walk.page.locator("#q").press_sequentially("okonk")
    walk.page.locator("#q-matches [data-match]").first.wait_for()


def _keys(walk: Walk) -> None:
    walk.go("/")
    walk.page.keyboard.press("?")


def _story(walk: Walk) -> None:
    walk.patient("P-120")
    walk.page.evaluate("document.querySelectorAll('details.why').forEach(one => { one.open = true; })")


def _move_wrong(walk: Walk) -> None:
    walk.patient("jun")
    walk.page.locator("[name=due_at]").first.evaluate("field => { field.value = '2027-01-01T10:00'; }")
    walk.send_as_it_is("form[action$='/move']")


def _about_wrong(walk: Walk) -> None:
    walk.patient("many-9", "/about")
    walk.fill(given_name="")
    walk.send_as_it_is("form[action$='/about']")


def _about_unreachable(walk: Walk) -> None:
    walk.patient("many-9", "/about")
    walk.fill(phone="12", email="nowhere")
    walk.send_as_it_is("form[action$='/about']")


def _from_alert(walk: Walk) -> None:
    """As a notice leads there."""
    walk.go(f"/alerts/{story.alerts(walk.scene)[0]['id']}")


def _phone_found(walk: Walk) -> None:
    walk.go(f"/phone/{walk.ids['elena']}")
    walk.page.locator("#q").press_sequentially("okonk")
    walk.page.locator("#q-matches [data-match]").first.wait_for()


def _whose(walk: Walk) -> None:
    walk.go("/inbox?view=unknown")
    walk.page.locator(".thread").filter(has_text="Who is this").click()


def _shared(walk: Walk) -> None:
    walk.go("/inbox?view=unknown")
    walk.page.locator(".thread").filter(has_text="dizzy").click()
    walk.page.wait_for_load_state()  # who types before that is not helped by a script
    walk.page.locator("#find").press_sequentially("ada")
    walk.page.locator("#found .pill").nth(3).wait_for()


def _moving(walk: Walk) -> None:
    walk.go(f"/inbox/{walk.ids['elena']}")
    walk.press("Somebody else wrote it?")


def _close_wrong(walk: Walk) -> None:
    walk.go(f"/inbox/{walk.ids['elena']}")
    walk.press("Close it")
    walk.send_as_it_is("form[action$='/resolve']")


def _answer_long(walk: Walk) -> None:
    walk.go(f"/inbox/{walk.ids['elena']}")
    walk.page.locator("#answer").fill(_LONGEST[:2000])
    walk.page.locator("#answer-count").filter(has_text="segment").wait_for()


def _invited(walk: Walk) -> None:
    walk.go("/settings/staff")
    walk.fill(name="Ivy Chen", email=people.IVY)
    walk.press("Invite by email")


def _invite_wrong(walk: Walk) -> None:
    walk.go("/settings/staff")
    walk.fill(name="Ivy", email="nowhere")
    walk.send_as_it_is("form[action$='/settings/staff']")


def _person(walk: Walk) -> None:
    walk.go("/settings/staff")
    walk.page.locator("table a").first.click()


def _clinic_wrong(walk: Walk) -> None:
    walk.go("/settings/clinics/maple")
    walk.fill(emergency="call us", hours="whenever")
    walk.send_as_it_is("form[action$='/maple']")


def _key_made(walk: Walk) -> None:
    walk.go("/settings/keys")
    walk.fill(name="booking")
    walk.press("Make a key")


EMPTY: Mapping[str, Reach] = {
    "empty-today": at("/"),
    "empty-inbox": at("/inbox"),
    "empty-patients": at("/patients"),
    "empty-messages": at("/messages"),
    "empty-phone": at("/phone"),
}
FULL: Mapping[str, Reach] = {
    "today": at("/"),
    "today-keys": _keys,
    "today-matches": _matches,
    "today-group": at("/today/all/alerts"),
    "messages": at("/messages"),
    "messages-none": at("/messages?day=2027-01-01"),
    "session": at("/sessions/new"),
    "session-found": _session_found,
    "session-filled": _session_filled,
    "session-asks-twice": _session_asks_twice,
    "session-wrong": _session_wrong,
    "session-saved": _session_saved,
    "patients": at("/patients"),
    "patients-found": at("/patients?q=okonkwo"),
    "patients-nobody": at("/patients?q=zzzz"),
    "patient": of("elena"),
    "patient-story": _story,
    "patient-unreached": of("frieda"),
    "patient-uncertain": of("leo"),
    "patient-marked": of("marked"),
    "patient-long": of("long"),
    "patient-right-to-left": of("hebrew"),
    "patient-chinese": of("chinese"),
    "patient-move-wrong": _move_wrong,
    "patient-about": of("marked", "/about"),
    "patient-about-wrong": _about_wrong,
    "patient-about-unreachable": _about_unreachable,
    "inbox": at("/inbox"),
    "inbox-all": at("/inbox?view=all"),
    "inbox-mine": at("/inbox?view=mine"),
    "talk": lambda walk: walk.go(f"/inbox/{walk.ids['elena']}"),
    "talk-from-alert": _from_alert,
    "talk-marked": lambda walk: walk.go(f"/inbox/{walk.ids['marked']}"),
    "talk-long": lambda walk: walk.go(f"/inbox/{walk.ids['long']}"),
    "talk-right-to-left": lambda walk: walk.go(f"/inbox/{walk.ids['hebrew']}"),
    "talk-whose": _whose,
    "talk-shared": _shared,
    "talk-moving": _moving,
    "talk-close-wrong": _close_wrong,
    "talk-answer-long": _answer_long,
    "plans": at("/plans"),
    "plan": at("/plans/dry-needling"),
    "plan-rehearsed": at("/plans/dry-needling/rehearse"),
    "settings": at("/settings"),
    "settings-clinics": at("/settings/clinics"),
    "settings-clinic": at("/settings/clinics/maple"),
    "settings-clinic-new": at("/settings/clinics/new"),
    "settings-clinic-wrong": _clinic_wrong,
    "settings-staff": at("/settings/staff"),
    "settings-staff-invited": _invited,
    "settings-staff-wrong": _invite_wrong,
    "settings-person": _person,
    "settings-on-call": at("/settings/on-call"),
    "settings-keys": at("/settings/keys"),
    "settings-key-made": _key_made,
    "settings-audit": at("/settings/audit"),
    "phone": lambda walk: walk.go(f"/phone/{walk.ids['elena']}"),
    "phone-found": _phone_found,
    "phone-marked": lambda walk: walk.go(f"/phone/{walk.ids['marked']}"),
    "more": at("/more"),
    "not-found": at("/patients/nobody"),
}
PAUSED: Mapping[str, Reach] = {"paused-today": at("/"), "paused-settings": at("/settings"), "paused-talk": FULL["talk"]}
ROUNDS = ("/", "/sessions/new?add=Jo", "/patients?q=okonkwo", "/inbox?view=mine", "/settings", "/more", "/plans")


def pause(walk: Walk) -> None:
    """Stop all sending."""
    walk.go("/settings")
    walk.fill(why="The number in the emails is wrong; <b data-markup>wait</b> for Kim")
    walk.press("Pause sending")


def resume(walk: Walk) -> None:
    """Let messages leave again."""
    walk.go("/settings")
    walk.press("Resume sending")
