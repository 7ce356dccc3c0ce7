// The page of panels: asks its server for the numbers every few seconds, and draws them.

const PAGE = JSON.parse(document.getElementById("panels").textContent);
const COLOURS = ["e3", "e4", "e5", "e2", "e1", "e0", "e7"];
const TONES = { good: ["primary", "primary-ink"], bad: ["lost", "surface"], plain: ["replica", "replica-ink"] };
const LINES_PX = 190, ROW_PX = 24, AXIS_PX = 34, MOST_NAME_PX = 190;

function formatSeconds(s) {
  if (s < 120) return +s.toPrecision(3) + " s";
  if (s < 7200) return Math.round(s / 60) + " min";
  return s < 172800 ? (s / 3600).toFixed(1) + " h" : (s / 86400).toFixed(1) + " d";
}

function formatBytes(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes, unit = 0;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) { size /= 1024; unit += 1; }
  return +size.toPrecision(3) + " " + units[unit];
}

function clock(s, precise) {
  const digits = { hour: "2-digit", minute: "2-digit", ...(precise ? { second: "2-digit" } : {}) };
  return new Date(s * 1000).toLocaleTimeString("en-GB", digits);
}

const FORMATS = {
  count: (v) => (Math.abs(v) < 10 ? +v.toFixed(2) + "" : formatShort(v)),
  bytes: formatBytes,
  ratio: (v) => +(100 * v).toPrecision(3) + " %",
  seconds: formatSeconds,
  times: (v) => +v.toPrecision(3) + " ×",
};

class PanelView {
  constructor(panel) {
    this.panel = panel;
    this.format = FORMATS[panel.unit];
    this.series = [];
    this.drawn = "";
    this.chart = null;
    this.root = element("section", "card");
    this.root.dataset.panel = panel.name;
    this.holder = element("div", "holder");
    this.root.append(element("h3", "", panel.title), element("p", "shows", panel.shows), this.holder);
    if (panel.shape !== "number") new ResizeObserver(() => this.fit()).observe(this.holder);
  }

  show(data) {
    this.series = data.panels[this.panel.name];
    this.failovers = data.failovers;
    if (!this.series.length) return this.empty();
    if (this.panel.shape === "number") return this.number();
    const lanes = this.panel.shape === "states";
    const rows = lanes ? [data.times, data.times.map(() => 0)] : [data.times, ...this.series.map((one) => one.values)];
    const key = JSON.stringify(this.series.map((one) => one.name));
    if (key !== this.drawn) {
      this.clear();
      this.drawn = key;
      this.chart = new uPlot(lanes ? this.lanes() : this.lines(), rows, this.holder);
      this.root.querySelector("canvas").setAttribute("role", "img");
      this.root.querySelector("canvas").setAttribute("aria-label", this.panel.title);
    } else {
      this.chart.setData(rows);
    }
  }

  clear() {
    if (this.chart) this.chart.destroy();
    this.chart = null;
    this.drawn = "";
    this.holder.replaceChildren();
  }

  empty() {
    this.clear();
    this.holder.append(element("p", "empty", this.panel.name === "alerts" ? "No alert fires." : "Nothing in this span."));
  }

  number() {
    this.clear();
    const list = element("dl");
    for (const one of this.series) {
      list.append(element("dt", "", one.name), element("dd", "", one.values[0] == null ? "–" : this.format(one.values[0])));
    }
    this.holder.append(list);
  }

  fit() {
    const width = Math.floor(this.holder.clientWidth);
    if (this.chart && width && width !== this.chart.width) this.chart.setSize({ width, height: this.chart.height });
  }

  axes(y) {
    const look = { stroke: colour("muted"), font: AXIS_FONT, ticks: { stroke: colour("grid"), width: 1 }, grid: { stroke: colour("grid"), width: 1 } };
    return [{ ...look, size: AXIS_PX, values: (_, splits) => splits.map((s) => clock(s, splits[1] - splits[0] < 60)) }, { ...look, ...y }];
  }

  options(height, more) {
    return {
      width: Math.max(200, Math.floor(this.holder.clientWidth)), height, cursor: { sync: { key: "live" }, y: false, drag: { setScale: false } },
      hooks: { draw: [(chart) => this.over(chart)] }, ...more,
    };
  }

  lines() {
    // Under the pointer, or now
    const value = (chart, v, index, at) => { v = at == null ? chart.data[index].at(-1) : v; return v == null ? "–" : this.format(v); };
    const limit = this.panel.limit;
    const range = (_, min, max) => [Math.min(0, min ?? 0), Math.max((max ?? 0) * 1.1, (limit ?? 0) * 1.1, this.panel.unit === "ratio" ? 0.1 : 1)];
    return this.options(LINES_PX, {
      scales: { y: { range } },
      axes: this.axes({ size: 66, values: (_, splits) => splits.map((v) => this.format(v)) }),
      series: [{ label: "At", value: (_, v) => (v == null ? "now" : clock(v, true)) }, ...this.series.map((one, index) => ({
        label: one.name, value, width: 1.6, points: { show: false }, stroke: colour(COLOURS[index % COLOURS.length]),
        dash: index < COLOURS.length ? undefined : [6, 4],
      }))],
    });
  }

