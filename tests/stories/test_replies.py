"""What patients write, and what comes of it: each story is its transcript."""

from threading import Thread
from typing import Any

from .conftest import Story, phone_of

pytest_plugins = ["followup.testing.plugin"]

ANA, BEN = "+12125550142", "+12125550143"
CALM: dict[str, Any] = {"regions": ["lower_back"], "consent": {"sms": True, "email": False, "method": "paper form"}}


def test_no_trouble(story: Story) -> None:
    story.treat("Ana", baseline_pain=6, **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "A")
    story.until("Mon 10:30")
    story.says(ANA, "3")
    story.until("Mon 10:30")
    story.lives(days=7)
    story.says(ANA, "2")
    story.lives(days=7)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > A
        Thu 4 10:00 Ana < Hi Ana, by now you should feel less sore. Text us or call …
        Mon 8 10:00 Ana < Hi Ana, in the last 24 hours, how bad was your pain on …
        Mon 8 10:30 Ana > 3
        Mon 8 10:30 Ana < Thank you. We saved your answer. Need to talk? Call …
        Tue 9 10:00 Ana < Hi Ana, to plan another visit or talk about next steps, call …
        Mon 15 10:00 Ana < Hi Ana, since you started care with us, how is your main …
        Mon 15 11:30 Ana > 2
        Mon 15 11:30 Ana < Thank you. We saved your answer. To plan another visit, go to …
        """
    )
    assert not story.alerts()


def test_tingling_that_stays(story: Story) -> None:
    story.puts_on_call("Desk")
    story.treat("Ana", **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "C")
    story.lives(minutes=20)
    story.says(phone_of("Desk"), "On it")
    story.until("Wed 10:10")
    story.says(ANA, "still")
    story.lives(minutes=10)
    story.resolves("Desk", "Called: no weakness, sees the clinician on Friday")
    story.until("Mon 12:00")
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > C
        Tue 2 10:20 Desk @ a reply needs a person
        Tue 2 10:20 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Tue 2 10:20 Ana < Thank you for telling us. We can't tell the cause by text. A …
        Tue 2 10:40 Desk > On it
        Wed 3 10:00 Ana < Hi Ana, soreness should be easing by now. Do you feel any …
        Wed 3 10:10 Ana > still
        Wed 3 10:10 Desk @ a reply needs a person
        Wed 3 10:10 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Wed 3 10:20 Desk resolves: Called: no weakness, sees the clinician on Friday
        Thu 4 10:00 Ana < Hi Ana, by now you should feel less sore. Text us or call …
        """
    )
    assert story.alerts() == ["nerve taken by Desk", "nerve taken by Desk"]


def test_tingling_that_is_gone_and_comes_back(story: Story) -> None:
    story.treat("Ana", **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "my left foot is tingling")
    story.until("Wed 10:10")
    story.says(ANA, "gone")
    story.until("Thu 15:00")
    story.says(ANA, "the tingling is back")
    story.lives(days=6)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > my left foot is tingling
        Tue 2 10:20 Ana < Thank you for telling us. We can't tell the cause by text. A …
        Wed 3 10:00 Ana < Hi Ana, soreness should be easing by now. Do you feel any …
        Wed 3 10:10 Ana > gone
        Thu 4 10:00 Ana < Hi Ana, by now you should feel less sore. Text us or call …
        Thu 4 15:00 Ana > the tingling is back
        Thu 4 15:00 Ana < Thank you for telling us. We can't tell the cause by text. A …
        """
    )
    assert story.alerts() == ["nerve"]


def test_chest_pain_at_night_with_nobody_on_call(story: Story) -> None:
    story.treat("Ana", **CALM)
    story.puts_on_call("Desk", "Clinician", hours="Mon-Fri 8-6")
    story.until("Mon 23:40")
    story.says(ANA, "chest hurts when i breathe in")
    story.lives(minutes=12)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Mon 1 23:40 Ana > chest hurts when i breathe in
        Mon 1 23:40 Desk @ a reply needs a person
        Mon 1 23:40 Clinician @ a reply needs a person
        Mon 1 23:40 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Mon 1 23:40 Clinician < ALARM. A reply needs a person now. Open it and take it: …
        Mon 1 23:40 Ana < We are closed and can't treat emergencies by text. Call 911 …
        Mon 1 23:45 Desk @ no one has taken this alarm
        Mon 1 23:45 Clinician @ no one has taken this alarm
        Mon 1 23:45 Desk < ALARM, step 2. No one has taken it for 5 minutes. Open it and …
        Mon 1 23:45 Clinician < ALARM, step 2. No one has taken it for 5 minutes. Open it and …
        Mon 1 23:50 Desk @ no one has taken this alarm
        Mon 1 23:50 Clinician @ no one has taken this alarm
        Mon 1 23:50 Desk < ALARM, step 3. No one has taken it for 10 minutes. Open it and …
        Mon 1 23:50 Clinician < ALARM, step 3. No one has taken it for 10 minutes. Open it and …
        """
    )
    assert story.alerts() == ["emergency"]


