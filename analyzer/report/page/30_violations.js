/* The violations: a list in the order of the report, and one violation in full. SPDX-License-Identifier: Apache-2.0 */
const groups = ["new", "known", "suppressed"];
const violations = data.violations.sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
violations.forEach((violation, n) => {
	violation.n = n;
	violation.words = text(violation.message) + (violation.count > 1 ? ` (${number(violation.count)} times)` : "");
	violation.file = violation.place === undefined ? "" : frames[violation.place].file;
});
const byPrint = new Map(violations.map((violation) => [violation.print, violation]));
const badge = (violation) => [h("b", violation.severity, violation.severity), " ", h("code", "", violation.code),
	violation.group === "new" ? "" : h("span", "dim", ` ${violation.group}`)];

/* -- one in full -- */

/* What the process recorded of its descriptor: each step, and the time since the previous one. */
function strip(steps, ending) {
	const list = h("ol", { cls: "strip", "aria-label": "life of the descriptor" });
	let last;
	steps.forEach((step, n) => {
		const gap = n > 0 ? h("span", "gap", `${step.omitted ? "\u2026 " : ""}${step.t === undefined ? "" : time(step.t - last)} \u2192`) : "";
		last = step.t ?? last;
		list.append(h("li", "", gap, h("span", { cls: step.bad ? "step bad" : "step", title: frameText(step.frame) }, step.words)));
	});
	if (ending) list.append(h("li", "", h("span", "gap", "\u2192"), h("span", "step bad", ending)));
	return list;
}

function stateWords(state) {
	return { CLOSED: "", BOUND: "bound", CONNECTING: "connecting", ESTABLISHED: "connected", LISTENING: "listening", CLOSE_WAIT: "peer closed",
		FIN_WAIT: "shut down", CLOSING: "closing" }[state] ?? state ?? "";
}

function stepWords(op, error, state, times) {
	const into = error || stateWords(state);
	return (op || "a call") + (into ? ": " + into : "") + (times > 1 ? ` (${number(times)} times)` : "");
}

/* "pid 7 thread 8: " when a different one continues. */
function actor(step, before) {
	if (!before || (step.pid === before.pid && (step.tid === before.tid || !(step.tid > 0)))) return "";
	return `${step.pid === before.pid ? "" : `pid ${step.pid}${step.tid > 0 && step.tid !== step.pid ? " " : ""}`}${step.tid > 0 && (step.pid === before.pid || step.tid !== step.pid) ?
		step.tid === step.pid ? "main thread" : "thread " + step.tid : ""}: `;
}

function violationStrip(violation) {
	const life = timelineModel.lifeOf(violation), told = violation.history;
	const steps = told.map((step, n) => ({ words: actor(step, told[n - 1]) + stepWords(step.op, step.error, step.to, step.count), t: step.t, frame: step.frame, omitted: step.omitted,
		bad: Boolean(step.error) }));
	if (!steps.length) return "";
	if (life && (life[L.RX] > 0 || life[L.TX] > 0)) {
		const closed = life[L.END] < 0 ? -1 : steps.findIndex((step) => step.t >= life[L.END]), moved = { words: `${bytes(Math.max(0, life[L.RX]))} in, ${bytes(Math.max(0, life[L.TX]))} out` };
		steps.splice(closed < 0 ? steps.length : closed, 0, moved);
	}
	if (violation.ending && life && life[L.END] < 0) {
		const state = timelineModel.states[life[L.STATE]];
		if (stateWords(state) && told.findLast((step) => step.to)?.to !== state) steps.push({ words: stateWords(state) });
		return strip(steps, `${violation.ending}, open for ${time(timelineModel.endOf(life) - life[L.T])}`);
	}
	return strip(steps, violation.ending);
}