  lanes() {
    const count = this.series.length, names = this.series.map((one) => one.name);
    const longest = Math.max(...names.map((name) => name.length));
    const size = Math.min(MOST_NAME_PX, this.holder.clientWidth / 2.2, 16 + 6.6 * longest);
    const most = Math.max(4, Math.floor((size - 16) / 6.6));
    const short = (name) => (name.length > most ? name.slice(0, most - 1) + "…" : name);
    return this.options(count * ROW_PX + AXIS_PX + 10, {
      legend: { show: false }, scales: { y: { range: [0, count] } },
      axes: this.axes({ size, grid: { show: false }, ticks: { show: false }, splits: () => names.map((_, row) => count - row - 0.5), values: () => names.map(short) }),
      series: [{}, { show: true, stroke: "transparent", points: { show: false } }],
    });
  }

  // Lanes of states, the limit, and the failovers, over what uPlot has drawn.
  over(chart) {
    const ctx = chart.ctx, box = chart.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, box.top, box.width, box.height);
    ctx.clip();
    if (this.panel.shape === "states") this.series.forEach((one, row) => this.lane(chart, one, row));
    if (this.panel.limit != null) this.line(ctx, box.left, chart.valToPos(this.panel.limit, "y", true), box.left + box.width, colour("violated"));
    for (const span of this.failovers) {
      const left = chart.valToPos(span.begin, "x", true);
      ctx.fillStyle = colour("band");
      ctx.fillRect(left, box.top, chart.valToPos(span.end, "x", true) - left, box.height);
      ctx.fillStyle = colour("band-edge");
      ctx.fillRect(left, box.top, 1.5 * ratio(), box.height);
    }
    ctx.restore();
  }

  line(ctx, left, y, right, stroke) {
    ctx.strokeStyle = stroke;
    ctx.lineWidth = ratio();
    ctx.setLineDash([5 * ratio(), 4 * ratio()]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  lane(chart, one, row) {
    const times = chart.data[0], ctx = chart.ctx, count = this.series.length;
    const step = times.length > 1 ? times[1] - times[0] : 1;
    const top = chart.valToPos(count - row, "y", true) + 2 * ratio(), bottom = chart.valToPos(count - row - 1, "y", true) - 2 * ratio();
    for (let from = 0; from < times.length; from += 1) {
      const state = one.values[from] == null ? null : this.panel.states[one.values[from]];
      if (!state) continue;
      let to = from;
      while (to + 1 < times.length && one.values[to + 1] === one.values[from]) to += 1;
      const left = chart.valToPos(times[from], "x", true), right = chart.valToPos(times[to] + step, "x", true);
      const [fill, ink] = TONES[state.tone];
      ctx.fillStyle = colour(fill);
      ctx.fillRect(left, top, Math.max(right - left, ratio()), bottom - top);
      ctx.font = font(11.5);
      const end = Math.min(right, chart.bbox.left + chart.bbox.width);
      if (ctx.measureText(state.word).width + 12 * ratio() < end - left) {
        ctx.fillStyle = colour(ink);
        ctx.textAlign = "left";
        ctx.textBaseline = "middle";
        ctx.fillText(state.word, left + 6 * ratio(), (top + bottom) / 2);
      }
      from = to;
    }
  }
}

const views = PAGE.panels.map((panel) => new PanelView(panel));
const statusLine = document.getElementById("status");
let minutes = 15, asking = 0, answered = 0; // the last request that was made, and the last one that has ended

function spanName(span) {
  return span < 60 ? span + " min" : span < 1440 ? span / 60 + " h" : span / 1440 + " d";
}

function status(text, bad) {
  statusLine.textContent = text;
  statusLine.className = bad ? "bad" : "muted";
}

async function refresh() {
  const mine = ++asking;
  try {
    const answer = await fetch("data?minutes=" + minutes);
    const data = await answer.json();
    if (mine !== asking) return;
    if (!answer.ok) return status(data.problem, true);
    views.forEach((view) => view.show(data));
    const told = data.failovers.map((one) => clock(one.begin, true) + " " + one.name);
    document.getElementById("failovers").textContent = told.length ? told.join(" · ") : "No failover in this span.";
    status("as of " + clock(data.times[data.times.length - 1], true), false);
  } catch {
    if (mine === asking) status("'jsquared monitor up' has ended, or does not answer", true);
  } finally {
    answered = Math.max(answered, mine);
  }
}

for (const span of PAGE.spans) {
  const button = element("button", "", spanName(span));
  button.type = "button";
  button.dataset.minutes = span;
  button.setAttribute("aria-pressed", String(span === minutes));
  button.addEventListener("click", () => {
    minutes = span;
    document.querySelectorAll("#spans button").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    refresh();
  });
  document.getElementById("spans").append(button);
}
document.getElementById("grid").append(...views.map((view) => view.root));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { views.forEach((view) => view.clear()); refresh(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
setInterval(() => { if (!document.hidden && answered === asking) refresh(); }, PAGE.every);
refresh();
