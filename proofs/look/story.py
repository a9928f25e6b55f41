"""What has happened when the pages are looked at: a week, a Monday, an ordinary Tuesday morning, and then a flood."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain, islice

from proofs.look import people
from proofs.look.people import Person
from proofs.look.scene import Scene

MONDAY = datetime(2027, 3, 29, 18, tzinfo=UTC)  #: nine days after the example week
TUESDAY = datetime(2027, 3, 30, 15, tzinfo=UTC)  #: 11:00 in New York, an hour after the check-ins
WEDNESDAY, THURSDAY = datetime(2027, 3, 31, 15, tzinfo=UTC), datetime(2027, 4, 1, 15, tzinfo=UTC)
_SCORES = {"+12125550120": "3", "+16465550122": "4", "+19175550123": "2", "+12125550128": "1", "+17185550129": "3"}
_STRANGER, _SHARED = "+13125550111", "+17185550131"
_MORNING = 14  #: patients treated on Tuesday before the flood
_FLOOD = 64  #: replies at once, more than one page of them
_ARABIC = "مرحبا، أشعر بتنميل في قدمي منذ أمس"


def monday(scene: Scene) -> dict[str, str]:
    """The week before is over, most of its scores are in, and the clinic treats nine patients; their ids by their keys."""
    scene.walk_to(MONDAY)
    for number, score in _SCORES.items():
        scene.receive(number, score)
    scene.go_wrong("permanent", people.FRIEDA.email, 9)
    scene.go_wrong("undelivered", people.FRIEDA.phone, 9)
    scene.go_wrong("cut_after_data", people.LEO.email)
    return record(scene, people.MONDAY, MONDAY)


def tuesday(scene: Scene) -> dict[str, str]:
    """The check-ins have left; old alerts are closed, a few patients have answered, and others were treated."""
    scene.walk_to(TUESDAY)
    ids = record(scene, islice(people.many(), _MORNING), TUESDAY)
    for alert in alerts(scene):
        if alert["cause"] == "unreached":
            scene.api(f"/alerts/{alert['id']}/take", {"by": "Dana Ruiz"})
        else:
            scene.api(f"/alerts/{alert['id']}/resolve", {"by": "Dana Ruiz", "note": "Phoned: all is well."})
    for number, words in (
        (people.JUN.phone, "A"),
        (people.SAM.phone, "Could you move my visit to Friday afternoon?"),
        (_STRANGER, "Who is this? I think you have the wrong number"),
        (people.PETRA.phone, "A bit sore but much better, thank you!"),
    ):
        scene.receive(number, words)
    before = len(alerts(scene))
    scene.receive(people.ELENA.phone, "C. My foot has been tingling since last night and two toes feel numb")
    scene.until("the worry to raise an alert", lambda: len(alerts(scene)) > before)
    return ids


def flood(scene: Scene) -> dict[str, str]:
    """Hundreds of patients, many answers at once, and names and words that try to break out."""
    ids = record(scene, chain(people.ODD, islice(people.many(), _MORNING, None)), TUESDAY)
    scene.receive(_SHARED, "I feel dizzy and light-headed")
    scene.receive(people.ODD[0].phone, people.MARKED_WORDS)
    scene.receive(people.ODD[1].phone, "My chest feels tight and I am short of breath. " + "Really. " * 60)
    scene.receive(people.ODD[2].phone, "יש לי כאב חזק מאוד בצד")
    scene.receive(people.ODD[3].phone, "我的脚麻了")
    scene.receive(people.ODD[4].phone, _ARABIC)
    for person in islice(people.many(), _FLOOD):
        scene.receive(person.phone, f"C. Tingling in my fingers, {person.given_name}")
    scene.until("the flood to be read", lambda: len(alerts(scene)) > _FLOOD)
    return ids


def record(scene: Scene, persons: Iterable[Person], now: datetime) -> dict[str, str]:
    """Their sessions have just ended."""
    return {
        person.key: scene.api("/treatments", person.session(people.ends(now, number)))["patient"]["id"]
        for number, person in enumerate(persons)
    }


def alerts(scene: Scene, status: str = "open") -> list[dict[str, str]]:
    """As the API tells them."""
    found: list[dict[str, str]] = []
    cursor = ""
    while True:
        page = scene.api(f"/alerts?status={status}{cursor}")
        found += page["items"]
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"
