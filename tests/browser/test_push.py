"""A push in a real browser: what our channel encrypted and a push service took is handed to our own service worker.

Offline, the browser cannot subscribe at its maker's push service, so a service of the test's own takes that one place.
What came there is decrypted with the subscription's key, as the browser would, and delivered by the debugging protocol.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Worker

from authentication.tests.factories import PASSWORD
from core.services.prepare import send_reading_now
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import make_member
from notifications.kinds import Channel
from notifications.models import Device, Platform
from notifications.queues import ORDINARY
from notifications.sender import send_due
from notifications.services import register_device
from notifications.tests.conftest import wait_for
from notifications.tests.push_services import Browser, PushService
from tests.browser.conftest import needs_chromium

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]

# Any page of ours: the worker serves them all.
PAGE = "/account/deletion"
MESSAGES = "navigator.serviceWorker.addEventListener('message', ({data}) => (window.told ??= []).push(data))"


@pytest.fixture(autouse=True)
def _texts() -> None:
    publish_short_edition()


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    """The push service that the browser's subscription names."""
    settings.WEBPUSH_ALLOW_LOOPBACK = True
    with PushService(lambda request: (201, {}, b"")) as service:
        yield service


@dataclass
class Visit:
    """An open page with our worker, and a way to deliver pushes to it."""

    page: Page
    origin: str
    registrations: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._protocol = self.page.context.new_cdp_session(self.page)
        self._protocol.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._protocol.send("ServiceWorker.enable")

    def _note(self, event: dict[str, Any]) -> None:
        self.registrations |= {each["scopeURL"]: each["registrationId"] for each in event["registrations"]}

    def register(self) -> None:
        """Register the worker, and wait until this page is under it."""
        self.page.evaluate("navigator.serviceWorker.register('/service-worker.js')")
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")
        self.page.evaluate(MESSAGES)

    def deliver(self, text: str) -> None:
        """Hand a decrypted push to the worker, as the browser does."""
        registration = self.registrations[f"{self.origin}/"]
        sent = {"origin": self.origin, "registrationId": registration, "data": text}
        self._protocol.send("ServiceWorker.deliverPushMessage", sent)

    def told(self, count: int) -> list[dict[str, Any]]:
        """Return what the worker told this page, once it is so many messages."""
        self.page.wait_for_function("count => (window.told ?? []).length >= count", arg=count)
        return self.page.evaluate("window.told")

    def notifications(self) -> list[dict[str, Any]]:
        return self.page.evaluate(
            """async () => (await (await navigator.serviceWorker.ready).getNotifications())
                .map(({title, body, tag, lang, renotify, data}) => ({title, body, tag, lang, renotify, data}))"""
        )

    @property
    def worker(self) -> Worker:
        return self.page.context.service_workers[0]

    def click(self) -> None:
        """Click the notification. The browser gives a made-up click no right to the front or to new windows."""
        self.worker.evaluate(
            """async () => {
                const [notification] = await self.registration.getNotifications();
                self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
            }"""
        )


@pytest.fixture
def visit(page: Page, live_server: Any) -> Visit:
    visit = Visit(page, live_server.url)
    page.goto(PAGE)
    visit.register()
    return visit


def pushed_reading(service: PushService) -> str:
    """Return what a member's browser decrypts of today's reading, by the whole way from the outbox on."""
    user, browser = make_member(), Browser(service.url)
    register_device(
        user_id=user.pk,
        channel=Channel.WEBPUSH,
        identity=browser.subscription.endpoint,
        address=browser.subscription.to_text(),
        platform=Platform.WEB,
    )
    send_reading_now(user_id=user.pk, now=timezone.now())
    assert send_due(queue=ORDINARY).sent == 1
    (request,) = service.requests
    return json.dumps(browser.read(request.body))


def push_of(**more: Any) -> str:
    return json.dumps({"title": "A title", "body": "A body.", "tag": "a-tag", "lang": "en", **more})


def test_a_reading_shows_with_its_tag_and_a_repeat_takes_its_place(visit: Visit, service: PushService):
    push = pushed_reading(service)
    visit.deliver(push)
    said = json.loads(push)
    assert visit.told(1) == [{"type": "push-shown", "kind": "daily_reading", "on": said["on"], "tag": "daily_reading"}]
    expected = {name: said[name] for name in ("title", "body", "tag", "lang")}
    assert visit.notifications() == [{**expected, "renotify": False, "data": {"url": None}}]
    visit.deliver(json.dumps(said | {"body": "Tomorrow's."}))
    visit.told(2)
    assert [shown["body"] for shown in visit.notifications()] == ["Tomorrow's."]


