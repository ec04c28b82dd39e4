// What a person does: the way back, traffic by hand, the plan. Each is a POST to the API, and shows its curl.

import { fill } from "./words.js";

const DIGITS = { maximumFractionDigits: 2 };

export class Actions {
  constructor(settings) {
    this.settings = settings;
    this.may = new Set(settings.may);
    this.message = null;
    this.seen = {};
    this.token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    this.rollback = document.getElementById("rollback");
    this.byHand = document.getElementById("switch");
    this.dialog = document.getElementById("ask");
    this.rollback.addEventListener("submit", (event) => this.rollBack(event));
    this.byHand.addEventListener("submit", (event) => this.move(event));
    this.byHand.addEventListener("input", () => this.preview());
    this.rollback.addEventListener("input", () => this.curl(this.rollback, "emergency_rollback", this.back()));
    this.dialog.addEventListener("input", () => this.curl(this.dialog, this.deed.api, this.asked()));
    this.dialog.querySelector("form").addEventListener("submit", (event) => this.act(event));
    document.getElementById("ask-back").addEventListener("click", () => this.dialog.close());
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-api]");
      if (!button) return;
      event.preventDefault();  // with a script the dialog asks why, not the form that works without one
      if (!button.disabled) this.ask(button);
    });
    document.getElementById("emergency").addEventListener("toggle", (event) => {
      if (event.target.open) document.getElementById("why").focus();
    });
    if (!this.may.has(this.byHand.dataset.needs)) this.refuse(this.byHand, this.byHand.dataset.needs);
  }

  // A snapshot has been drawn.
  update(message) {
    this.message = message;
    for (const button of document.querySelectorAll("button[data-needs]")) {
      if (this.may.has(button.dataset.needs)) continue;
      button.disabled = true;
      const why = document.getElementById(`why-${button.id.replace("deed-", "")}`);
      if (why && !why.textContent) why.textContent = fill(this.settings.words.lacks, { needs: button.dataset.needs });
    }
    document.getElementById("switch-plan").hidden = message.plan === null;
    this.preview();
  }

  refuse(form, needs) {
    for (const field of form.elements) field.disabled = true;
    form.querySelector(".answer").textContent = fill(this.settings.words.lacks, { needs });
  }

  async post(api, body, answer) {
    const { words } = this.settings;
    answer.textContent = words.sending;
    delete answer.dataset.bad;
    try {
      const response = await fetch(this.settings.api + api, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.token, "Idempotency-Key": key() },
        body: JSON.stringify(body),
      });
      const told = await response.json();
      if (!response.ok) {
        answer.dataset.bad = "";
        const blocked = told.blocked_by?.length ? ` (${told.blocked_by.join(", ")})` : "";
        answer.textContent = fill(words.failed, { why: told.message + blocked });
        return false;
      }
      answer.textContent = told.message ? `${words.done} ${told.message}` : words.done;
      return true;
    } catch {
      answer.dataset.bad = "";
      answer.textContent = words.unreachable;
      return false;
    }
  }

  curl(within, api, body) {
    const text = this.settings.curl.replace("{path}", api).replace("{body}", JSON.stringify(body).replaceAll("'", "'\\''"));
    within.querySelector(".curl code").textContent = text;
  }

  back() {
    return { reason: this.rollback.elements.reason.value || "…" };
  }

  async rollBack(event) {
    event.preventDefault();
    const reason = this.rollback.elements.reason;
    if (await this.post("emergency_rollback", { reason: reason.value }, this.rollback.querySelector(".answer"))) {
      reason.value = "";
    }
  }

  // What the form of the traffic says; a share of one kind carries the epoch that was looked at.
  wanted() {
    const { kind, percentage, mirror_percentage: mirror, reason, emergency } = this.byHand.elements;
    const body = {};
    if (percentage.value !== "") body.percentage = Number(percentage.value);
    if (mirror.value !== "") body.mirror_percentage = Number(mirror.value);
    if (kind.value) {
      this.seen[kind.value] ??= this.message?.routes[kind.value]?.[1];
      Object.assign(body, { kind: kind.value, expected_version: this.seen[kind.value] });
    }
    if (emergency.checked) body.emergency = true;
    return { ...body, reason: reason.value };
  }

  preview() {
    if (!this.message) return;
    const body = this.wanted();
    this.curl(this.byHand, "switch_traffic", { ...body, reason: body.reason || "…" });
    const lines = body.percentage === undefined ? [] : this.moves(body);
    document.getElementById("moves").replaceChildren(
      ...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
    );
  }

  moves({ kind: chosen, percentage }) {
    const { words } = this.settings;
    const total = this.message.devices;
    const number = new Intl.NumberFormat(this.settings.language, DIGITS);
    return Object.entries(this.message.routes)
      .filter(([kind]) => !chosen || kind === chosen)
      .map(([kind, [share]]) => {
        const moved = Math.round((total * Math.abs(percentage - share)) / 100);
        const told = { kind, from: `${number.format(share)} %`, to: `${number.format(percentage)} %` };
        if (percentage === share) return fill(words.moves_nothing, told);
        if (total === null) return fill(words.moves_unknown, told);
        return fill(words.moves, { ...told, moved: number.format(moved), total: number.format(total) });
      });
  }

  async move(event) {
    event.preventDefault();
    if (await this.post("switch_traffic", this.wanted(), this.byHand.querySelector(".answer"))) {
      this.byHand.reset();
    }
    this.seen = {};
    this.preview();
  }

  ask(button) {
    this.deed = { api: button.dataset.api, version: button.dataset.version };
    document.getElementById("ask-title").textContent = button.textContent;
    document.getElementById("ask-do").textContent = button.textContent;
    document.getElementById("ask-effect").textContent = button.dataset.effect;
    this.dialog.querySelector(".answer").textContent = "";
    this.dialog.querySelector("form").reset();
    this.curl(this.dialog, this.deed.api, this.asked());
    this.dialog.showModal();
    document.getElementById("ask-reason").focus();
  }

  asked() {
    const reason = document.getElementById("ask-reason").value || "…";
    return this.deed.version ? { reason, version: Number(this.deed.version) } : { reason };
  }

  async act(event) {
    event.preventDefault();
    if (await this.post(this.deed.api, this.asked(), this.dialog.querySelector(".answer"))) this.dialog.close();
  }
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
