"""Who is treated on the day before the pages are looked at, and what becomes of them. All are made up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MARKED = "<b data-markup>Bobby</b>\"'&amp;"  #: a name that must stay text
MARKED_FAMILY = "<script>document.title='owned'</script>"
MARKED_WORDS = "<img data-markup src=x onerror=document.title=1> It is <b>sore</b> {{ 7 * 7 }} ${7*7} </textarea>"
LONG = "Wolfeschlegelsteinhausenbergerdorffvoralternwarengewissenhaftschaferswessenschafe"
IVY = "ivy@maple.example"  #: who is invited to work here
MANY = 240  #: patients who make lists long


@dataclass(frozen=True, slots=True)
class Person:
    """A patient and their treatment session."""

    key: str
    given_name: str
    family_name: str
    phone: str = ""
    email: str = ""
    regions: tuple[str, ...] = ("lower_back",)
    language: str = "en"
    zone: str = ""
    precautions: tuple[str, ...] = ()
    pain: int = 5

    def session(self, ended_at: datetime) -> Mapping[str, Any]:
        """As the API takes it."""
        patient = {"external_id": self.key, "given_name": self.given_name, "family_name": self.family_name}
        more = {"phone": self.phone, "email": self.email, "timezone": self.zone}
        return {
            "external_id": f"session-{self.key}",
            "clinic": "maple",
            "patient": patient | {name: value for name, value in more.items() if value} | {"language": self.language},
            "consent": {"sms": bool(self.phone), "email": bool(self.email), "method": "spoken at the desk"},
            "ended_at": ended_at.isoformat(),
            "practitioner": "R. Mehta",
            "regions": self.regions,
            "precautions": self.precautions,
            "baseline_pain": self.pain,
            "plan": "dry-needling",
        }


ELENA = Person("elena", "Elena", "Marchetti", "+12125550171", "elena@mail.example", ("foot", "calf"), pain=6)
SAM = Person("sam", "Samuel", "Oduya", "+12125550172", regions=("neck", "shoulder"), pain=4)
JUN = Person("jun", "Jun", "Watanabe", "+12125550173", regions=("thigh",), pain=3)
PETRA = Person("petra", "Petra", "Lindgren", "+12125550174", regions=("elbow", "forearm"))
NORA = Person("nora", "Nora", "Castillo", email="nora@mail.example", regions=("shoulder",), language="es", pain=7)
OMAR = Person("omar", "Omar", "Haidari", email="omar@mail.example", regions=("hip",), pain=6)
FRIEDA = Person("frieda", "Frieda", "Baumann", "+12125550177", "frieda@mail.example")
LEO = Person("leo", "Leo", "Papadakis", email="leo@mail.example", regions=("knee",))
IRIS = Person("iris", "Iris", "Tanaka", email="iris@mail.example", regions=("hand",), pain=4)
GRACE = Person("P-120", "Grace", "Adeyemi", "+12125550120", "grace.adeyemi@example.com", pain=4)  # again
MONDAY = (GRACE, ELENA, SAM, JUN, PETRA, NORA, OMAR, FRIEDA, LEO, IRIS)

ODD = (
    Person("marked", MARKED, MARKED_FAMILY, "+12125550181", "marked@mail.example"),
    Person("long", LONG, f"{LONG}-{LONG}", "+12125550182", f"{'very.' * 10}long@mail.example"),
    Person("hebrew", "יהונתן־אלכסנדר", "בן־יוסף הכהן", "+12125550183", regions=("head",)),
    Person("chinese", "歐陽娜娜歐陽娜娜歐陽娜娜歐陽娜娜", "司馬", "+12125550184", zone="Asia/Shanghai"),
    Person("short", "Y", "", "+12125550185"),
)


def many() -> Iterator[Person]:
    """Names enough for lists of several pages."""
    given = ("Ada", "Bruno", "Chiara", "Dmitri", "Eun-ji", "Farid", "Greta", "Hassan", "Inês", "Jonas", "Keiko", "Luca")
    family = ("Abara", "Bianchi", "Cohen", "Duarte", "Eriksen", "Fofana", "Guerrero", "Hoang", "Ivanova", "Jensen")
    for number in range(MANY):
        yield Person(
            f"many-{number}",
            given[number % len(given)],
            f"{family[number // len(given) % len(family)]}{'-Moreau' if number >= MANY // 2 else ''}",
            f"+1646555{number:04}",
            regions=(("neck", "knee", "hip", "calf", "hand")[number % 5],),
        )


def ends(now: datetime, number: int) -> datetime:
    """When a treatment ended, one after the other."""
    return now - timedelta(minutes=5 + number % 50)
