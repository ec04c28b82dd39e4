// The history: one time axis, one cursor, thresholds and changes of traffic drawn in, a table of each.

import uPlot from "./uplot/uPlot.esm.js";
import { fill } from "./words.js";

const plain = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))));
const UNITS = {
  count: (value) => plain(value),
  rate: (value) => `${plain(value)}/s`,
  share: (value) => `${Number((100 * value).toFixed(2))} %`,
  seconds: (value) => (value > 0 && value < 1 ? `${plain(1000 * value)} ms` : `${plain(value)} s`),
};
// `series`: names, or all that begin so; `limits`: the metric whose thresholds are drawn.
const CHARTS = {
  uploads: { series: ["uploads:legacy", "uploads:stream"], unit: "rate" },
  latency: { series: ["p50:legacy", "p99:legacy", "p50:stream", "p99:stream"], unit: "seconds", limits: "accept" },
  errors: { series: ["errors:legacy", "errors:stream"], unit: "share", limits: "errors" },
  backlog: { series: ["backlog:"], unit: "count", limits: "backlog" },
  age: { series: ["age:"], unit: "seconds", limits: "age" },
  consumers: { series: ["consumers"], unit: "count" },
  machine: { series: ["cpu", "memory", "redis"], unit: "share", limits: "cpu" },
  consistency: { series: ["consistency:"], unit: "share", limits: "consistency", ceiling: 1 },
};
// Not by colour alone: series that share a hue differ in their dashes.
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const REFRESH_MS = { 15: 300000, 60: 15000, 360: 30000, 1440: 60000 };
const HEIGHT = 190;
const ROWS = 120;
const NEAR_PX = 6;

