// Keeps the page as the newest snapshot says, and says how old that is.

import { Actions } from "./actions.js";
import { Charts } from "./charts.js";
import { Live } from "./live.js";
import { morph } from "./morph.js";
import { fill } from "./words.js";

const STALE_S = 5;

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const settings = read("settings");
const root = document.documentElement;
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: settings.timezone, timeStyle: "medium" });
const actions = new Actions(settings);
const charts = new Charts(settings);
let held = read("told");
let heldAt = performance.now();
let connection = "connecting";

function show(message) {
  if (message.seq < held.seq && held.seq - message.seq < 60000) return;
  const changed = message.state !== held.state;
  held = message;
  heldAt = performance.now();
  for (const [name, html] of Object.entries(message.sections)) {
    morph(document.querySelector(`[data-section="${name}"]`), html);
  }
  document.getElementById("measured").textContent = clock.format(message.measured_at * 1000);
  if (changed) document.getElementById("announce").textContent = message.state;
  actions.update(message);
  charts.update(message);
  scrollable();
  age();
}

function age() {
  const seconds = held.age_s + (performance.now() - heldAt) / 1000;
  const stale = seconds > STALE_S;
  const note = document.getElementById("stale");
  if (stale !== "stale" in root.dataset) {
    if (stale) root.dataset.stale = "";
    else delete root.dataset.stale;
    note.hidden = !stale;
    mark();
    if (stale) document.getElementById("announce").textContent = said("stale", seconds);
  }
  if (stale) note.textContent = said(connection === "lost" ? "lost" : "stale", seconds);
}

const said = (name, seconds) => fill(settings.words[name], { age: Math.round(seconds) });

function connected(state) {
  connection = state;
  mark();
}

// A connection that brings nothing new is not live.
function mark() {
  const shown = connection === "live" && "stale" in root.dataset ? "connecting" : connection;
  const pill = document.getElementById("connection");
  pill.dataset.connection = shown;
  pill.querySelector("[data-word]").textContent = settings.words[shown === "lost" ? "connecting" : shown];
}

// What can be scrolled sideways can be reached by keyboard.
function scrollable() {
  for (const part of document.querySelectorAll(".scroll[data-section]")) {
    const wide = part.scrollWidth > part.clientWidth;
    if (wide === part.hasAttribute("tabindex")) continue;
    if (!wide) ["tabindex", "role", "aria-label"].forEach((name) => part.removeAttribute(name));
    else {
      part.tabIndex = 0;
      part.setAttribute("role", "region");
      part.setAttribute("aria-label", part.closest("section, details")?.querySelector("h2, summary")?.textContent ?? "");
    }
  }
}

root.classList.replace("plain", "live");
actions.update(held);
charts.update(held);
addEventListener("resize", scrollable);
scrollable();
setInterval(age, 1000);
new Live({ socket: settings.socket, poll: `${settings.api}status?live=true`, onMessage: show, onState: connected }).start();
