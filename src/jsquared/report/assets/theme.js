"use strict";
// Colours, fonts, patterns and number formats shared by all panels.

const NARROW_PX = 640;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';

const AXIS_FONT = "12px " + FONT; // uPlot itself scales the fonts of axes (whole numbers only)

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

// Canvas coordinates are device pixels; sizes in the code are CSS pixels times this.
function ratio() {
  return window.devicePixelRatio || 1;
}

function font(size, weight) {
  return `${weight || 400} ${Math.round(size * ratio())}px ${FONT}`;
}

// Diagonal stripes, so that a state is told without its colour.
function stripes(ctx, background, line, gap) {
  const side = Math.round((gap || 7) * ratio());
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const brush = tile.getContext("2d");
  if (background) {
    brush.fillStyle = background;
    brush.fillRect(0, 0, side, side);
  }
  brush.strokeStyle = line;
  brush.lineWidth = 1.4 * ratio();
  brush.beginPath();
  for (const shift of [-side, 0, side]) {
    brush.moveTo(shift - 1, side + 1);
    brush.lineTo(shift + side + 1, -1);
  }
  brush.stroke();
  return ctx.createPattern(tile, "repeat");
}

function formatCount(number) {
  return number == null ? "–" : Math.round(number).toLocaleString("en-US");
}

function formatShort(number) {
  if (number >= 1e6) return +(number / 1e6).toPrecision(3) + "M";
  return number >= 1e4 ? +(number / 1e3).toPrecision(3) + "k" : Math.round(number).toLocaleString("en-US");
}

function formatMs(ms) {
  if (ms == null) return "–";
  if (ms < 10) return +ms.toPrecision(2) + " ms";
  if (ms < 1000) return Math.round(ms) + " ms";
  return ms < 10000 ? (ms / 1000).toFixed(2) + " s" : (ms / 1000).toFixed(1) + " s";
}

function formatAt(ms, digits) {
  return (ms / 1000).toFixed(digits == null ? 3 : digits) + " s";
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text != null) made.textContent = text;
  return made;
}
