/* The timeline: lanes on a canvas that draws what is in view, also described in words. SPDX-License-Identifier: Apache-2.0 */
const LANE = 22, AXIS = 24; /* at a scale of 1, as everything that is drawn */

const timelineView = {
	filter: { place: "", process: "", kind: "", state: "", peer: "", wrong: false },
	unfolded: new Set(),
	at: { lane: 0, step: -1 },

	build() {
		if (data.timeline.why) return section("timeline", "Timeline", h("p", "dim", data.timeline.why));
		if (!timelineModel.lives.length) return section("timeline", "Timeline", h("p", "dim", "No descriptor's life was recorded."));
		timelineModel.build();
		this.view = [...timelineModel.span];
		this.byPlace = new Set(timelineModel.lives.map((life) => life[L.PROCESS] * 1e7 + life[L.FD])).size > 60;
		this.canvas = h("canvas", { "aria-hidden": "true" });
		this.inner = h("div");
		this.box = h("div", { cls: "lanes", tabindex: "0", role: "application", "aria-roledescription": "timeline", "aria-label": "timeline of descriptors",
			"aria-describedby": "timeline-keys", onscroll: () => this.later(), onkeydown: (event) => this.key(event) }, this.inner, this.canvas);
		this.told = h("div", { cls: "told", "aria-live": "polite" });
		this.count = h("span", "dim");
		this.listen();
		new ResizeObserver(() => this.later()).observe(this.box);
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.later());
		this.life = h("div");
		return section("timeline", "Timeline", this.limits(), this.controls(), this.box, this.told, this.legend(), h("p", { cls: "dim screen", id: "timeline-keys" },
			"Drag or scroll with Shift to move in time, with Ctrl to zoom. Keys: up and down for lanes, left and right for calls, + and - to zoom, 0 for all, Enter to open what is there."), this.life);
	},

	limits() {
		const { began, limit, lives } = { ...data.timeline };
		return began > lives.length ? h("p", "banner", `${number(lives.length)} of ${number(began)} lives are shown: if there are more than ${number(limit)}, those that were closed and never misused are thinned out evenly.`) : "";
	},

	controls() {
		const input = (label, key) => h("label", "", label, h("input", { type: "search", oninput: (event) => this.set(key, event.target.value) }));
		const kinds = [...new Set(timelineModel.lives.map((life) => text(life[L.KIND])))].sort();
		const choice = (label, key, values) => h("label", "", label, h("select", { onchange: (event) => this.set(key, event.target.value) }, h("option", { value: "" }, "all"), values.map((value) => h("option", { value }, value))));
		const button = (label, words, act) => h("button", { type: "button", "aria-label": words, onclick: act }, label);
		return h("div", "bar", input("place", "place"), input("process", "process"), input("address", "peer"), choice("kind", "kind", kinds), choice("state", "state", timelineModel.states.filter(Boolean)),
			h("label", "", "lanes", h("select", { onchange: (event) => { this.byPlace = event.target.value === "place"; this.arrange(); } },
				h("option", { value: "fd", selected: !this.byPlace }, "descriptors"), h("option", { value: "place", selected: this.byPlace }, "places"))),
			h("label", "", "only misused", h("input", { type: "checkbox", onchange: (event) => this.set("wrong", event.target.checked) })),
			h("span", "", button("+", "zoom in", () => this.zoom(0.5)), " ", button("\u2212", "zoom out", () => this.zoom(2)), " ", button("all", "show all of the time", () => this.fit())), this.count);
	},

	legend() {
		const bar = (state) => swatch(26, (ctx) => { ctx.fillStyle = fillOf(ctx, state); ctx.fillRect(0, 1, 26, 12); ctx.strokeStyle = look(state)[0]; ctx.strokeRect(0.5, 1.5, 25, 11); });
		const used = new Set(timelineModel.lives.flatMap((life) => timelineModel.segments(life).map((segment) => timelineModel.states[segment.state] || "open")));
		const entry = (picture, words) => h("li", "", picture, words);
		const threads = Math.min(shapes.length, largest([...timelineModel.threads.values()].map((known) => known.size), 0));
		const hows = [...new Set([...timelineModel.from.values()].map((one) => one.how))];
		const ink = { error: "#b3261e", back: "#fff" };
		return h("ul", { cls: "legend", "aria-label": "legend" }, [...used].sort().map((state) => entry(bar(state), state)), entry(swatch(14, (ctx) => drawWrong(ctx, 7, 11, ink)), "violation"),
			threads > 1 ? Array.from({ length: threads }, (_, n) => entry(swatch(14, (ctx) => { ctx.fillStyle = "#7a8594"; drawShape(ctx, shapes[n], 7, 7); }), `call in thread ${n + 1}${n === shapes.length - 1 ? " and on" : ""}`)) :
				entry(swatch(14, (ctx) => { ctx.fillStyle = "#7a8594"; drawShape(ctx, "bar", 7, 7); }), "call"),
			hows.map((how) => entry(swatch(26, (ctx) => drawCrossing(ctx, 1, 7, 22, 7, how, "#7a8594")), how)));
	},

	set(key, value) {
		this.filter[key] = value;
		this.arrange();
	},

	arrange() {
		const { lanes, left } = timelineModel.lanes(this.filter, this.byPlace, this.unfolded);
		this.lanes = lanes;
		this.laneOf = new Map();
		lanes.forEach((lane, n) => { if (lane.kind === "process") this.laneOf.set(lane.process, n); });
		lanes.forEach((lane, n) => { if (lane.kind !== "process") for (const life of lane.lives) if (!this.laneOf.has(life) || lane.kind === "fd") this.laneOf.set(life, n); });
		this.at = { lane: Math.min(this.at.lane, Math.max(0, lanes.length - 1)), step: -1 };
		this.measure();
		this.count.textContent = `${count(left, "life").replace("lifes", "lives")} in ${count(lanes.filter((lane) => lane.kind !== "process").length, "lane")}`;
		this.later();
	},

	measure() {
		this.scale = scale();
		this.inner.style.height = (this.lanes.length * LANE + AXIS) * this.scale + "px";
		this.box.style.height = `min(62vh, 56rem, ${(this.lanes.length * LANE + AXIS) * this.scale + 4}px)`;
	},

	/* -- drawing: each lane has at most one mark per pixel, however many lives it has -- */
	later() {
		if (this.waits) return;
		this.waits = true;
		requestAnimationFrame(() => {
			this.waits = false;
			this.draw();
		});
	},

	x(t) { return this.left + ((t - this.view[0]) / (this.view[1] - this.view[0])) * (this.width - this.left); },
	t(x) { return this.view[0] + ((x - this.left) / (this.width - this.left)) * (this.view[1] - this.view[0]); },
	y(n) { return AXIS + n * LANE - this.box.scrollTop / this.scale; },

	draw() {
		if (!this.lanes || !this.box.clientWidth) return;
		if (this.scale !== scale()) this.measure();
		const ratio = (devicePixelRatio || 1) * this.scale, ctx = this.canvas.getContext("2d");
		this.width = this.box.clientWidth / this.scale;
		this.height = this.box.clientHeight / this.scale;
		this.left = Math.min(260, Math.max(112, this.width * 0.22));
		this.canvas.width = this.width * ratio;
		this.canvas.height = this.height * ratio;
		this.canvas.style.width = this.box.clientWidth + "px";
		this.canvas.style.height = this.box.clientHeight + "px";
		ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
		this.ink = colours();
		this.drawn = 0;
		ctx.font = "12px system-ui, sans-serif";
		ctx.textBaseline = "middle";
		const from = Math.max(0, Math.floor(this.box.scrollTop / this.scale / LANE)), to = Math.min(this.lanes.length, from + Math.ceil(this.height / LANE) + 1);
		this.seen = [];
		for (let n = from; n < to; n++) this.drawLane(ctx, n);
		this.drawCrossings(ctx, from, to);
		for (let n = from; n < to; n++) this.drawWrongs(ctx, n);
		this.drawLabels(ctx, from, to);
		this.drawAxis(ctx);
		Object.assign(this.canvas.dataset, { drawn: this.drawn, lanes: this.lanes.length });
	},

	drawLane(ctx, n) {
		const lane = this.lanes[n], y = this.y(n), { text: ink, card, line } = this.ink;
		if (n === this.at.lane && document.activeElement === this.box) { ctx.fillStyle = this.ink.mark; ctx.fillRect(0, y, this.width, LANE); }
		else if (lane.kind === "process") { ctx.fillStyle = card; ctx.fillRect(0, y, this.width, LANE); }
		ctx.fillStyle = line;
		ctx.fillRect(0, y + LANE - 1, this.width, 1);
		ctx.save();
		ctx.beginPath();
		ctx.rect(this.left, y, this.width - this.left, LANE);
		ctx.clip();
		if (lane.kind === "process") this.drawProcess(ctx, lane, y);
		else if (lane.kind === "place" && !lane.open) this.drawCurve(ctx, lane, y);
		else if (lane.kind === "fd") this.drawLives(ctx, lane, y);
		ctx.restore();
		ctx.fillStyle = ink;
	},

	drawProcess(ctx, lane, y) {
		const process = processes[lane.process];
		if (process.start === undefined) return;
		const x0 = this.x(process.start), x1 = Math.max(x0 + 2, this.x(process.stop));
		ctx.fillStyle = this.ink.dim;
		ctx.fillRect(x0, y + LANE / 2 - 1.5, x1 - x0, 3);
		ctx.fillRect(x0, y + 5, 2, LANE - 10);
		ctx.fillRect(x1 - 2, y + 5, 2, LANE - 10);
		const width = ctx.measureText(process.end).width, at = x1 + 5 + width < this.width ? x1 + 5 : Math.max(this.left + 4, Math.min(x1, this.width) - width - 8);
		ctx.fillStyle = this.ink.card;
		ctx.fillRect(at - 2, y + 3, width + 4, LANE - 6);
		ctx.fillStyle = this.ink.text;
		ctx.fillText(process.end, at, y + LANE / 2);
		this.drawn++;
	},

	/* The number of lives of one place as an area; its height is in the label. */
	drawCurve(ctx, lane, y) {
		const curve = timelineModel.curve(lane), most = lane.most;
		let i = Math.max(0, lowest(curve, this.view[0], (point) => point.t) - 1);
		ctx.fillStyle = look("ESTABLISHED")[0];
		for (let x = Math.max(this.left, this.x(curve[i]?.t ?? 0)); x < this.width && i < curve.length; ) {
			const next = lowest(curve, this.t(x + 1), (point) => point.t), n = curve[Math.max(i, next - 1)].n;
			const until = next < curve.length ? Math.max(x + 1, Math.min(this.width, this.x(curve[next].t))) : x + 1;
			const height = n ? Math.max(2, ((LANE - 5) * n) / most) : 0;
			ctx.fillRect(x, y + LANE - 2 - height, until - x, height);
			this.drawn++;
			x = until;
			i = Math.max(i, next - 1);
			if (next >= curve.length) break;
		}
	},

	drawLives(ctx, lane, y) {
		const lives = lane.lives;
		let i = Math.max(0, lowest(lives, this.view[0], (life) => life[L.T]) - 1);
		while (i < lives.length && lives[i][L.T] <= this.view[1]) {
			const life = lives[i], x0 = this.x(life[L.T]), x1 = this.x(timelineModel.endOf(life));
			if (x1 - x0 >= 1.5) {
				this.drawLife(ctx, life, y);
				i++;
				continue;
			}
			ctx.fillStyle = look(timelineModel.mostly(life))[0];
			ctx.fillRect(Math.floor(x0), y + 4, 1.5, LANE - 8);
			this.drawn++;
			if (this.seen.length < 500) this.seen.push(life);
			/* Skips those that would fall on the same pixel. */
			i = Math.max(i + 1, lowest(lives, this.t(Math.floor(x0) + 1), (other) => other[L.T]));
		}
	},

	drawLife(ctx, life, y) {
		const segments = timelineModel.segments(life), end = timelineModel.endOf(life);
		if (this.seen.length < 500) this.seen.push(life);
		segments.forEach((segment, n) => {
			const x0 = Math.max(this.left - 2, this.x(segment.t)), x1 = Math.min(this.width + 2, this.x(n + 1 < segments.length ? segments[n + 1].t : end));
			if (x1 < this.left || x0 > this.width || x1 - x0 < 0.2) return;
			const state = timelineModel.states[segment.state] || "open";
			ctx.fillStyle = fillOf(ctx, state);
			ctx.fillRect(x0, y + 4, x1 - x0, LANE - 8);
			ctx.strokeStyle = look(state)[0];
			ctx.lineWidth = 1;
			ctx.strokeRect(x0 + 0.5, y + 4.5, Math.max(0.5, x1 - x0 - 1), LANE - 9);
			this.drawn++;
			const width = ctx.measureText(state).width;
			if (x1 - x0 < width + 16) return;
			ctx.fillStyle = this.ink.back;
			ctx.fillRect(x0 + 5, y + 5, width + 6, LANE - 10);
			ctx.fillStyle = this.ink.text;
			ctx.fillText(state, x0 + 8, y + LANE / 2 + 0.5);
		});
		let last = -9;
		const marks = life[L.MARKS];
		for (let i = 0; i < marks.length; i += M.SIZE) {
			const x = this.x(marks[i + M.T]);
			if (x < this.left || x > this.width || x - last < 2) continue;
			ctx.fillStyle = this.ink.text;
			drawShape(ctx, shapes[Math.min(shapes.length - 1, timelineModel.thread(life, marks[i + M.TID]))], x, y + LANE / 2);
			last = x;
			this.drawn++;
		}
	},

	drawWrongs(ctx, n) {
		const lane = this.lanes[n], wrongs = timelineModel.wrongs(lane);
		if (lane.kind === "place" && lane.open) return;
		for (let i = lowest(wrongs, this.view[0], (one) => one.t); i < wrongs.length && wrongs[i].t <= this.view[1]; ) {
			const x = this.x(wrongs[i].t);
			drawWrong(ctx, Math.min(x, this.width - 6), this.y(n) + LANE / 2 + 3, this.ink);
			this.drawn++;
			i = Math.max(i + 1, lowest(wrongs, this.t(x + 5), (one) => one.t));
		}
	},

	drawCrossings(ctx, from, to) {
		ctx.save();
		ctx.beginPath();
		ctx.rect(this.left, AXIS, this.width - this.left, this.height - AXIS);
		ctx.clip();
		const middle = (n) => this.y(n) + LANE / 2;
		for (let n = from; n < to; n++) {
			const process = this.lanes[n].kind === "process" ? processes[this.lanes[n].process] : undefined, above = this.laneOf.get(process?.parent);
			if (above === undefined || process.start === undefined) continue;
			const x = this.x(process.start);
			drawCrossing(ctx, x, middle(above), x, middle(n) - 2, process.how === "exec" && processes[process.parent].pid === process.pid ? "exec" : "fork", this.ink.dim);
			this.drawn++;
		}
		for (const life of this.seen)
			for (const heir of [life, ...(timelineModel.to.get(life) || []).slice(0, 50)]) {
				const one = timelineModel.from.get(heir), y0 = one && this.laneOf.get(one.source), y1 = this.laneOf.get(heir);
				if (y0 === undefined || y1 === undefined || y0 === y1) continue;
				const x = this.x(heir[L.T]);
				if (x < this.left || x > this.width) continue;
				drawCrossing(ctx, x, middle(y0) + (y1 > y0 ? 6 : -6), x, middle(y1) + (y1 > y0 ? -7 : 7), one.how, this.ink.link);
				this.drawn++;
			}
		ctx.restore();
	},

	drawLabels(ctx, from, to) {
		for (let n = from; n < to; n++) {
			const lane = this.lanes[n], y = this.y(n);
			ctx.fillStyle = n === this.at.lane && document.activeElement === this.box ? this.ink.mark : lane.kind === "process" ? this.ink.card : this.ink.back;
			ctx.fillRect(0, y, this.left - 1, LANE - 1);
			ctx.fillStyle = this.ink.text;
			ctx.font = `${lane.kind === "process" ? "600 " : ""}12px system-ui, sans-serif`;
			const indent = lane.kind === "process" ? 6 : lane.inner ? 26 : 14;
			const words = lane.kind === "place" ? `${lane.open ? "\u25be" : "\u25b8"} ${lane.lives.length}\u00d7 ${lane.name}` : lane.name;
			ctx.save();
			ctx.beginPath();
			ctx.rect(0, y, this.left - 5, LANE);
			ctx.clip();
			ctx.fillText(words, indent, y + LANE / 2);
			ctx.restore();
		}
		ctx.font = "12px system-ui, sans-serif";
		ctx.fillStyle = this.ink.line;
		ctx.fillRect(this.left - 1, 0, 1, this.height);
	},

	drawAxis(ctx) {
		const step = axisStep(this.view[1] - this.view[0], this.width - this.left), zero = timelineModel.span[0];
		ctx.fillStyle = this.ink.back;
		ctx.fillRect(0, 0, this.width, AXIS - 1);
		ctx.fillStyle = this.ink.line;
		ctx.fillRect(0, AXIS - 1, this.width, 1);
		for (let n = Math.ceil((this.view[0] - zero) / step); zero + n * step <= this.view[1] && this.drawn < 1e6; n++) {
			const x = this.x(zero + n * step);
			ctx.fillStyle = this.ink.line;
			ctx.fillRect(x, AXIS - 6, 1, 6);
			ctx.fillStyle = this.ink.dim;
			const words = n === 0 ? "0" : time(Number((n * step).toPrecision(6)));
			if (x + 4 + ctx.measureText(words).width < this.width) ctx.fillText(words, x + 4, AXIS / 2);
			this.drawn++;
		}
	},

	/* -- moving -- */
	zoom(factor, at) {
		const [a, b] = this.view, middle = at ?? (a + b) / 2, all = timelineModel.span[1] - timelineModel.span[0];
		const span = Math.max(100, Math.min(all * 1.05, (b - a) * factor)), part = (middle - a) / (b - a);
		this.move(middle - part * span, span);
	},

	move(a, span) {
		const [low, high] = timelineModel.span, slack = (high - low) * 0.025;
		const start = Math.max(low - slack, Math.min(a, high + slack - span));
		this.view = [start, start + span];
		this.later();
	},

	fit() {
		const [low, high] = timelineModel.span;
		this.view = [low, high + (high - low) * 0.02];
		this.later();
	},

	listen() {
		this.box.addEventListener("wheel", (event) => {
			const pan = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX, span = this.view[1] - this.view[0];
			if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(event.deltaY / 300), this.t((event.clientX - this.canvas.getBoundingClientRect().left) / this.scale));
			else if (pan) this.move(this.view[0] + (pan / this.box.clientWidth) * span, span);
			else return;
			event.preventDefault();
		}, { passive: false });
		this.box.addEventListener("pointerdown", (event) => { if (event.button === 0) this.drag = { x: event.clientX, y: event.clientY, top: this.box.scrollTop, view: this.view, far: false }; });
		this.box.addEventListener("pointermove", (event) => {
			if (!this.drag) return this.hover(event);
			const dx = event.clientX - this.drag.x, dy = event.clientY - this.drag.y;
			if (!this.drag.far && Math.abs(dx) + Math.abs(dy) < 4) return undefined;
			if (!this.drag.far) this.box.setPointerCapture(event.pointerId);
			this.drag.far = true;
			const span = this.drag.view[1] - this.drag.view[0];
			this.move(this.drag.view[0] - (dx / this.scale / (this.width - this.left)) * span, span);
			if (event.pointerType === "mouse") this.box.scrollTop = this.drag.top - dy;
			return undefined;
		});
		const up = (event) => {
			if (this.drag && !this.drag.far && event.type === "pointerup") this.click(event);
			this.drag = undefined;
		};
		this.box.addEventListener("pointerup", up);
		this.box.addEventListener("pointercancel", up);
		this.box.addEventListener("focus", () => this.later());
		this.box.addEventListener("blur", () => this.later());
	},

	/* What is at a point: {lane, life, mark, wrong}. */
	find(event) {
		const box = this.canvas.getBoundingClientRect(), x = (event.clientX - box.left) / this.scale, y = (event.clientY - box.top) / this.scale;
		const n = Math.floor((y - AXIS + this.box.scrollTop / this.scale) / LANE), lane = this.lanes[n], t = this.t(x), near = this.t(x + 5) - t;
		if (y < AXIS || !lane) return {};
		if (x < this.left) return { n, lane };
		const wrong = timelineModel.wrongs(lane).find((one) => Math.abs(one.t - t) <= near), inside = (life) => life[L.T] - near <= t && t <= timelineModel.endOf(life) + near;
		let i = lowest(lane.lives, t + near, (life) => life[L.T]) - 1, life;
		for (let tries = 0; lane.kind === "fd" && i >= 0 && tries < 20 && !life; tries++, i--) if (inside(lane.lives[i])) life = lane.lives[i];
		let mark;
		if (life) for (const one of timelineModel.marks(life)) if (Math.abs(one[M.T] - t) <= near && (!mark || Math.abs(one[M.T] - t) < Math.abs(mark[M.T] - t))) mark = one;
		return { n, lane, life: life || wrong?.life, mark, wrong, t };
	},

	laneText(lane, t) {
		const process = processes[lane.process];
		if (lane.kind === "process") return `process ${processText(lane.process)}: ${process.command || ""}, ended: ${process.end}`;
		if (lane.kind === "place") {
			const curve = timelineModel.curve(lane), i = t === undefined ? -1 : lowest(curve, t, (point) => point.t) - 1;
			return `${lane.name}: ${number(lane.lives.length)} opened, at most ${number(lane.most)} at once${i >= 0 ? `, ${number(curve[i].n)} here` : ""}. Enter shows them one by one.`;
		}
		return `${lane.name} of ${processText(lane.process)}: opened ${count(lane.lives.length, "time")}`;
	},

	tell({ lane, life, mark, wrong, t }) {
		if (!lane) return;
		this.told.replaceChildren(...[wrong ? h("div", "error", `${wrong.words} at ${time(wrong.t - timelineModel.span[0])}`) : "", mark ? h("div", "", timelineModel.markText(life, mark)) : "",
			h("div", "", life ? timelineModel.lifeText(life) : this.laneText(lane, t))].filter(Boolean));
	},

	hover(event) { this.tell(this.find(event)); },

	click(event) {
		const found = this.find(event);
		if (!found.lane) return;
		this.at = { lane: found.n, step: -1 };
		this.tell(found);
		this.open(found);
		this.later();
	},

	open({ lane, life }) {
		if (!life && lane.kind === "place") {
			if (!this.unfolded.delete(lane.key)) this.unfolded.add(lane.key);
			this.arrange();
		} else if (life) this.show(life);
	},

	/* A life as a list, for those who cannot see the canvas, and to copy from. */
	show(life) {
		const told = timelineModel.told.get(life) || [];
		this.life.replaceChildren(h("article", { "aria-label": "a descriptor's life" }, h("h3", "", timelineModel.lifeText(life)),
			life[L.RX] >= 0 || life[L.TX] >= 0 ? h("p", "", `${bytes(Math.max(0, life[L.RX]))} in, ${bytes(Math.max(0, life[L.TX]))} out`) : "",
			h("ol", "", [...timelineModel.marks(life)].map((mark) => h("li", mark[M.VIOLATION] >= 0 ? "error" : "", timelineModel.markText(life, mark)))),
			life[L.OMITTED] ? h("p", "dim", `${count(life[L.OMITTED], "call")} before the last are left out`) : "",
			told.map((violation) => h("p", "", badge(violation), " ", h("button", { type: "button", cls: "link", onclick: () => violationView.go(violation.print) }, violation.words))),
			h("h4", "", "Opened by"), stackElement(life[L.STACK])));
	},

	/* Every point in a lane that the keys reach, in order of time. */
	steps(lane) {
		lane.steps ??= [...(lane.kind === "fd" ? lane.lives.slice(0, 5000).flatMap((life) => [...timelineModel.marks(life)].map((mark) => ({ t: mark[M.T], life, mark }))) : []),
			...timelineModel.wrongs(lane).slice(0, 5000).map((wrong) => ({ t: wrong.t, life: wrong.life, wrong }))].sort((a, b) => a.t - b.t);
		return lane.steps;
	},

	key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const { lane, step } = this.at, steps = this.lanes[lane] ? this.steps(this.lanes[lane]) : [];
		const moves = {
			ArrowDown: () => this.focus(lane + 1, -1), ArrowUp: () => this.focus(lane - 1, -1), PageDown: () => this.focus(lane + 10, -1), PageUp: () => this.focus(lane - 10, -1),
			Home: () => this.focus(0, -1), End: () => this.focus(this.lanes.length - 1, -1), ArrowRight: () => this.focus(lane, Math.min(step + 1, steps.length - 1)),
			ArrowLeft: () => this.focus(lane, Math.max(step - 1, -1)), "+": () => this.zoom(0.5, steps[step]?.t), "=": () => this.zoom(0.5, steps[step]?.t), "-": () => this.zoom(2, steps[step]?.t),
			0: () => this.fit(), Enter: () => this.open({ lane: this.lanes[lane], life: steps[step]?.life || (this.lanes[lane]?.kind === "fd" ? this.lanes[lane].lives[0] : undefined) }),
		};
		if (!moves[event.key]) return;
		event.preventDefault();
		moves[event.key]();
	},

	focus(lane, step) {
		lane = Math.max(0, Math.min(this.lanes.length - 1, lane));
		this.at = { lane, step };
		const top = lane * LANE * this.scale, below = (LANE + AXIS - this.height) * this.scale, found = step >= 0 ? this.steps(this.lanes[lane])[step] : {};
		if (top < this.box.scrollTop) this.box.scrollTop = top;
		else if (top + below > this.box.scrollTop) this.box.scrollTop = top + below;
		if (found.t !== undefined && (found.t < this.view[0] || found.t > this.view[1])) this.move(found.t - (this.view[1] - this.view[0]) / 2, this.view[1] - this.view[0]);
		this.tell({ lane: this.lanes[lane], ...found });
		this.later();
	},

	/* Scrolls a life into view. */
	go(life) {
		const find = () => this.lanes.findIndex((lane) => lane.kind === "fd" && lane.lives.includes(life));
		let n = find();
		if (n < 0) {
			this.filter = { place: "", process: "", kind: "", state: "", peer: "", wrong: false };
			for (const input of document.querySelectorAll("#timeline .bar input")) { input.value = ""; input.checked = false; }
			if (this.byPlace) this.unfolded.add(`${life[L.PROCESS]} ${life[L.PLACE]}`);
			this.arrange();
			n = find();
		}
		const start = life[L.T], span = Math.max(1e4, (timelineModel.endOf(life) - start) * 1.4);
		document.getElementById("timeline").scrollIntoView();
		this.move(start - span * 0.15, span);
		this.focus(Math.max(0, n), -1);
		this.tell({ lane: this.lanes[n], life });
		this.show(life);
		this.box.focus({ preventScroll: true });
	},
};
