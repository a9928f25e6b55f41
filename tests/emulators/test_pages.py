from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from followup.emulators import Emulators

from .conftest import ACCOUNT

Send = Callable[..., Any]


@pytest.fixture
def sent(send: Send, emulators: Emulators) -> Any:
    """A text that has been delivered."""
    emulators.fault("receipt_before_answer")
    return send()


def sids(texts: Any) -> list[str]:
    return [text.sid for text in texts]


def test_the_list_has_the_newest_first(send: Send, client: Client) -> None:
    first, second = send(), send()
    assert sids(client.messages.list()) == [second.sid, first.sid]


def test_a_stream_walks_through_all_pages(send: Send, client: Client) -> None:
    texts = [send(body=str(number)) for number in range(7)]
    assert sids(client.messages.stream(page_size=3)) == sids(reversed(texts))
    assert sids(client.messages.stream(page_size=7)) == sids(reversed(texts))


def test_a_text_that_arrives_between_pages_shifts_nothing(send: Send, client: Client) -> None:
    first, second = send(), send()
    page = client.messages.page(page_size=1)
    assert sids(page) == [second.sid]
    send()
    assert sids(page.next_page()) == [first.sid]


def test_pages_know_their_neighbours(send: Send, client: Client) -> None:
    texts = [send() for _ in range(3)]
    second_page = client.messages.page(page_size=2).next_page()
    assert second_page.next_page_url is None
    assert sids(second_page.previous_page()) == [texts[2].sid, texts[1].sid]


def test_the_list_is_filtered_by_recipient_and_sender_on_every_page(send: Send, client: Client) -> None:
    mine = [send(to="+12025550101") for _ in range(3)]
    send(to="+12025550102")
    send(to="+12025550101", from_="+12025550198")
    found = client.messages.stream(to="+12025550101", from_="+12025550199", page_size=1)
    assert sids(found) == sids(reversed(mine))


def test_the_list_is_filtered_by_the_time_of_sending(sent: Any, client: Client) -> None:
    at = client.messages(sent.sid).fetch().date_sent
    second = timedelta(seconds=1)
    assert sids(client.messages.list(date_sent_after=at, date_sent_before=at)) == [sent.sid]
    assert sids(client.messages.list(date_sent=at)) == [sent.sid]
    assert client.messages.list(date_sent_after=at + second) == []
    assert client.messages.list(date_sent_before=at - second) == []


def test_a_date_stands_for_its_whole_day_in_gmt(sent: Any, client: Client, emulators: Emulators) -> None:
    day = client.messages(sent.sid).fetch().date_sent.date()
    url = f"{emulators.twilio_url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json"

    def found(query: str) -> int:
        answer = requests.get(f"{url}?{query}", auth=(ACCOUNT.sid, ACCOUNT.auth_token), timeout=5)
        return len(answer.json()["messages"])

    next_day, day_before = day + timedelta(days=1), day - timedelta(days=1)
    assert [found(f"DateSent={day}"), found(f"DateSent={next_day}")] == [1, 0]
    assert [found(f"DateSent>={day}"), found(f"DateSent>={next_day}")] == [1, 0]
    assert [found(f"DateSent<={day}"), found(f"DateSent<={day_before}")] == [1, 0]


def test_what_was_not_sent_yet_passes_no_time_filter(send: Send, client: Client, emulators: Emulators) -> None:
    emulators.fault("receipt_late", seconds=30)
    send()
    assert client.messages.list(date_sent_after=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert len(client.messages.list()) == 1


def test_an_unknown_filter_is_ignored_as_twilio_does(send: Send, emulators: Emulators) -> None:
    send()
    url = f"{emulators.twilio_url}/2010-04-01/Accounts/{ACCOUNT.sid}/Messages.json?DateCreated=1999-01-01"
    answer = requests.get(url, auth=(ACCOUNT.sid, ACCOUNT.auth_token), timeout=5).json()
    assert len(answer["messages"]) == 1
    assert (answer["page"], answer["page_size"], answer["next_page_uri"]) == (0, 50, None)


@pytest.mark.parametrize("given", [{"date_sent": "yesterday"}, {"page_token": "PASM0"}, {"page_size": "many"}])
def test_a_filter_that_cannot_be_read_is_refused(given: dict[str, str], client: Client) -> None:
    with pytest.raises(TwilioException):
        client.messages.page(**given)