/* A stack, with frames that are not the user's own folded away. */
function stackElement(n) {
	const list = h("ol", "frames");
	const stack = n === undefined || n < 0 ? [] : data.stacks[n].map((frame) => frames[frame]);
	const line = (frame) => h("li", frame.own ? "own" : "", h("code", "", frame.all || "?"));
	const any = stack.some((frame) => frame.own);
	for (let i = 0; i < stack.length;) {
		let to = i;
		while (to < stack.length && !stack[to].own) to++;
		if (to === i || (!any && i === 0)) {
			list.append(line(stack[i++]));
			continue;
		}
		if (to - i === 1) list.append(line(stack[i]));
		else list.append(h("li", "", h("details", "", h("summary", "", `${to - i} frames that are not your own`), h("ol", "frames", stack.slice(i, to).map(line)))));
		i = to;
	}
	return list;
}

function stackTitle(stack) {
	const words = stack.words.charAt(0).toUpperCase() + stack.words.slice(1);
	return words + (stack.op ? ` by ${stack.op}` : "") + (stack.error ? `, which failed with ${stack.error}` : "") + (stack.tid ? `, in thread ${stack.tid}` : "");
}

function sourceElement(source) {
	const indent = Math.min(...source.lines.filter((line) => line.trim()).map((line) => line.search(/\S/)), 100);
	return h("pre", { tabindex: "0", "aria-label": "source" }, source.lines.map((line, i) => {
		const at = source.first + i;
		return h("span", at === source.line ? "here" : "away", `${at === source.line ? ">" : " "} ${String(at).padStart(5)} | ${line.slice(indent)}`);
	}));
}

function factsElement(violation) {
	const list = h("dl");
	const fact = (name, value) => value && list.append(h("dt", "", name), h("dd", "", value));
	const few = (all) => all.slice(0, 12).join(", ") + (all.length > 12 ? ` and ${number(all.length - 12)} more` : "");
	fact("where", h("code", "", frameText(violation.place)));
	fact("process", violation.pids.length > 1 ? few(violation.pids) : processText(violation.process) || few(violation.pids));
	fact("hosts", violation.hosts);
	fact("descriptor", few(violation.fds));
	fact("from, to", [violation.local, violation.peer].filter(Boolean).join(" to "));
	fact("state", violation.state);
	fact("cause", violation.cause);
	fact("evidence", violation.evidence);
	fact("why it is suppressed", violation.by_design);
	fact("weakness", `CWE-${head.codes[violation.code].cwe}`);
	return list;
}

/* A call that was made to fail before it, how to repeat it, and where the threads were if the program hung. */
function injectedElement(injected) {
	return [h("h4", "", `After ${injected.words}`), injected.stack === undefined ? h("p", "dim", "the stack of that call is unknown") : stackElement(injected.stack),
		injected.again ? [h("div", "dim", "to repeat it"), copied(injected.again, "the command that repeats it")] : "",
		injected.threads.map((thread) => [h("h4", "", `Where thread ${thread.tid} was`), thread.stack === undefined ? h("p", "dim", "no stack was recorded") : stackElement(thread.stack)])];
}

function todo(violation) {
	const about = head.codes[violation.code];
	return [h("h4", "", "What to do"), h("p", "wrap", text(violation.help)),
		h("details", "", h("summary", "", "why it matters"), h("p", "", about.meaning), h("pre", { cls: "why" }, about.why)),
		h("h4", "", "If it is intended"), violation.suppression ? [h("div", "dim", "a line for --suppressions"), copied(violation.suppression, "the suppression")] : "",
		h("div", "dim", "to accept all current violations as a baseline"), copied(`socksan ${data.explored ? "explore" : "run"} --write-baseline=socksan-baseline.json -- ${head.command || "COMMAND"}`, "the baseline command")];
}