export class Charts {
  constructor({ api, words, timezone }) {
    this.api = api;
    this.words = words;
    this.zone = timezone;
    this.minutes = 15;
    this.history = null;
    this.plots = {};
    this.thresholds = {};
    this.epochs = "";
    this.asking = 0;
    this.figures = [...document.querySelectorAll("figure[data-chart]")];
    this.clock = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });
    this.clockwork = new Intl.DateTimeFormat("en-GB", { timeZone: timezone, timeStyle: "medium" });
    for (const button of document.querySelectorAll("[data-minutes]")) {
      button.addEventListener("click", () => this.range(Number(button.dataset.minutes)));
    }
    for (const figure of this.figures) {
      figure.querySelector("details").addEventListener("toggle", () => this.table(figure));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.build());
    new ResizeObserver(() => this.resize()).observe(document.querySelector(".charts"));
  }

  range(minutes) {
    this.minutes = minutes;
    for (const button of document.querySelectorAll("[data-minutes]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.minutes) === minutes));
    }
    this.load();
  }

  // A snapshot: its newest seconds go on the end, a change of traffic asks for the history again.
  update(message) {
    this.thresholds = message.thresholds;
    const epochs = JSON.stringify(Object.values(message.routes).map(([, epoch]) => epoch));
    if (this.history === null || epochs !== this.epochs) {
      this.epochs = epochs;
      if (!this.asking) this.load();
      return;
    }
    if (this.history.step_s === 1) this.append(message.recent);
    if (Date.now() - this.loadedAt > REFRESH_MS[this.minutes] && !this.asking) this.load();
  }

  async load() {
    const mine = ++this.asking;
    const note = document.getElementById("history");
    if (this.history === null) note.textContent = this.words.loading;
    try {
      const response = await fetch(`${this.api}metrics?minutes=${this.minutes}`);
      const told = await response.json();
      if (mine !== this.asking) return;
      if (!told.history) throw new Error(told.unknown?.history ?? told.message);
      this.history = gaps(told.history);
      note.textContent = this.history.seconds.length ? "" : this.words.no_history;
      this.build();
    } catch (error) {
      if (mine === this.asking) note.textContent = fill(this.words.history_failed, { why: error.message });
    } finally {
      this.loadedAt = Date.now();
      if (mine === this.asking) this.asking = 0;
    }
  }

  append(recent) {
    const { seconds, values } = this.history;
    const fresh = recent.filter(([at]) => !seconds.length || at > seconds.at(-1));
    if (!fresh.length) return;
    const known = Object.keys(values).length;
    for (const [at, told] of fresh) {
      for (const name of Object.keys(told)) values[name] ??= seconds.map(() => null);
      seconds.push(at);
      for (const name of Object.keys(values)) values[name].push(told[name] ?? null);
    }
    const old = seconds.findIndex((at) => at >= seconds.at(-1) - 60 * this.minutes);
    for (const column of [seconds, ...Object.values(values)]) column.splice(0, old);
    document.getElementById("history").textContent = "";
    if (Object.keys(values).length !== known) this.build();
    else for (const figure of this.figures) this.plots[figure.dataset.chart]?.setData(this.data(figure.dataset.chart));
    for (const figure of this.figures) this.table(figure);
  }

  names(chart) {
    const all = Object.keys(this.history.values);
    return CHARTS[chart].series.flatMap((name) => all.filter((each) => each === name || (name.endsWith(":") && each.startsWith(name))));
  }

  data(chart) {
    return [this.history.seconds, ...this.names(chart).map((name) => this.history.values[name])];
  }

  label(name) {
    return this.words[name] ?? name.split(":").at(-1);
  }

  build() {
    if (this.history === null) return;
    for (const figure of this.figures) {
      const chart = figure.dataset.chart;
      this.plots[chart]?.destroy();
      this.limits(figure);
      this.plots[chart] = new uPlot(this.options(figure), this.data(chart), figure.querySelector(".plot"));
      this.table(figure);
    }
    this.changes();
  }

  options(figure) {
    const chart = figure.dataset.chart;
    const style = getComputedStyle(document.documentElement);
    const [quiet, line] = [style.getPropertyValue("--quiet"), style.getPropertyValue("--line")];
    const format = UNITS[CHARTS[chart].unit];
    const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui" };
    return {
      width: figure.querySelector(".plot").clientWidth,
      height: HEIGHT,
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), this.zone),
      cursor: { sync: { key: "time" }, drag: { x: false, y: false } },
      legend: { live: true },
      scales: { x: { range: () => this.shown() }, y: { range: (plot, low, high) => this.span(chart, low, high) } },
      axes: [
        { ...axis, space: 60, values: (plot, splits) => splits.map((at) => this.clock.format(at * 1000)) },
        { ...axis, size: 64, values: (plot, splits) => splits.map(format) },
      ],
      series: [
        { label: this.words.time, value: (plot, at) => (at === null ? "–" : this.clockwork.format(at * 1000)) },
        ...this.names(chart).map((name, index) => ({
          label: this.label(name),
          stroke: style.getPropertyValue(`--series-${(index % 4) + 1}`),
          width: 1.6,
          dash: DASHES[index % 4],
          points: { show: false },
          value: (plot, value) => (value === null || value === undefined ? "–" : format(value)),
        })),
      ],
      hooks: { draw: [(plot) => this.draw(plot, chart, style)], setCursor: [(plot) => this.hint(plot, figure)] },
    };
  }

  // All of the time that was asked for, also where nothing is kept.
  shown() {
    const until = this.history.seconds.at(-1) ?? this.history.until;
    return [until - 60 * this.minutes, until];
  }

  // From 0, so that small is seen to be small; as high as the threshold when the figures come near it.
  span(chart, low, high) {
    const { limits, ceiling } = CHARTS[chart];
    const [hold, act] = this.thresholds[limits] ?? [];
    if (ceiling) {
      const bottom = Math.min(low ?? ceiling, act ?? ceiling);
      const margin = 0.06 * (ceiling - bottom) || 0.01;
      return [bottom - margin, ceiling + margin];
    }
    const top = (high ?? 0) * 1.15;
    if (hold !== undefined && top > hold / 3) return [0, Math.max(top, act * 1.1)];
    return [0, top || 1];
  }

  draw(plot, chart, style) {
    const { ctx, bbox } = plot;
    const limits = this.thresholds[CHARTS[chart].limits] ?? [];
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineWidth = devicePixelRatio;
    ctx.textBaseline = "alphabetic";
    limits.forEach((value, index) => {
      const y = plot.valToPos(value, "y", true);
      ctx.strokeStyle = ctx.fillStyle = style.getPropertyValue(index ? "--bad" : "--hold");
      ctx.setLineDash([8, 4]);
      stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
      ctx.font = `${11 * devicePixelRatio}px system-ui`;
      // Apart, for the lines may lie close together.
      ctx.textAlign = index ? "right" : "left";
      ctx.fillText(index ? this.words.act : this.words.hold, index ? bbox.left + bbox.width - 4 : bbox.left + 4, y - 4);
    });
    ctx.setLineDash([3, 3]);
    ctx.strokeStyle = style.getPropertyValue("--ink");
    for (const change of this.history.changes) {
      const x = plot.valToPos(Date.parse(change.at) / 1000, "x", true);
      stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
    }
    ctx.restore();
  }

  hint(plot, figure) {
    const near = this.history.changes.filter(
      (change) => Math.abs(plot.valToPos(Date.parse(change.at) / 1000, "x") - plot.cursor.left) <= NEAR_PX,
    );
    figure.querySelector("[data-change]").textContent = near.map((change) => this.told(change)).join(" · ");
  }

  told(change) {
    return fill(this.words.change, { ...change, time: this.clockwork.format(Date.parse(change.at)) });
  }

  changes() {
    const lines = [...this.history.changes].reverse().slice(0, 20).map((change) => this.told(change));
    document.getElementById("changes").replaceChildren(...lines.map((line) => cell("li", line)));
  }

  limits(figure) {
    const { limits, unit } = CHARTS[figure.dataset.chart];
    const [hold, act] = this.thresholds[limits] ?? [];
    const text = hold === undefined ? "" : `${this.words.hold} ${UNITS[unit](hold)} · ${this.words.act} ${UNITS[unit](act)}`;
    figure.querySelector("[data-limits]").textContent = text;
  }

  // The newest first; a long history a row every so often.
  table(figure) {
    if (!figure.querySelector("details").open || this.history === null) return;
    const chart = figure.dataset.chart;
    const format = UNITS[CHARTS[chart].unit];
    const names = this.names(chart);
    const { seconds, values } = this.history;
    const every = Math.max(1, Math.ceil(seconds.length / ROWS));
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    head.append(...[this.words.time, ...names.map((name) => this.label(name))].map((text) => Object.assign(cell("th", text), { scope: "col" })));
    const body = table.createTBody();
    for (let index = seconds.length - 1; index >= 0; index -= every) {
      const row = body.insertRow();
      row.append(Object.assign(cell("th", this.clockwork.format(seconds[index] * 1000)), { scope: "row" }));
      row.append(...names.map((name) => cell("td", values[name][index] === null ? "–" : format(values[name][index]))));
    }
    figure.querySelector("details > div").replaceChildren(table);
  }

  resize() {
    for (const figure of this.figures) {
      const width = figure.querySelector(".plot").clientWidth;
      const plot = this.plots[figure.dataset.chart];
      if (plot && width && width !== plot.width) plot.setSize({ width, height: HEIGHT });
    }
  }
}

// A stretch of which nothing is kept is a gap, not a straight line.
function gaps(history) {
  const names = Object.keys(history.values);
  const found = { ...history, seconds: [], values: Object.fromEntries(names.map((name) => [name, []])) };
  history.seconds.forEach((at, index) => {
    const last = found.seconds.at(-1);
    if (last !== undefined && at - last > 1.5 * history.step_s) {
      found.seconds.push(last + history.step_s);
      names.forEach((name) => found.values[name].push(null));
    }
    found.seconds.push(at);
    names.forEach((name) => found.values[name].push(history.values[name][index]));
  });
  return found;
}

function stroke(ctx, x, y, toX, toY) {
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}

function cell(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}