def test_stop_with_a_symptom(story: Story) -> None:
    story.puts_on_call("Desk")
    story.treat("Ana", **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "please stop, my foot is still numb")
    story.until("Tue 10:50")
    story.says(ANA, "now my chest hurts")
    story.lives(minutes=2)
    story.says(phone_of("Desk"), "ok")
    story.lives(days=7)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > please stop, my foot is still numb
        Tue 2 10:20 Desk @ a reply needs a person
        Tue 2 10:20 Ana < You will get no more texts from us. Reply START to get them …
        Tue 2 10:20 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Tue 2 10:50 Ana > now my chest hurts
        Tue 2 10:50 Desk @ a reply needs a person
        Tue 2 10:50 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Tue 2 10:52 Desk > ok
        """
    )
    assert story.alerts() == ["emergency taken by Desk must phone"]


def test_two_patients_on_one_phone(story: Story) -> None:
    story.treat("Ana", phone=ANA, **CALM)
    story.treat("Sam", phone=ANA, **CALM)
    story.until("Tue 10:20")
    told = story.transcript().splitlines()
    assert sorted(told) == [  # both texts of a time leave together, in no order
        "Mon 1 12:00 Ana & Sam < Thanks for coming in, Ana. Mild soreness is common and usually …",
        "Mon 1 12:00 Ana & Sam < Thanks for coming in, Sam. Mild soreness is common and usually …",
        "Tue 2 10:00 Ana & Sam < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …",
        "Tue 2 10:00 Ana & Sam < Hi Sam, how do you feel today? Reply A = fine. B = a bit sore …",
    ]
    story.says(ANA, "C")
    told = story.transcript().splitlines()[len(told) :]
    assert (told[0], *sorted(told[1:])) == (
        "Tue 2 10:20 Ana & Sam > C",
        "Tue 2 10:20 Ana & Sam < Thank you for telling us. We can't tell the cause by text. A …",
        "Tue 2 10:20 Ana & Sam < Thank you. More than one person gets our texts on this phone. …",
    )
    story.says(ANA, "Sam")
    story.lives(days=1)
    assert story.transcript().splitlines()[7:] == [
        "Tue 2 10:20 Ana & Sam > Sam",
        "Wed 3 10:00 Ana & Sam < Hi Sam, soreness should be easing by now. Do you feel any …",
    ]
    assert story.alerts() == ["nerve"]


def test_a_patient_who_reads_spanish(story: Story) -> None:
    story.puts_on_call("Desk")
    story.treat("Ana", patient={"language": "es"}, **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "todavía tengo hormigueo en el pie")
    story.until("Wed 10:20")
    story.says(ANA, "nada")
    story.resolves("Desk", "Called: nothing left")
    story.lives(days=7)
    story.says(ANA, "siete")
    story.lives(minutes=1)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Gracias por venir. Un dolor leve es frecuente y suele irse en …
        Tue 2 10:00 Ana < Hola Ana, ¿qué tal se siente hoy? Responda A = bien. B = algo …
        Tue 2 10:20 Ana > todavía tengo hormigueo en el pie
        Tue 2 10:20 Desk @ a reply needs a person
        Tue 2 10:20 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Tue 2 10:20 Ana < Gracias por avisar. No podemos saber la causa por texto. Hoy …
        Tue 2 11:20 Desk @ no one has taken this alarm
        Tue 2 11:20 Desk < ALARM, step 2. No one has taken it for 60 minutes. Open it and …
        Wed 3 10:00 Ana < Hola Ana, el dolor leve ya debe ir bajando. ¿Siente hormigueo, …
        Wed 3 10:20 Ana > nada
        Wed 3 10:20 Desk resolves: Called: nothing left
        Thu 4 10:00 Ana < Hola Ana, ya debe sentir menos dolor. Llame al 212-555-0100 o …
        Tue 9 10:00 Ana < Hola Ana, para otra cita o hablar de lo que sigue, llame al …
        Wed 10 10:00 Ana < Hola Ana, desde ayer a esta hora, ¿qué tanto dolor tuvo en …
        Wed 10 10:20 Ana > siete
        Wed 10 10:20 Ana < Gracias. Guardamos su respuesta. ¿Quiere hablar? Llame al …
        """
    )
    assert story.alerts() == ["nerve taken by Desk"]