function violationElement(violation, printed) {
	const life = timelineModel.lifeOf(violation), link = "#" + violation.print;
	return h("article", { "aria-label": "the violation in full" }, h("div", "", badge(violation)), h("h3", "", violation.words), violationStrip(violation),
		violation.source ? sourceElement(violation.source) : "", factsElement(violation),
		violation.stacks.map((stack) => [h("h4", "", stackTitle(stack)), stackElement(stack.stack)]), (violation.injected || []).map(injectedElement), printed ? h("p", "", text(violation.help)) : todo(violation),
		printed ? "" : h("p", "", h("a", { href: link }, "link to this violation"), " ",
			h("button", { type: "button", onclick: () => copy(location.href.split("#")[0] + link) }, "copy link"), " ",
			life ? h("button", { type: "button", onclick: () => timelineView.go(life) }, "show on the timeline") : ""));
}

/* -- the list -- */
const violationView = {
	filter: { words: "", severity: "", code: "", group: "" },

	build() {
		this.detail = h("div");
		this.list = new RowList("violations, the most serious first", 57, (violation) => [
			h("div", "", badge(violation), " ", violation.words),
			h("div", "dim mono", placeText(violation.place) || "unknown place")], (violation) => this.choose(violation, true));
		this.told = h("p", "dim");
		if (!violations.length) return section("violations", "Violations", h("p", "good", "None."));
		return section("violations", "Violations", this.filters(), this.told, h("div", "pair", h("div", "", this.list.element, this.list.none), this.detail), this.printed = h("div", "print"));
	},

	filters() {
		const values = (key) => [...new Set(violations.map((violation) => violation[key]))].sort();
		const choice = (label, key) => h("label", "", label, this[key] = h("select", { onchange: (event) => this.set(key, event.target.value) },
			h("option", { value: "" }, "all"), values(key).map((value) => h("option", { value }, value))));
		return h("div", "bar", h("label", "", "search", this.words = h("input", { type: "search", oninput: (event) => this.set("words", event.target.value) })),
			choice("severity", "severity"), choice("code", "code"), choice("group", "group"));
	},

	set(key, value) {
		this.filter[key] = value;
		if (this[key] && this[key].value !== value) this[key].value = value;
		this.show();
	},

	matches(violation) {
		const { words, severity, code, group } = this.filter;
		if ((severity && violation.severity !== severity) || (code && violation.code !== code) || (group && violation.group !== group)) return false;
		if (!words) return true;
		violation.hay ??= [violation.words, violation.code, violation.print, violation.local, violation.peer, violation.hosts, ...(violation.injected || []).map((one) => one.words), violation.file, ...violation.stacks.flatMap((stack) =>
			stack.stack === undefined ? [] : data.stacks[stack.stack].map(frameText))].join("\n").toLowerCase();
		return words.toLowerCase().split(/\s+/).every((word) => violation.hay.includes(word));
	},

	show(violation) {
		if (!violations.length) return;
		const items = violations.filter((one) => this.matches(one)), at = Math.max(0, violation ? items.indexOf(violation) : 0);
		this.list.show(items, at);
		this.told.textContent = `${number(items.length)} of ${count(violations.length, "violation")}`;
		if (items.length) {
			this.list.reveal(at);
			this.choose(items[at], false);
		} else this.detail.replaceChildren();
	},

	choose(violation, byHand) {
		this.detail.replaceChildren(violationElement(violation, false));
		if (byHand)
			try {
				history.replaceState(null, "", "#" + violation.print);
			} catch { /* a page in a frame, or from an origin without addresses */ }
	},

	/* Shows a violation whatever the filter; false: none has this fingerprint. */
	go(print) {
		const violation = byPrint.get(print);
		if (!violation) return false;
		if (!this.matches(violation)) {
			this.filter = { words: "", severity: "", code: "", group: "" };
			for (const key of Object.keys(this.filter)) this[key].value = "";
		}
		this.show(violation);
		document.getElementById("violations").scrollIntoView();
		return true;
	},

	print(on) {
		const most = 300, items = on && this.list ? this.list.items : [];
		this.printed?.replaceChildren(...items.slice(0, most).map((violation) => violationElement(violation, true)),
			...(items.length > most ? [h("p", "", `and ${number(items.length - most)} more`)] : []));
	},
};
