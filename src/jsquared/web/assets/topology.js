"use strict";
// The deployment as it is now: who each Sentinel names as the primary, and who replicates from whom.

const SVG = "http://www.w3.org/2000/svg";
const BOX = { width: 172, height: 46, gap: 14 };

function svg(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  if (text != null) made.textContent = text;
  return made;
}

function nodeState(node) {
  if (!node.is_running) return "down";
  if (node.says === "nothing") return "silent";
  if (node.says === "replica") return node.link_up ? "replica" : "detached";
  return node.says;
}

const NODE_WORDS = { down: "does not run", silent: "gives no answer", detached: "replica, link down", primary: "primary", replica: "replica", sentinel: "Sentinel" };

function formatLag(bytes) {
  if (bytes == null) return "";
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
}

function hitNames(faults) {
  return new Set(faults.filter((fault) => fault.is_active).flatMap((fault) => fault.targets));
}

// Layers from left to right, or from top to bottom where it is narrow: Sentinels, who says to be the primary, everyone else.
function layersOf(nodes) {
  const data = nodes.filter((node) => node.role === "data");
  const first = data.filter((node) => node.says === "primary"), rest = data.filter((node) => node.says !== "primary");
  return [["Sentinels", nodes.filter((node) => node.role === "sentinel")], ["says it is the primary", first], ["other data nodes", rest]];
}

function placed(layers, width, narrow) {
  const places = new Map(), headings = [];
  let height = 0;
  if (!narrow) {
    const step = (width - BOX.width) / (layers.length - 1);
    const most = Math.max(...layers.map(([, nodes]) => nodes.length), 1);
    height = 26 + most * (BOX.height + BOX.gap);
    layers.forEach(([heading, nodes], column) => {
      const x = column * step, top = 26 + (height - 26 - nodes.length * (BOX.height + BOX.gap)) / 2;
      headings.push([heading, x, 12]);
      nodes.forEach((node, row) => places.set(node.name, { x, y: top + row * (BOX.height + BOX.gap), width: BOX.width }));
    });
    return { places, headings, height };
  }
  for (const [heading, nodes] of layers) {
    headings.push([heading, 0, height + 12]);
    const across = Math.max(1, Math.min(3, nodes.length)), wide = Math.min(BOX.width, (width - (across - 1) * 8) / across);
    const room = across * wide + (across - 1) * 8;
    nodes.forEach((node, index) => places.set(node.name, {
      x: (width - room) / 2 + (index % across) * (wide + 8), y: height + 20 + Math.floor(index / across) * (BOX.height + 12), width: wide,
    }));
    height += 20 + Math.max(1, Math.ceil(nodes.length / across)) * (BOX.height + 12) + 26;
  }
  return { places, headings, height: height - 26 };
}

function wirePath(from, to, narrow) {
  if (narrow) {
    const x1 = from.x + from.width / 2, x2 = to.x + to.width / 2, down = from.y < to.y;
    const y1 = down ? from.y + BOX.height : from.y, y2 = down ? to.y : to.y + BOX.height, middle = (y1 + y2) / 2;
    return { d: `M${x1},${y1} C${x1},${middle} ${x2},${middle} ${x2},${y2}`, x: x1 + 28, y: down ? y1 + 13 : y1 - 13 };
  }
  const right = from.x < to.x, same = from.x === to.x;
  const x1 = right || same ? from.x + from.width : from.x, x2 = right ? to.x : to.x + to.width;
  const y1 = from.y + BOX.height / 2, y2 = to.y + BOX.height / 2, bend = same ? x1 + 30 : (x1 + x2) / 2;
  return { d: `M${x1},${y1} C${bend},${y1} ${bend},${y2} ${x2},${y2}`, x: x1 + (right || same ? 26 : -26), y: y1 - 13 };
}

function drawTopology(holder, lab) {
  const width = Math.max(300, Math.floor(holder.clientWidth)), narrow = width < 560;
  const { places, headings, height } = placed(layersOf(lab.nodes), width, narrow);
  const drawing = svg("svg", { class: "topology", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": topologyWords(lab) });
  for (const [heading, x, y] of headings) drawing.append(svg("text", { class: "heading", x, y }, heading));
  const labels = [];
  for (const node of lab.nodes) {
    const own = places.get(node.name), leader = places.get(node.names || node.follows);
    if (!leader || leader === own || !node.is_running) continue;
    const wire = wirePath(own, leader, narrow);
    const kind = node.role === "sentinel" ? `vote${node.names === lab.primary ? "" : " other"}` : node.link_up ? "replication" : "broken";
    drawing.append(svg("path", { class: `wire ${kind}`, d: wire.d }));
    if (node.role === "data" && node.link_up && node.lag_bytes != null) labels.push([wire.x, wire.y, formatLag(node.lag_bytes)]);
  }
  const hit = hitNames(lab.faults);
  for (const node of lab.nodes) drawing.append(nodeBox(node, places.get(node.name), hit.has(node.name) || hit.has(node.host)));
  for (const [x, y, text] of labels) drawing.append(lagLabel(x, y, text));
  holder.replaceChildren(drawing);
}

function nodeBox(node, at, isHit) {
  const group = svg("g", { class: `node ${nodeState(node)}${isHit ? " hit" : ""}`, transform: `translate(${at.x},${at.y})` });
  const most = Math.floor((at.width - 16) / 7), words = node.role === "sentinel" && node.is_running && node.says !== "nothing" ? node.host : `${NODE_WORDS[nodeState(node)]} · ${node.host}`;
  const short = (text, room) => (text.length > room ? text.slice(0, room - 1) + "…" : text);
  group.append(svg("rect", { width: at.width, height: BOX.height, rx: 8 }), svg("text", { class: "name", x: 9, y: 19 }, short(node.name, most)),
    svg("text", { class: "host", x: 9, y: 36 }, short(words, Math.floor((at.width - 14) / 5.9))), svg("title", {}, `${node.name} on ${node.host}: ${NODE_WORDS[nodeState(node)]}`));
  return group;
}

function lagLabel(x, y, text) {
  const wide = text.length * 6.4 + 10, group = svg("g", { class: "lag" });
  group.append(svg("rect", { x: x - wide / 2, y: y - 9, width: wide, height: 18, rx: 4 }), svg("text", { x, y: y + 4, "text-anchor": "middle" }, text));
  return group;
}

function topologyWords(lab) {
  const said = lab.nodes.map((node) => `${node.name}: ${NODE_WORDS[nodeState(node)]}${node.names ? `, names ${node.names}` : ""}${node.follows ? `, follows ${node.follows}` : ""}`);
  return said.join(". ");
}

function nodeRows(body, lab) {
  body.replaceChildren(...lab.nodes.map((node) => {
    const row = element("tr"), about = node.names ? `names ${node.names}` : node.follows ? `follows ${node.follows}${node.link_up ? "" : ", link down"}` : "";
    row.append(cell(node.name, "Node"), cell(node.host, "Host"), cell(`${node.address}:${node.port}`, "Address"),
      cell(NODE_WORDS[nodeState(node)], "Says"), cell(about, "About"), cell(formatLag(node.lag_bytes), "Lag", "num"));
    return row;
  }));
}