def test_a_score_with_a_worry(story: Story) -> None:
    story.puts_on_call("Clinician")
    story.treat("Ana", baseline_pain=5, **CALM)
    story.until("Mon 10:30")
    story.lives(days=7)
    story.says(ANA, "3 but my foot is dragging")
    story.says(phone_of("Clinician"), "on it")
    story.lives(days=2)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Thu 4 10:00 Ana < Hi Ana, by now you should feel less sore. Text us or call …
        Mon 8 10:00 Ana < Hi Ana, in the last 24 hours, how bad was your pain on …
        Mon 8 10:30 Ana > 3 but my foot is dragging
        Mon 8 10:30 Clinician @ a reply needs a person
        Mon 8 10:30 Clinician < ALARM. A reply needs a person now. Open it and take it: …
        Mon 8 10:30 Ana < Thank you for telling us. We can't tell the cause by text. A …
        Mon 8 10:30 Clinician > on it
        """
    )
    assert story.alerts() == ["urgent taken by Clinician"]


def test_booking_waits_until_a_person_has_resolved_the_worry(story: Story) -> None:
    story.puts_on_call("Desk")
    story.treat("Ana", **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "pins and needles in my hand")
    story.says(phone_of("Desk"), "ok")
    story.lives(days=8)
    story.resolves("Desk", "Called: gone since yesterday")
    story.lives(days=1)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > pins and needles in my hand
        Tue 2 10:20 Desk @ a reply needs a person
        Tue 2 10:20 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Tue 2 10:20 Ana < Thank you for telling us. We can't tell the cause by text. A …
        Tue 2 10:20 Desk > ok
        Wed 3 10:00 Ana < Hi Ana, soreness should be easing by now. Do you feel any …
        Thu 4 10:00 Ana < Hi Ana, by now you should feel less sore. Text us or call …
        Wed 10 10:20 Desk resolves: Called: gone since yesterday
        Wed 10 10:20 Ana < Hi Ana, in the last 24 hours, how bad was your pain on …
        Thu 11 10:00 Ana < Hi Ana, to plan another visit or talk about next steps, call …
        """
    )
    assert story.alerts() == ["nerve taken by Desk"]


def test_a_landline_gets_emails(story: Story) -> None:
    story.emulators.fault("refuse", count=9, code=21614)
    story.treat("Ana", regions=["lower_back"])
    story.lives(days=8)
    story.assert_told(
        """
        Mon 1 12:00 Ana @ what to expect now
        Tue 2 10:00 Ana @ how are you today?
        Thu 4 10:00 Ana @ when to call us
        Sat 6 10:00 Ana @ your next visit
        Mon 8 10:00 Ana @ one short question
        """
    )
    assert not story.alerts()


