// Lanes: who was what and when. Drawn on uPlot's canvas, so they share its scale, cursor and zoom.

const STRIPED = { detached: "replica-ink", paused: "paused-ink", split: "split-ink", gap: "gap-line", tilt: "tilt-ink" };
const GROUPS = {
  course: ["What happened", ""],
  data: ["Data nodes", "role and health"],
  sentinels: ["Sentinels", "health, and the primary they agree on"],
  clients: ["Clients", "which node acknowledged their writes"],
  alerts: ["Alerts", "waiting, firing, and when the receiver had them"],
};
const CLASSES = {
  doubt: ["▽", "failed", "in doubt"], agree: ["▼", "lost", "quorum"], elect: ["◆", "p50", "election"], act: ["●", "p99", "failover step"],
  done: ["■", "ack", "settled"], trouble: ["✖", "lost", "trouble"], other: ["○", "muted", "other"],
};

function addLanePanels(timeline) {
  for (const group of timeline.data.groups) {
    if (group.lanes.length) addLanes(timeline, group);
    if (group.name === "sentinels") addEvents(timeline);
  }
}

function rowsOptions(timeline, count, top, hooks) {
  const axis = timeline.xAxis(top ? 0 : 2, top);
  const blank = { scale: "y", size: timeline.gutter, gap: 0, values: () => [], splits: () => [], grid: { show: false }, ticks: { show: false } };
  const padding = top ? [0, 14, 4, 0] : [4, 14, 4, 0];
  return {
    height: count * rowHeight(timeline) + (top ? 24 : 4) + 4, padding, axes: [axis, blank],
    scales: { y: { range: [0, count] } }, series: [{}, { show: false }], hooks,
  };
}

function rowHeight(timeline) {
  return timeline.narrow ? 40 : 28;
}

// Top and height of row `index` in canvas pixels, without the room for its name on narrow screens.
function rowBox(timeline, u, index) {
  const unit = ratio(), height = rowHeight(timeline) * unit, top = u.bbox.top + index * height;
  const head = timeline.narrow ? 17 * unit : 3 * unit;
  return { top: top + head, height: height - head - 3 * unit, row: top };
}

function drawName(timeline, u, index, name) {
  const { ctx, bbox } = u, unit = ratio(), box = rowBox(timeline, u, index);
  ctx.font = font(12, timeline.narrow ? 550 : 450);
  ctx.fillStyle = colour("ink");
  ctx.textBaseline = "middle";
  ctx.textAlign = timeline.narrow ? "left" : "right";
  if (timeline.narrow) ctx.fillText(name, 0, box.row + 9 * unit);
  else ctx.fillText(shorten(ctx, name, bbox.left - 14 * unit), bbox.left - 10 * unit, box.top + box.height / 2);
  ctx.textAlign = "left";
}

function shorten(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let cut = text.length;
  while (cut > 1 && ctx.measureText(text.slice(0, cut) + "…").width > width) cut -= 1;
  return cut > 1 ? text.slice(0, cut) + "…" : "";
}

function addLanes(timeline, group) {
  const [title, unit] = GROUPS[group.name], top = group.name === "course";
  const { head, body } = timeline.panel(title, unit);
  if (!group.lanes.some((lane) => lane.segments.length)) return body.append(element("p", "empty", "Nothing was recorded."));
  stateLegend(timeline, head, group);
  const draw = (u) => drawLanes(timeline, u, group.lanes);
  const tell = (u) => tellLane(timeline, u, group.lanes);
  const said = group.lanes.map((lane) => `${lane.name}: ${lane.segments.map((segment) => segment[3]).join(", then ")}`);
  return timeline.chart(body, rowsOptions(timeline, group.lanes.length, top, { draw: [draw], setCursor: [tell] }),
    [[0, timeline.data.end], [null, null]], `${title}. ${said.join(". ")}`);
}

const STATE_WORDS = {
  primary: "primary", replica: "replica", detached: "replica, link down", down: "down", paused: "paused", starting: "starting",
  up: "running", tilt: "TILT", cut: "links cut", lost: "later lost",
};