def test_another_message_stands_beside_it(visit: Visit):
    visit.deliver(push_of())
    visit.deliver(push_of(tag="another"))
    visit.told(2)
    assert sorted(shown["tag"] for shown in visit.notifications()) == ["a-tag", "another"]


@pytest.mark.parametrize("push", ["", "no JSON", "null", "[]", push_of(title=""), push_of(tag=1)])
def test_what_cannot_be_read_is_told_in_plain_words(visit: Visit, push: str):
    visit.deliver(push)
    visit.told(1)
    (shown,) = visit.notifications()
    assert (shown["title"], shown["body"]) == ("NumerAI", "There is something new for you.")


def test_a_click_opens_the_page_that_the_push_names(visit: Visit):
    visit.deliver(push_of(url=f"{visit.origin}/service-worker.js"))
    visit.told(1)
    visit.click()
    visit.page.wait_for_url("**/service-worker.js")


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "data:text/html,x", "http://[", 7]
)
def test_no_push_leads_elsewhere(visit: Visit, url: Any):
    visit.deliver(push_of(url=url))
    visit.told(1)
    assert visit.notifications()[0]["data"] == {"url": None}
    visit.click()
    visit.page.wait_for_function(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications()).length === 0"
    )
    assert visit.page.url == visit.origin + PAGE


def test_a_click_without_an_open_page_opens_one(visit: Visit, context: BrowserContext):
    visit.deliver(push_of(url="/account/deletion#what-goes"))
    visit.told(1)
    worker = visit.worker
    visit.page.goto("about:blank")
    opened = worker.evaluate(
        """async () => {
            const opened = new Promise((resolve) => { self.clients.openWindow = async (url) => resolve(url); });
            const [notification] = await self.registration.getNotifications();
            self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
            return opened;
        }"""
    )
    assert opened == f"{visit.origin}/account/deletion#what-goes"


def test_open_pages_are_told_of_a_new_subscription(visit: Visit):
    visit.worker.evaluate(
        """() => {
            const event = new ExtendableEvent("pushsubscriptionchange");
            event.newSubscription = { toJSON: () => ({ endpoint: "https://push.example/new" }) };
            self.dispatchEvent(event);
        }"""
    )
    expected = {"type": "subscription-changed", "subscription": {"endpoint": "https://push.example/new"}}
    assert visit.told(1) == [expected]


def test_the_page_for_trying_leads_from_the_sign_in_to_the_notification(
    page: Page, service: PushService, settings: Any, live_server: Any
):
    settings.DEBUG, settings.ROOT_URLCONF = True, "tests.addresses"
    user, browser = make_member(), Browser(service.url)
    visit = Visit(page, live_server.url)
    keys = {"p256dh": browser.subscription.p256dh, "auth": browser.subscription.auth}
    subscription = json.dumps({"endpoint": browser.subscription.endpoint, "expirationTime": None, "keys": keys})
    page.add_init_script(f"PushManager.prototype.subscribe = async () => ({{ toJSON: () => ({subscription}) }})")
    page.goto("/dev/push")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Allow notifications").click()
    page.get_by_text("This browser is one of the member’s devices now.").wait_for()
    assert Device.objects.get().user_id == user.pk
    page.get_by_role("button", name="Send it now").click()
    wait_for(lambda: send_due(queue=ORDINARY).sent)
    page.get_by_text("The push service took it").wait_for()
    visit.deliver(json.dumps(browser.read(service.requests[-1].body)))
    page.get_by_text("It has arrived.").wait_for()
    (shown,) = visit.notifications()
    assert shown["tag"] == "daily_reading"


def test_the_page_for_trying_says_what_to_do_where_the_browser_is_offline(page: Page, settings: Any):
    settings.DEBUG, settings.ROOT_URLCONF = True, "tests.addresses"
    user = make_member()
    page.goto("/dev/push")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Allow notifications").click()
    page.get_by_text("This browser did not reach its push service").wait_for()
    assert not Device.objects.exists()