def test_an_alarm_that_nobody_takes(story: Story) -> None:
    story.puts_on_call("Desk", "Clinician", "Owner")
    story.treat("Ana", **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "cant breathe properly")
    story.lives(minutes=16)
    story.says(phone_of("Owner"), "taken")
    story.lives(minutes=20)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > cant breathe properly
        Tue 2 10:20 Desk @ a reply needs a person
        Tue 2 10:20 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Tue 2 10:20 Ana < We can't treat emergencies by text. Call 911 now if you have …
        Tue 2 10:25 Clinician @ no one has taken this alarm
        Tue 2 10:25 Clinician < ALARM, step 2. No one has taken it for 5 minutes. Open it and …
        Tue 2 10:30 Owner @ no one has taken this alarm
        Tue 2 10:30 Owner < ALARM, step 3. No one has taken it for 10 minutes. Open it and …
        Tue 2 10:35 Desk @ no one has taken this alarm
        Tue 2 10:35 Clinician @ no one has taken this alarm
        Tue 2 10:35 Owner @ no one has taken this alarm
        Tue 2 10:35 Desk < ALARM, step 4. No one has taken it for 15 minutes. Open it and …
        Tue 2 10:35 Clinician < ALARM, step 4. No one has taken it for 15 minutes. Open it and …
        Tue 2 10:35 Owner < ALARM, step 4. No one has taken it for 15 minutes. Open it and …
        Tue 2 10:36 Owner > taken
        """
    )
    assert story.alerts() == ["emergency taken by Owner"]


def test_the_same_reply_three_times(story: Story) -> None:
    story.treat("Ana", **CALM)
    story.until("Tue 10:20")
    for _ in range(3):
        story.says(ANA, "numb foot", sid="SM" + "7" * 32)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > numb foot
        Tue 2 10:20 Ana < Thank you for telling us. We can't tell the cause by text. A …
        Tue 2 10:20 Ana > numb foot
        Tue 2 10:20 Ana > numb foot
        """
    )
    assert story.alerts() == ["nerve"]


def test_two_replies_within_a_second(story: Story) -> None:
    story.treat("Ana", **CALM)
    story.until("Tue 10:20")
    story.says(ANA, "numb foot", then=False)
    story.says(ANA, "and it feels weak now")
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:20 Ana > numb foot
        Tue 2 10:20 Ana > and it feels weak now
        Tue 2 10:20 Ana < Thank you for telling us. We can't tell the cause by text. A …
        """
    )
    assert story.alerts() == ["nerve"]


def test_a_reply_before_our_send_was_recorded(story: Story) -> None:
    story.puts_on_call("Desk")
    story.treat("Ana", **CALM)
    story.until("Tue 9:30")
    story.emulators.fault("slow", match="how do you feel", seconds=4)
    sending = Thread(target=story.until, args=["Tue 10:00"])
    sending.start()
    story.waits_for_text("how do you feel")
    story.says(ANA, "C", then=False)
    assert story.status("check-in") == "sending"
    sending.join()
    story.lives(minutes=0)
    story.assert_told(
        """
        Mon 1 12:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Tue 2 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        Tue 2 10:00 Ana > C
        Tue 2 10:00 Desk @ a reply needs a person
        Tue 2 10:00 Desk < ALARM. A reply needs a person now. Open it and take it: …
        Tue 2 10:00 Ana < Thank you for telling us. We can't tell the cause by text. A …
        """
    )


def test_every_morning_the_first_on_the_list_hears_that_alarms_arrive(story: Story) -> None:
    story.puts_on_call("Desk", "Owner")
    story.until("Wed 12:00")
    story.treat("Ana", **CALM)
    story.until("Thu 12:00")
    story.assert_told(
        """
        Wed 3 12:00 Desk @ daily test of alarms
        Wed 3 12:00 Desk < Daily test. Alarms can reach this phone. See it here: …
        Wed 3 14:00 Ana < Thanks for coming in, Ana. Mild soreness is common and usually …
        Thu 4 09:00 Desk @ daily test of alarms
        Thu 4 09:00 Desk < Daily test. Alarms can reach this phone. See it here: …
        Thu 4 10:00 Ana < Hi Ana, how do you feel today? Reply A = fine. B = a bit sore …
        """,
        daily_test=True,
    )