function stateLegend(timeline, head, group) {
  if (group.name === "course" || group.name === "alerts") return;
  const used = new Set(group.lanes.flatMap((lane) => [...lane.segments, ...(lane.over || [])].map((segment) => segment[2])));
  const states = Object.keys(STATE_WORDS).filter((state) => used.has(state));
  timeline.legend(head, states.map((state) => ({ name: STATE_WORDS[state], colour: swatch(state), total: "" })));
  head.querySelectorAll(".legend b").forEach((value) => value.remove());
}

function swatch(state) {
  const base = colour(state);
  if (state === "cut") return `repeating-linear-gradient(135deg, ${base} 0 2px, transparent 2px 5px)`;
  return STRIPED[state] ? `repeating-linear-gradient(135deg, ${colour(STRIPED[state])} 0 1px, ${base} 1px 5px)` : base;
}

function drawLanes(timeline, u, lanes) {
  const { ctx, bbox } = u;
  ctx.save();
  lanes.forEach((lane, index) => {
    drawName(timeline, u, index, lane.name);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const box = rowBox(timeline, u, index);
    for (const segment of lane.segments) drawSegment(timeline, u, box, segment);
    for (const segment of lane.over || []) drawOver(timeline, u, box, segment);
    ctx.restore();
  });
  ctx.restore();
}

function drawSegment(timeline, u, box, [from, to, state, label]) {
  const { ctx } = u, unit = ratio(), [left, right] = timeline.clip(u, from, to);
  if (to < timeline.min || from > timeline.max) return;
  const width = Math.max(right - left, 1.5 * unit), base = colour(state);
  ctx.fillStyle = STRIPED[state] ? stripes(ctx, base, colour(STRIPED[state]) + "59") : base;
  ctx.beginPath();
  ctx.roundRect(left, box.top, Math.max(width - unit, unit), box.height, Math.min(3 * unit, width / 3));
  ctx.fill();
  drawLabel(ctx, label, left, right, box, colour(state + "-ink"), STRIPED[state] ? base : "");
}

function drawLabel(ctx, label, left, right, box, ink, plate) {
  const unit = ratio();
  ctx.font = font(11.5, 550);
  const room = right - left - 12 * unit, text = shorten(ctx, label, room);
  if (!text || room < 16 * unit || (text !== label && text.length < 6)) return;
  if (plate) {
    ctx.fillStyle = plate;
    ctx.fillRect(left + 3 * unit, box.top + 2 * unit, ctx.measureText(text).width + 6 * unit, box.height - 4 * unit);
  }
  ctx.fillStyle = ink;
  ctx.textBaseline = "middle";
  ctx.fillText(text, left + 6 * unit, box.top + box.height / 2 + unit / 2);
}

// What lies over a lane: links that are cut (what the node believes itself stays readable), a client's write gap.
function drawOver(timeline, u, box, segment) {
  if (segment[2] === "lost") return drawLost(timeline, u, box, segment);
  if (segment[2] !== "cut") return drawSegment(timeline, u, box, segment);
  const { ctx } = u, unit = ratio(), [left, right] = timeline.clip(u, segment[0], segment[1]);
  if (right <= left) return undefined;
  const tone = colour("cut");
  ctx.fillStyle = stripes(ctx, colour("surface"), tone, 6);
  ctx.fillRect(left, box.top + box.height - 5 * unit, right - left, 5 * unit);
  ctx.strokeStyle = tone;
  ctx.lineWidth = 1.5 * unit;
  ctx.strokeRect(left + unit, box.top + unit / 2, right - left - 2 * unit, box.height - unit);
  ctx.font = font(11, 650);
  const wide = ctx.measureText(segment[3]).width + 10 * unit;
  if (wide > (right - left) * 0.45) return undefined;
  ctx.fillStyle = tone;
  ctx.fillRect(right - wide - unit, box.top, wide, box.height);
  ctx.fillStyle = colour("cut-ink");
  ctx.textBaseline = "middle";
  return ctx.fillText(segment[3], right - wide + 4 * unit, box.top + box.height / 2 + unit / 2);
}

// Where a client's lost writes were acknowledged: a red foot under what it was told.
function drawLost(timeline, u, box, [from, to]) {
  const [left, right] = timeline.clip(u, from, to), unit = ratio();
  u.ctx.fillStyle = colour("lost");
  if (to >= timeline.min && from <= timeline.max) u.ctx.fillRect(left, box.top + box.height - 5 * unit, Math.max(right - left, 2 * unit), 5 * unit);
}

