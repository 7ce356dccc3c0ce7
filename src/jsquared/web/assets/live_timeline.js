"use strict";
// The report's timeline, growing: the newest minute, the whole session, or wherever somebody has zoomed to.

const LIVE_MS = 60000;

class LiveTimeline extends Timeline {
  constructor(root, data) {
    super(root, data);
    this.mode = "whole";
    this.pressed = false;
    this.holder.addEventListener("pointerdown", () => { this.pressed = true; });
    addEventListener("pointerup", () => { this.pressed = false; });
    this.holder.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "l" && event.target === this.holder && !event.ctrlKey && !event.metaKey && !event.altKey) this.act("live");
    });
    this.act(data.end > LIVE_MS ? "live" : "whole");
  }

  // Everything anew, but not under a pointer that is dragging.
  show(data) {
    this.data = data;
    if (this.pressed) return;
    this.times = Array.from({ length: data.buckets }, (_, index) => index * data.bucket);
    if (this.mode === "live") [this.min, this.max] = [Math.max(0, data.end - LIVE_MS), data.end];
    if (this.mode === "whole") [this.min, this.max] = [0, data.end];
    const height = this.holder.offsetHeight;
    this.holder.style.minHeight = height + "px";
    this.build(this.width);
    this.holder.style.minHeight = "";
  }

  act(action) {
    this.mode = action === "live" || action === "whole" ? action : "free";
    if (action === "live") this.setRange(Math.max(0, this.data.end - LIVE_MS), this.data.end);
    else super.act(action);
  }

  onScale(u, key) {
    if (key === "x" && !this.moving && u.scales.x.min != null && (u.scales.x.min !== this.min || u.scales.x.max !== this.max)) this.mode = "free";
    super.onScale(u, key);
  }

  say(at) {
    super.say(at);
    for (const mode of ["live", "whole"]) this.root.querySelector(`[data-do="${mode}"]`).setAttribute("aria-pressed", String(this.mode === mode));
  }

  addLatency() {}

  addErrors() {}
}
