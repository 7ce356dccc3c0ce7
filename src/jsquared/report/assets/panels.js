// One timeline: panels of uPlot charts with a common x-scale, cursor and fault bands.

const TICKS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 12e5, 36e5];

// A series as it was embedded ({at, v}) as one value a bucket.
function unpack(series, buckets, empty) {
  const values = new Array(buckets).fill(empty);
  series.v.forEach((value, index) => { values[series.at + index] = value; });
  return values;
}

function sumOf(list, buckets) {
  const total = new Array(buckets).fill(0);
  for (const series of list) series.v.forEach((value, index) => { total[series.at + index] += value; });
  return total;
}

class Timeline {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.holder = root.querySelector(".timeline");
    this.readout = root.querySelector(".readout");
    this.key = "trial-" + Math.random().toString(36).slice(2);
    this.client = "";
    this.charts = [];
    this.min = 0;
    this.max = data.end;
    this.times = Array.from({ length: data.buckets }, (_, index) => index * data.bucket);
    this.listen();
    this.build();
  }

  listen() {
    this.root.querySelector(".tools").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.act(button.dataset.do);
    });
    if (!this.data.focus) this.root.querySelector('[data-do="focus"]').hidden = true;
    const keys = { ArrowLeft: "left", ArrowRight: "right", "+": "in", "=": "in", "-": "out", 0: "whole", f: "focus", Escape: "whole" };
    this.holder.addEventListener("keydown", (event) => {
      const action = keys[event.key];
      if (!action || event.target !== this.holder || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.act(action);
    });
    this.holder.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.act(event.deltaY < 0 ? "in" : "out");
    }, { passive: false });
    new ResizeObserver(() => this.fit()).observe(this.holder);
  }

  act(action) {
    const span = this.max - this.min, middle = (this.min + this.max) / 2;
    const moves = {
      whole: () => [0, this.data.end],
      focus: () => this.data.focus || [0, this.data.end],
      in: () => [middle - span / 3, middle + span / 3],
      out: () => [middle - span * 0.75, middle + span * 0.75],
      left: () => [this.min - span / 5, this.max - span / 5],
      right: () => [this.min + span / 5, this.max + span / 5],
    };
    this.setRange(...moves[action]());
  }

  // Every panel shows the same span, at least 20 ms long and inside the trial.
  setRange(from, to) {
    const span = Math.min(Math.max(to - from, 20), this.data.end);
    this.min = Math.min(Math.max(from, 0), this.data.end - span);
    this.max = this.min + span;
    this.moving = true;
    for (const chart of this.charts) chart.setScale("x", { min: this.min, max: this.max });
    this.moving = false;
    this.say();
  }

  say(at) {
    const span = `${formatAt(this.min, 2)} – ${formatAt(this.max, 2)}`;
    this.readout.textContent = at == null ? span : `at ${formatAt(at)}`;
    const whole = this.min <= 0 && this.max >= this.data.end;
    this.root.querySelector('[data-do="whole"]').setAttribute("aria-pressed", whole);
  }

  fit() {
    const width = Math.floor(this.holder.clientWidth);
    if (!width || width === this.width || this.printing) return;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.build());
  }

  build(width) {
    this.width = width || Math.floor(this.holder.clientWidth);
    if (!this.width) return;
    this.narrow = this.width < NARROW_PX;
    this.gutter = this.narrow ? 54 : 128;
    for (const chart of this.charts) chart.destroy();
    this.charts = [];
    this.holder.replaceChildren();
    addLanePanels(this);
    this.addThroughput();
    this.addLatency();
    this.addErrors();
    this.say();
  }

  panel(title, unit) {
    const panel = element("div", "panel"), head = element("div", "panel-head"), heading = element("h4", "", title);
    if (unit) heading.append(" ", element("span", "", unit));
    head.append(heading);
    const body = element("div", "panel-body");
    panel.append(head, body);
    this.holder.append(panel);
    return { head, body };
  }

  // items: {name, colour, className, total}; gives a function that shows live values, or the totals again.
  legend(head, items) {
    const legend = element("div", "legend");
    const values = items.map((item) => {
      const entry = element("span", "item"), swatch = element("i", item.className || "");
      if (item.className) swatch.style.borderColor = item.colour;
      else swatch.style.background = item.colour;
      const value = element("b", "", item.total);
      entry.append(swatch, item.name, value);
      legend.append(entry);
      return value;
    });
    head.append(legend);
    return (live) => values.forEach((value, index) => { value.textContent = live ? live[index] : items[index].total; });
  }

  xAxis(side, shown) {
    const muted = colour("muted"), grid = colour("grid");
    return {
      side, scale: "x", show: true, stroke: muted, font: AXIS_FONT, size: shown ? 24 : 0, gap: 4, incrs: TICKS_MS,
      space: this.narrow ? 48 : 70, grid: { stroke: grid, width: 1 }, ticks: { show: shown, stroke: grid, size: 4 },
      values: (_, splits, __, ___, step) =>
        splits.map((at) => (shown ? formatAt(at, step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3) : "")),
    };
  }

  yAxis(values, extra) {
    return {
      scale: "y", stroke: colour("muted"), font: AXIS_FONT, size: this.gutter, gap: 6, space: 28, values,
      grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false }, ...extra,
    };
  }

  chart(body, options, data, summary) {
    const hooks = options.hooks || {};
    const timeline = this;
    const chart = new uPlot({
      width: this.width, pxAlign: 1, padding: [8, 14, 0, 0], legend: { show: false }, ...options,
      cursor: {
        y: false, points: { show: false }, drag: { x: true, y: false, setScale: true },
        sync: { key: this.key, scales: ["x", null] },
        bind: { dblclick: () => () => { timeline.act("whole"); return null; } },
      },
      scales: { x: { time: false, range: (_, min, max) => [min ?? 0, max ?? 1] }, ...options.scales },
      hooks: {
        drawClear: [(u) => this.drawBands(u)],
        draw: [(u) => this.drawEdges(u), ...(hooks.draw || [])],
        setScale: [(u, key) => this.onScale(u, key)],
        setCursor: [(u) => this.onCursor(u), ...(hooks.setCursor || [])],
      },
    }, data, body);
    this.moving = true;
    chart.setScale("x", { min: this.min, max: this.max });
    this.moving = false;
    chart.ctx.canvas.setAttribute("role", "img");
    chart.ctx.canvas.setAttribute("aria-label", summary);
    chart.over.addEventListener("mouseleave", () => { hideTip(); this.say(); });
    chart.over.addEventListener("touchmove", (event) => this.onTouch(chart, event), { passive: true });
    this.charts.push(chart);
    return chart;
  }

  onTouch(chart, event) {
    const box = chart.over.getBoundingClientRect(), touch = event.touches[0];
    chart.setCursor({ left: touch.clientX - box.left, top: touch.clientY - box.top }, true, true);
  }

  onScale(u, key) {
    if (key !== "x" || this.moving || u.scales.x.min == null) return;
    if (u.scales.x.min !== this.min || u.scales.x.max !== this.max) this.setRange(u.scales.x.min, u.scales.x.max);
  }

  onCursor(u) {
    if (u.cursor.left >= 0) this.say(u.posToVal(u.cursor.left, "x"));
  }

  drawBands(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.fillStyle = colour("band");
    for (const band of this.data.bands) {
      const [from, to] = this.clip(u, band.from, band.to);
      if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
    }
    ctx.restore();
  }

  drawEdges(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.strokeStyle = colour("band-edge");
    ctx.lineWidth = ratio();
    ctx.setLineDash([4 * ratio(), 3 * ratio()]);
    ctx.beginPath();
    for (const band of this.data.bands) {
      for (const at of [band.from, band.to]) {
        if (at < this.min || at > this.max || at >= this.data.end) continue;
        const x = Math.round(u.valToPos(at, "x", true)) + 0.5;
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
      }
    }
    ctx.stroke();
    ctx.restore();
  }

  // A span of time as canvas positions inside the plot.
  clip(u, from, to) {
    const { left, width } = u.bbox;
    const at = (value) => Math.min(Math.max(u.valToPos(value, "x", true), left), left + width);
    return [at(from), at(to)];
  }

  stack(body, series, options, summary, live) {
    // Each series is painted over the sum of those above it: the largest sum first.
    const sums = [];
    let below = new Array(this.data.buckets).fill(0);
    for (const one of series) {
      below = below.map((value, index) => value + one.values[index]);
      sums.push(below);
    }
    const look = { width: 0, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } };
    const shown = series.map((one) => ({ label: one.name, fill: one.colour, stroke: one.colour, ...look })).reverse();
    const hooks = { ...options.hooks, setCursor: [(u) => live(u.cursor.left < 0 ? null : u.cursor.idx)] };
    this.chart(body, { ...options, hooks, series: [{}, ...shown] }, [this.times, ...sums.reverse()], summary);
  }

  addThroughput() {
    const { data } = this, perSecond = 1000 / data.bucket;
    const { head, body } = this.panel("Writes a second", "acknowledged when they were, others when intended");
    const chosen = data.clients.filter((client) => !this.client || client.name === this.client);
    const kinds = [["acknowledged", "ack"], ["lost", "lost"], ["failed", "failed"], ["unknown", "unknown"]];
    const series = kinds.map(([kind, name]) => ({
      name: kind === "lost" ? "acknowledged, then lost" : kind, colour: colour(name),
      counts: sumOf(chosen.map((client) => client[kind]), data.buckets),
    })).filter((one, index) => index === 0 || one.counts.some(Boolean));
    if (!this.client && !series.some((one) => one.counts.some(Boolean))) return body.append(element("p", "empty", "No operation was recorded."));
    if (data.clients.length > 1) head.append(this.clientChoice());
    for (const one of series) {
      one.values = one.counts.map((count) => count * perSecond);
      one.total = formatCount(one.counts.reduce((sum, count) => sum + count, 0));
    }
    const show = this.legend(head, series);
    const live = (index) => show(index == null ? null : series.map((one) => formatCount(one.values[index]) + "/s"));
    const offered = data.offered * chosen.length / data.clients.length;
    // A burst of acknowledgements after a stall is marked, so that it does not make all else flat.
    const room = data.losses.length ? 1.28 : 1.1, ceiling = (max) => Math.min(Math.max(max, offered), 2 * offered) * room;
    this.stack(body, series, {
      height: this.narrow ? 180 : 210, axes: [this.xAxis(2, true), this.yAxis((_, splits) => splits.map(formatShort))],
      scales: { y: { range: (_, __, max) => [0, ceiling(max)] } },
      hooks: { draw: [(u) => this.drawOffered(u, offered), (u) => this.drawLosses(u), (u) => this.drawPeak(u)] },
    }, "Writes a second: " + series.map((one) => `${one.total} ${one.name}`).join(", "), live);
  }

  clientChoice() {
    const select = element("select");
    select.setAttribute("aria-label", "Clients shown");
    select.append(new Option("all clients", ""), ...this.data.clients.map((client) => new Option(client.name, client.name)));
    select.value = this.client;
    select.addEventListener("change", () => {
      this.client = select.value;
      this.build();
      this.holder.querySelector("select").focus();
    });
    return select;
  }

  drawOffered(u, offered) {
    const { ctx, bbox } = u, y = Math.round(u.valToPos(offered, "y", true)) + 0.5;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("muted");
    ctx.lineWidth = ratio();
    ctx.setLineDash([2 * ratio(), 3 * ratio()]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  // The highest of the bars that reach beyond the panel, with its value.
  drawPeak(u) {
    const [first, last] = u.series[0].idxs || [0, this.data.buckets - 1], sums = u.data[1];
    let peak = first;
    for (let index = first; index <= last; index += 1) if (sums[index] > sums[peak]) peak = index;
    if (!(sums[peak] > u.scales.y.max)) return;
    const { ctx, bbox } = u, unit = ratio(), x = u.valToPos(this.times[peak], "x", true);
    const right = x > bbox.left + bbox.width / 2;
    ctx.save();
    ctx.font = font(11.5, 500);
    ctx.fillStyle = colour("ink");
    ctx.textBaseline = "middle";
    ctx.textAlign = right ? "right" : "left";
    const text = right ? `${formatCount(sums[peak])}/s ▲` : `▲ ${formatCount(sums[peak])}/s`;
    ctx.fillText(text, x, bbox.top + (this.data.losses.length ? 32 : 10) * unit);
    ctx.restore();
  }

  // Where lost writes were acknowledged: a bracket with its cause above the bars.
  drawLosses(u) {
    const { ctx, bbox } = u, unit = ratio();
    ctx.save();
    ctx.fillStyle = colour("lost");
    ctx.font = font(12, 600);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    let free = -Infinity;
    for (const loss of this.data.losses) {
      if (this.client && loss.client !== this.client) continue;
      const [from, to] = this.clip(u, loss.from, loss.to);
      if (loss.to < this.min || loss.from > this.max) continue;
      ctx.fillRect(from, bbox.top + 18 * unit, Math.max(to - from, 3 * unit), 3 * unit);
      const wide = ctx.measureText(loss.label).width, x = Math.min(from, bbox.left + bbox.width - wide);
      if (x < free) continue;
      ctx.fillText(loss.label, x, bbox.top + 8 * unit);
      free = x + wide + 10 * unit;
    }
    ctx.restore();
  }

  addLatency() {
    const { data } = this, { latency } = data;
    const { head, body } = this.panel("Latency", "of acknowledged writes, intended to completed, log scale");
    if (!latency.p50.length) return body.append(element("p", "empty", "No write was acknowledged."));
    const lines = [["max", "line dotted", 0], ["p99", "line dashed", 1.5, [5, 2]], ["p50", "line", 2.2]];
    const series = lines.map(([name, className, width, dash]) => ({
      name, className, colour: colour(name), width, dash, total: formatMs(latency.overall[name]),
      values: unpack({ at: latency.at, v: latency[name] }, data.buckets, null),
    }));
    const show = this.legend(head, series);
    const powers = (splits, name) => splits.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-6 ? name(value) : null));
    this.chart(body, {
      height: this.narrow ? 170 : 190,
      axes: [this.xAxis(2, true), this.yAxis((_, splits) => powers(splits, formatMs), { filter: (_, splits) => powers(splits, (value) => value) })],
      scales: { y: { distr: 3, log: 10, range: (_, min, max) => decades(min, max) } },
      series: [{}, ...series.map((one) => ({ label: one.name, stroke: one.colour, width: one.width, dash: one.dash, points: { show: !one.width, size: 3, width: 0, fill: one.colour } }))],
      hooks: { setCursor: [(u) => show(u.cursor.left < 0 || u.cursor.idx == null ? null : series.map((one) => formatMs(one.values[u.cursor.idx])))] },
    }, [this.times, ...series.map((one) => one.values)], "Latency: " + series.map((one) => `${one.name} ${one.total}`).join(", "));
  }

  addErrors() {
    const { data } = this;
    const { head, body } = this.panel("Not acknowledged, a second", "by reason, when intended");
    if (!data.errors.length) {
      const said = data.clients.some((client) => client.acknowledged.v.length || client.lost.v.length);
      return body.append(element("p", "empty", said ? "Every operation was acknowledged." : "No operation was recorded."));
    }
    const series = data.errors.map((kind, index) => ({
      name: kind.label, colour: colour("e" + Math.min(index, 7)), total: formatCount(kind.total),
      values: unpack(kind, data.buckets, 0).map((count) => count * 1000 / data.bucket),
    }));
    const show = this.legend(head, series);
    const live = (index) => show(index == null ? null : series.map((one) => formatCount(one.values[index]) + "/s"));
    this.stack(body, series, {
      height: this.narrow ? 140 : 150, axes: [this.xAxis(2, true), this.yAxis((_, splits) => splits.map(formatShort))],
      scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
    }, "Operations not acknowledged: " + series.map((one) => `${one.total} ${one.name}`).join(", "), live);
  }
}

function decades(min, max) {
  if (!(min > 0)) return [0.1, 10];
  const low = Math.floor(Math.log10(min)), high = Math.ceil(Math.log10(max));
  return [10 ** low, 10 ** Math.max(high, low + 1)];
}