function pointed(timeline, u, count) {
  if (u.cursor.left < 0 || !u.over.matches(":hover")) return null;
  const row = Math.floor(u.cursor.top / rowHeight(timeline));
  return row >= 0 && row < count ? { row, at: u.posToVal(u.cursor.left, "x") } : null;
}

function tellLane(timeline, u, lanes) {
  const here = pointed(timeline, u, lanes.length);
  if (!here) return;
  const lane = lanes[here.row];
  const found = [...lane.segments, ...(lane.over || [])].filter((segment) => segment[0] <= here.at && here.at <= segment[1]);
  if (!found.length) return hideTip();
  showTip(u, found.map(([from, to, , label, detail]) => ({
    title: `${lane.name}: ${label}`, when: `${formatAt(from)} – ${formatAt(to)} (${formatMs(to - from)})`, detail,
  })));
}

function addEvents(timeline) {
  const { data } = timeline;
  const { head, body } = timeline.panel("Sentinel events", "");
  if (!data.events.length) return body.append(element("p", "empty", "The Sentinels reported nothing."));
  const used = new Set(data.events.map((event) => event.class));
  const legend = element("div", "legend");
  for (const [name, [glyph, tone, words]] of Object.entries(CLASSES)) {
    if (!used.has(name)) continue;
    const item = element("span", "item"), mark = element("span", "glyph", glyph);
    mark.style.color = colour(tone);
    item.append(mark, words);
    legend.append(item);
  }
  head.append(legend);
  const names = [...new Set([...data.sentinels, ...data.events.map((event) => event.by)])];
  const draw = (u) => drawEvents(timeline, u, names);
  const tell = (u) => tellEvents(timeline, u, names);
  return timeline.chart(body, rowsOptions(timeline, names.length, false, { draw: [draw], setCursor: [tell] }),
    [[0, data.end], [null, null]], `Sentinel events: ${data.events.length}, listed under Details`);
}

function drawEvents(timeline, u, names) {
  const { ctx, bbox } = u, unit = ratio();
  ctx.save();
  names.forEach((name, index) => {
    drawName(timeline, u, index, name);
    const box = rowBox(timeline, u, index), middle = box.top + box.height / 2;
    const shown = timeline.data.events.filter((event) => event.by === name && event.t >= timeline.min && event.t <= timeline.max);
    ctx.fillStyle = colour("grid");
    ctx.fillRect(bbox.left, middle, bbox.width, unit);
    shown.forEach((event, place) => {
      const [glyph, tone] = CLASSES[event.class], x = u.valToPos(event.t, "x", true);
      const next = place + 1 < shown.length ? u.valToPos(shown[place + 1].t, "x", true) : bbox.left + bbox.width;
      ctx.font = font(11.5, 500);
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      const wide = ctx.measureText(event.event).width;
      if (event.class !== "other" && next - x > wide + 18 * unit) {
        ctx.fillStyle = colour("surface");
        ctx.fillRect(x + 6 * unit, middle - 7 * unit, wide + 4 * unit, 14 * unit);
        ctx.fillStyle = colour("ink");
        ctx.fillText(event.event, x + 8 * unit, middle);
      }
      ctx.font = font(13, 400);
      ctx.fillStyle = colour(tone);
      ctx.textAlign = "center";
      ctx.fillText(glyph, x, middle);
    });
  });
  ctx.restore();
}

function tellEvents(timeline, u, names) {
  const here = pointed(timeline, u, names.length);
  if (!here) return;
  const reach = 9 * (timeline.max - timeline.min) / (u.bbox.width / ratio());
  const near = timeline.data.events.filter((event) => event.by === names[here.row] && Math.abs(event.t - here.at) <= reach);
  if (!near.length) return hideTip();
  const told = near.slice(0, 6).map((event) => ({ title: event.event, when: formatAt(event.t), detail: [event.meaning, event.payload].filter(Boolean).join(": ") }));
  if (near.length > 6) told.push({ title: `and ${near.length - 6} more`, when: "zoom in", detail: "" });
  showTip(u, told);
}
