"""Two people at once: the second is told, and nothing is overwritten."""

from collections.abc import Iterator

from playwright.sync_api import expect

from proofs.checks import Check
from proofs.look import people, story
from proofs.look.looking import Eyes
from proofs.look.scene import Scene
from proofs.look.walking import Walk


def at_once(first: Walk, second: Walk, eyes: Eyes) -> Iterator[Check]:
    """Both take one alert on Today and in its conversation; both move one message."""
    yield _both_take(first, second)
    yield eyes.look(second.page, "together-taken")
    yield _both_close(first, second)
    yield eyes.look(second.page, "together-closed")
    yield _both_move(first, second)
    yield eyes.look(second.page, "together-moved")


def _both_take(first: Walk, second: Walk) -> Check:
    for walk in (first, second):
        walk.go("/")
    row = first.page.locator("[data-row]").filter(has=first.page.locator("[data-key=t]")).first
    row_id = row.get_attribute("id")
    row.locator("[data-key=t]").click()
    expect(first.page.locator(f"#{row_id}")).to_contain_text("You have it")
    second.page.locator(f"#{row_id} [data-key=t]").click()
    told = second.page.locator(f"#{row_id} .notice")
    expect(told).to_be_visible()
    [alert] = [one for one in story.alerts(first.scene, "taken") if row_id == f"need-{one['id'].replace('-', '')}"]
    faults = [] if "admin" in alert["taken_by"] else [f"{alert['taken_by']} has it"]
    return Check("two take an alert: the second is told who has it", told.inner_text(), faults)


def _both_close(first: Walk, second: Walk) -> Check:
    key = "many-3"
    for walk in (first, second):
        walk.go(f"/inbox/{walk.ids[key]}")
        walk.press("Close it")
        walk.page.locator("[name=note]").fill(f"Phoned, says {walk is first}")
    for walk in (first, second):
        walk.page.locator("form[action$='/resolve'] [type=submit]").click()
        walk.page.wait_for_load_state()
    told = second.page.locator(".notice--hold").first
    expect(told).to_be_visible()
    kept = [] if "says False" in second.page.content() else ["what the second wrote is lost"]
    kept += [] if first.page.locator(".talk-note").filter(has_text="says True").count() else ["the note is not kept"]
    return Check("two close an alert: the second is told, and keeps the note", told.inner_text(), kept)


def _both_move(first: Walk, second: Walk) -> Check:
    moved = {}
    for walk, hour in ((first, "13"), (second, "15")):
        walk.patient(people.JUN.key)
        message = walk.page.locator("form[action$='/move']").first
        message.locator("xpath=ancestor::details").locator("summary").click()
        day = (message.locator("[name=due_at]").input_value())[:10]
        message.locator("[name=due_at]").fill(f"{day}T{hour}:10")
        moved[hour] = message
    for message in moved.values():
        message.locator("[type=submit]").click()
        message.page.wait_for_load_state()
    told = second.page.locator(".notice--hold").first
    expect(told).to_be_visible()
    times = [row["due_local"] for row in _owed(first.scene, first.ids[people.JUN.key])]
    faults = [] if any("T13:10" in at for at in times) and not any("T15:10" in at for at in times) else times
    return Check("two move a message: the second is told, and the first one's time stands", told.inner_text(), faults)


def _owed(scene: Scene, patient: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = scene.api(f"/messages?patient={patient}&status=scheduled")["items"]
    return rows
