// What runs in a member's browser while no page of ours is open: it shows what is pushed (notifications/channels/
// webpush.py says what a push holds) and opens the page that it is about.
"use strict";

const FRONT_DOOR = "/";
const UNREADABLE = { title: "NumerAI", body: "There is something new for you.", tag: "unreadable" };
// A click must not take a page away on which staff may be writing.
const KEPT = /^\/admin\//;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? null));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAnew(event)));

// Browsers take the right to push from those who show nothing: what cannot be read is told in our own words.
function read(data) {
  try {
    const said = data.json();
    const isWhole = [said.title, said.body, said.tag].every((part) => typeof part === "string" && part);
    return isWhole ? said : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

// The tag is the same for each attempt, and for today's reading as for yesterday's: the newest takes the place of what
// is on the screen, without a second sound.
async function show({ title, body, tag, lang, kind, on, url }) {
  await self.registration.showNotification(title, {
    body,
    tag,
    lang: typeof lang === "string" ? lang : "",
    renotify: false,
    data: { url: ours(url) },
  });
  await tellPages({ type: "push-shown", kind, on, tag });
}

// Return the address if it is one of our own, else null.
function ours(url) {
  if (typeof url !== "string" || !URL.canParse(url, self.location.origin)) return null;
  const { origin, href } = new URL(url, self.location.origin);
  return origin === self.location.origin ? href : null;
}

// A page of ours that is open is used before another one is opened. Without an address it only comes to the front.
async function open(url) {
  const windows = (await pages()).filter((page) => !KEPT.test(new URL(page.url).pathname));
  const page = windows.find((each) => each.url === url) ?? windows[0];
  if (!page) return void (await self.clients.openWindow(url ?? FRONT_DOOR));
  try {
    const there = url && page.url !== url ? await page.navigate(url) : page;
    await (there ?? page).focus();
  } catch {
    // The page is not under this worker yet, or the browser lets nobody come to the front.
    if (url && page.url !== url) await self.clients.openWindow(url).catch(() => {});
  }
}

// The browser's push service gave the browser a new address. Only pages know who is signed in: the open ones send it to
// POST /api/v1/notifications/devices at once, the others when they start.
async function subscribeAnew({ oldSubscription, newSubscription }) {
  const options = oldSubscription?.options ?? { userVisibleOnly: true, applicationServerKey: await ourKey() };
  const subscription = newSubscription ?? (await self.registration.pushManager.subscribe(options));
  await tellPages({ type: "subscription-changed", subscription: subscription.toJSON() });
}

async function ourKey() {
  const answer = await fetch("/api/v1/notifications/vapid-public-key");
  return (await answer.json()).data.public_key;
}

async function tellPages(message) {
  for (const page of await pages()) page.postMessage(message);
}

function pages() {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true });
}
