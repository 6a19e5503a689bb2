"""The desk of broadcasts: from an empty form to members who were told, with a line in the log for each step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from authentication import remains
from authentication.models import AuditEvent, User
from authentication.tests.factories import make_staff, make_user
from notifications.kinds import Choice, Outlet, Topic
from notifications.models import Broadcast, BroadcastState, Delivery
from notifications.segments import Segment
from notifications.services import set_settings
from notifications.services.broadcast_rounds import advance_all
from notifications.tests.audience import TEXT, make_broadcast
from numerai import hooks

pytestmark = pytest.mark.django_db
ADD = "/admin/notifications/broadcast/add/"
TYPED = {
    "do": "save",
    "revision": "0",
    "known": "",
    "name": "Calendar to print",
    "fallback": "en",
    "link": "/calendar",
    "by_email": "on",
    "in_inbox": "on",
    "new_language": "en",
    "title_new": TEXT["title"],
    "line_new": TEXT["line"],
    "body_new": TEXT["body"],
    "button_new": "Print it",
    "languages": "en, de",
    "plan": "free",
    "joined_from": "2026-01-01",
    "active_days": "",
    "time_zones": "Europe/Berlin UTC",
    "platforms": [],
    "only": "",
}
PLAN = {"do": "schedule", "revision": "1", "when": "now", "rate": "6000", "good_for_hours": "24"}


@pytest.fixture
def staff() -> User:
    return make_staff(password=None)


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def reader(**fields: Any) -> User:
    """Return a member who wants news by mail."""
    user = make_user(password=None, **fields)
    set_settings(user_id=user.pk, choices={(Topic.NEWS, Outlet.EMAIL): Choice.ON})
    return user


def page_of(broadcast: Broadcast) -> str:
    return f"/admin/notifications/broadcast/{broadcast.pk}/change/"


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def acts() -> list[str]:
    return list(AuditEvent.objects.order_by("at", "pk").values_list("act", flat=True))


def test_what_is_written_is_kept_as_a_draft(desk: Client, staff: User):
    answer = desk.post(ADD, TYPED)
    made = Broadcast.objects.get()
    assert (answer.status_code, answer.url) == (302, page_of(made))
    assert made.texts == {"en": {**TEXT, "button": "Print it"}}
    assert made.segment == {
        "languages": ["en", "de"], "plan": "free", "joined_from": "2026-01-01", "time_zones": ["Europe/Berlin", "UTC"],
    }  # fmt: skip
    assert (made.state, made.by_push, made.by_email, made.changed_by) == ("draft", False, True, staff.pk)
    line = AuditEvent.objects.get()
    assert (line.act, line.actor_id, line.subject_id) == ("broadcast_written", staff.pk, made.pk)


def test_a_second_language_is_added_and_a_first_one_emptied(desk: Client):
    desk.post(ADD, TYPED)
    broadcast = Broadcast.objects.get()
    form = desk.get(page_of(broadcast)).context["form"]
    kept = {name: form[name].value() or "" for name in form.fields if name != "platforms"}
    kept |= {"do": "save", "new_language": "pt-BR", "title_new": "Calendário", "line_new": "Um mês.", "body_new": "Oi."}
    assert desk.post(page_of(broadcast), kept).status_code == 302
    broadcast.refresh_from_db()
    assert (sorted(broadcast.texts), broadcast.revision) == (["en", "pt-BR"], 2)
    emptied = kept | {"revision": "2", "known": "en pt-BR", "title_pt-BR": "Calendário", "new_language": ""}
    emptied |= {name: "" for name in kept if name.endswith(("_new", "_en"))}
    desk.post(page_of(broadcast), emptied)
    broadcast.refresh_from_db()
    assert broadcast.texts == {"pt-BR": {"title": "Calendário"}}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title_new": "x" * 51}, "En title: Takes at most 50 letters; these are 51."),
        ({"link": "https://example.org"}, "Link: Takes a page of ours"),
        ({"joined_from": "yesterday"}, "Joined from: Enter a valid date."),
        ({"only": "me"}, "Only these accounts, by id: Takes ids"),
        ({"new_language": ""}, "Language: Takes a language tag"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(desk: Client, wrong: dict[str, str], words: str):
    answer = desk.post(ADD, TYPED | wrong)
    assert (answer.status_code, Broadcast.objects.count()) == (200, 0)
    assert [line for line in said(answer) if line.startswith(words)]
    assert "A month now fits on **one sheet**." in answer.content.decode()
    assert acts() == []


def test_somebody_elses_change_is_not_overwritten(desk: Client):
    broadcast = make_broadcast()
    Broadcast.objects.update(revision=2)
    answer = desk.post(page_of(broadcast), TYPED | {"revision": "1"})
    assert said(answer) == ["Somebody else has changed this broadcast. Look at theirs first."]


def test_it_is_shown_as_members_will_see_it(desk: Client):
    broadcast = make_broadcast(texts={"en": TEXT, "ar": TEXT | {"title": "تقويم"}})
    content = desk.get(page_of(broadcast)).content.decode()
    for shown in (TEXT["line"], "تقويم", f"{broadcast.pk}/mail/?language=ar&amp;shown=dark", "- Hang it by the door."):
        assert shown in content
    assert content.count("<iframe") == 4


def test_a_mail_is_shown_by_day_and_by_night_and_runs_nothing(desk: Client):
    broadcast = make_broadcast(texts={"en": TEXT, "ar": TEXT})
    path = f"/admin/notifications/broadcast/{broadcast.pk}/mail/"
    light, dark, arabic = (
        desk.get(path, {"language": language, "shown": shown})
        for language, shown in (("en", "light"), ("en", "dark"), ("ar", "light"))
    )
    assert "@media not all {" in light.content.decode()
    assert "@media all {" in dark.content.decode()
    assert 'lang="ar" dir="rtl"' in arabic.content.decode()
    policy = light.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "unsafe-eval" not in policy
    assert light.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert desk.get(path.replace(str(broadcast.pk), str(UUID(int=1)))).status_code == 404


def test_the_page_may_frame_its_mails_and_still_runs_what_the_desk_needs(desk: Client):
    policy = desk.get(page_of(make_broadcast())).headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "'unsafe-eval'" in policy


def test_a_count_is_shown_before_anything_is_sent(desk: Client):
    reader(), reader(language="de"), make_user(password=None)
    answer = desk.post(page_of(make_broadcast(segment=Segment(languages=("de",)))), {"do": "count"})
    assert answer.context["counted"] == {
        "members": 1, "told": 1, "by_push": 0, "by_email": 1, "in_inbox": 1, "unreachable": 0, "unwanted": 0,
    }  # fmt: skip
    assert not Delivery.objects.exists()


def test_a_test_goes_to_who_pressed_the_button(desk: Client, staff: User):
    reader()
    broadcast = make_broadcast()
    desk.post(page_of(broadcast), {"do": "test", "language": "en"})
    assert list(Delivery.objects.values_list("user_id", "kind")) == [(staff.pk, "broadcast_test")]
    assert acts() == ["broadcast_tested"]


def test_from_the_schedule_to_the_members_and_every_step_is_written_down(desk: Client, staff: User):
    member = reader()
    broadcast = make_broadcast(in_inbox=False)
    later = timezone.now() + timedelta(hours=2)
    desk.post(page_of(broadcast), PLAN | {"when": "at", "send_at": f"{later:%Y-%m-%dT%H:%M}", "rate": "50"})
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.rate, broadcast.scheduled_by) == (BroadcastState.RUNNING, 50, staff.pk)
    assert broadcast.send_at == later.replace(second=0, microsecond=0)
    assert broadcast.counted["told"] == 1
    for act in ("stop", "resume", "take_back"):
        desk.post(page_of(broadcast), {"do": act})
    desk.post(page_of(broadcast), PLAN)
    assert advance_all(now=timezone.now()) == 1
    answer = desk.get(page_of(broadcast))
    assert answer.context["figures"]["rows"][0]["waiting"] == 1
    assert [line["act"] for line in answer.context["history"]] == [
        "scheduled", "taken back", "resumed", "stopped", "scheduled",
    ]  # fmt: skip
    assert {line["by"] for line in answer.context["history"]} == {staff.email}
    assert Delivery.objects.get().user_id == member.pk


def test_an_hour_of_each_members_own_clock_is_taken(desk: Client):
    reader()
    broadcast = make_broadcast()
    day = f"{timezone.now() + timedelta(days=3):%Y-%m-%d}"
    desk.post(page_of(broadcast), PLAN | {"when": "local", "local_on": day, "local_time": "18:30"})
    broadcast.refresh_from_db()
    assert (f"{broadcast.local_on}", f"{broadcast.local_time}", broadcast.send_at) == (day, "18:30:00", None)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"when": "at"}, "Moment (UTC): Say when."),
        ({"when": "local", "local_on": "2026-12-01"}, "Hour: Say when."),
        ({"rate": "0"}, "Rate: Takes 1 to 600000 members a minute."),
        ({"revision": "7"}, "Somebody else has changed this broadcast. Look at theirs first."),
    ],
)
def test_a_plan_that_cannot_be_is_said(desk: Client, sent: dict[str, str], words: str):
    reader()
    broadcast = make_broadcast()
    answer = desk.post(page_of(broadcast), PLAN | sent)
    assert said(answer) == [words]
    broadcast.refresh_from_db()
    assert (broadcast.state, acts()) == ("draft", [])


def test_who_wrote_it_for_many_does_not_send_it_alone(desk: Client, staff: User, settings: Any):
    settings.BROADCAST_SECOND_PERSON_ABOVE = 0
    reader()
    broadcast = make_broadcast()
    Broadcast.objects.update(changed_by=staff.pk)
    assert said(desk.post(page_of(broadcast), PLAN))[0].startswith("So many members are written to by two people")
    other = Client()
    other.force_login(make_staff(password=None))
    assert other.post(page_of(broadcast), PLAN).status_code == 302


def test_of_an_erased_writer_and_reader_no_table_knows(desk: Client, staff: User):
    member = reader()
    made = make_broadcast(segment=Segment(only=(member.pk, staff.pk)), in_inbox=True)
    Broadcast.objects.update(changed_by=staff.pk)
    desk.post(page_of(made), PLAN)
    advance_all(now=timezone.now())
    Broadcast.objects.update(told_up_to=member.pk)
    for person in (member.pk, staff.pk):
        for data in sorted(hooks.list_personal_data(), key=lambda data: data.app == "authentication"):
            data.erase(person)
        found = remains.find(remains.Traces(user_id=person)).remains
        assert [place for place in found if "broadcast" in place or "inbox" in place] == []


def test_what_is_scheduled_is_shown_and_no_longer_changed(desk: Client):
    reader()
    broadcast = make_broadcast()
    desk.post(page_of(broadcast), PLAN)
    answer = desk.get(page_of(broadcast))
    assert all(field.disabled for field in answer.context["form"].fields.values())
    assert "Keep the draft" not in answer.content.decode()
    assert said(desk.post(page_of(broadcast), TYPED | {"revision": "1"}))[-1].startswith("Somebody else has changed")


def test_an_act_that_there_is_not_is_not_found(desk: Client):
    assert desk.post(page_of(make_broadcast()), {"do": "erase"}).status_code == 404
    missing = "/admin/notifications/broadcast/01890000-0000-7000-8000-000000000009/change/"
    assert desk.post(missing, {"do": "stop"}).status_code == 302
