/* The other parts: what matters most, processes, what is open, growth, runs, notes. SPDX-License-Identifier: Apache-2.0 */
function tile(n, words, cls) { return h("li", "", h("b", cls, number(n)), words); }

function overviewPart() {
	const sums = { error: 0, warning: 0, note: 0, known: 0, suppressed: 0 };
	for (const violation of violations) sums[violation.group === "new" ? violation.severity : violation.group] += violation.count;
	const open = data.open.reduce((sum, place) => sum + place.count, 0);
	const tiles = h("ul", "tiles", tile(sums.error, "errors", sums.error ? "error" : "good"), tile(sums.warning, "warnings", sums.warning ? "warning" : "good"),
		["note", "known", "suppressed"].filter((key) => sums[key]).map((key) => tile(sums[key], key === "note" ? "notes" : key, "dim")), open ? tile(open, "open now", "") : "", tile(processes.length, processes.length === 1 ? "process" : "processes", ""));
	return section("overview", "Overview", tiles, placesPart());
}

/* The ten places that matter most, the worst first. */
function placesPart() {
	const rows = new Map(), order = ["error", "warning", "note"];
	for (const violation of violations) {
		if (violation.group !== "new") continue;
		const key = `${violation.code} ${violation.file}`;
		const row = rows.get(key) || rows.set(key, { ...violation, count: 0, places: 0 }).get(key);
		row.count += violation.count;
		row.places++;
		if (order.indexOf(violation.severity) < order.indexOf(row.severity)) row.severity = violation.severity;
	}
	const all = [...rows.values()].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || b.count - a.count || a.n - b.n), most = largest(all.map((row) => row.count), 1);
	if (!all.length) return "";
	const body = h("tbody", "", all.slice(0, 10).map((row) => {
		const meter = h("span", { cls: "meter", "aria-hidden": "true" });
		meter.style.width = Math.max(2, (row.count / most) * 80) + "px";
		return h("tr", "", h("td", "n", number(row.count)), h("td", "", meter), h("td", row.severity, row.severity), h("td", "", h("code", "", row.code)), h("td", "n", number(row.places)),
			h("td", "", h("button", { type: "button", cls: "link", onclick: () => { violationView.set("code", row.code); violationView.set("words", row.file); document.getElementById("violations").scrollIntoView(); } }, row.file || "no stack")));
	}));
	return [h("h3", "", all.length > 10 ? `Ten of ${all.length} files that matter most` : "Where"), h("div", "scroll", h("table", "", h("thead", "", h("tr", "", ["times", "share", "severity", "code", "places", "file"].map((name) =>
		h("th", { scope: "col", cls: ["times", "places"].includes(name) ? "n" : "" }, name)))), body))];
}

function processPart() {
	if (!processes.length) return "";
	const children = new Map();
	processes.forEach((process, n) => {
		const parent = process.parent !== undefined && process.parent !== n ? process.parent : -1;
		children.get(parent)?.push(n) ?? children.set(parent, [n]);
	});
	/* Deep and wide trees are shown in parts, this many processes at a time. */
	let room = 300;
	const item = (n) => {
		const process = processes[n], below = children.get(n) || [], bad = !["exit", "exec", "running"].includes(process.end);
		room--;
		const element = h("li", "", h("b", "", processText(n)), " ", h("code", "dim", process.command || ""), " ", h("span", bad ? "error" : "dim",
			`${process.how ? `by ${process.how}, ` : ""}${process.end === "running" ? "still runs" : "ended: " + process.end}`), h("span", "dim", `, ${count(process.sockets, "socket")}, ${count(process.events, "event")}`),
			process.dropped ? h("b", "error", `, ${number(process.dropped)} events were not recorded`) : "");
		if (below.length) element.append(branch(below));
		return element;
	};
	const branch = (list) => {
		const element = h("ul");
		if (room > 0) {
			const more = some(list, Math.max(1, Math.min(100, room)), element, (n) => item(n), "process");
			return h("div", "", element, more);
		}
		const show = h("button", { type: "button", onclick: () => { room = 300; show.replaceWith(branch(list)); } }, `show ${count(list.length, "child").replace("childs", "children")}`);
		return h("div", "", show);
	};
	const roots = children.get(-1) || [];
	return section("processes", "Processes", h("div", "tree", branch(roots)));
}

function openPart() {
	if (!data.open.length) return "";
	const list = h("div"), suspects = violations.filter((violation) => violation.code === "leak-suspect");
	const more = some(data.open, 100, list, (place) => {
		const facts = h("dl"), fact = (name, value) => value && facts.append(h("dt", "", name), h("dd", "", value));
		fact("process", `${place.pid}${place.name ? ` (${place.name})` : ""}${onHost(place)}`);
		fact("states", place.states);
		fact("over time", place.growth && `${place.growth} (every ${place.step})`);
		fact("descriptors", place.fds.slice(0, 30).join(", ") + (place.fds.length > 30 ? ` and ${place.fds.length - 30} more` : ""));
		fact("local", place.local);
		fact("peer", place.peer);
		const suspect = suspects.find((violation) => violation.pids.includes(place.pid) && violation.stacks.some((stack) => stack.stack === place.stack));
		return h("details", "", h("summary", "", h("b", "", "open: "), place.heading, " ", h("code", "", placeText(place.place)), suspect ? h("b", suspect.severity, " leak-suspect") : ""),
			suspect ? h("button", { type: "button", cls: "link", onclick: () => violationView.go(suspect.print) }, suspect.words) : "", facts, h("h4", "", "Opened by"), stackElement(place.stack));
	}, "place");
	return section("open", "Open in running processes", list, more);
}

function curve(growth) {
	const extra = growth.span === undefined ? 0 : Math.ceil(growth.span / growth.step) - growth.open.length;
	const points = [0, ...growth.open, ...Array(Math.max(0, Math.min(16, extra))).fill(growth.open[growth.open.length - 1])], most = Math.max(...points);
	const at = (n, i) => `${(i / (points.length - 1)) * 100} ${38 - (n / most) * 36}`, line = "M" + points.map(at).join("L");
	const words = `open at the end of each ${time(growth.step)}: ${points.slice(1).join(" ")}`;
	const picture = svg("svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none", role: "img", "aria-label": words });
	picture.append(svg("path", { class: "area", d: `${line}L100 38L0 38Z` }), svg("path", { d: line }));
	return h("figure", "", h("figcaption", "", h("code", "", placeText(growth.place) || "unknown place"), h("span", "dim", ` in ${processText(growth.process) || growth.pid}`)), picture,
		h("div", "dim", `at most ${number(most)}, at the end ${number(points[points.length - 1])}, over ${time(growth.step * (points.length - 1))}`));
}

function growthPart() {
	const long = data.growth.filter((growth) => Math.max(growth.open.length, (growth.span ?? 0) / growth.step) >= 3 && Math.max(...growth.open) > 1);
	const last = (growth) => growth.open[growth.open.length - 1];
	long.sort((a, b) => last(b) - last(a) || Math.max(...b.open) - Math.max(...a.open));
	if (!long.length) return "";
	return section("growth", "Growth", h("p", "dim", `Open descriptors over time, by the place that opened them${long.length > 12 ? `: 12 of ${number(long.length)} places` : ""}.`), h("div", "curves", long.slice(0, 12).map(curve)));
}

/* Which of the merged reports had a violation, in the order in which they were given: the last one is the present. */
function trendPart() {
	const runs = head.runs;
	if (runs.length < 2) return "";
	const last = runs.length - 1, kinds = { "new": [], "still there": [], gone: [] };
	for (const violation of violations) {
		if (violation.group === "suppressed" || !violation.runs) continue;
		const times = new Map(violation.runs);
		kinds[!times.has(last) ? "gone" : times.size === 1 ? "new" : "still there"].push([violation, times]);
	}
	const from = Math.max(0, runs.length - 20), shown = runs.slice(from);
	const body = h("tbody"), rows = Object.entries(kinds).flatMap(([kind, list]) => list.map((one) => [kind, ...one]));
	const more = some(rows, 100, body, ([kind, violation, times]) => h("tr", "", h("td", { "new": "error", gone: "good" }[kind] || "", kind), h("td", "", badge(violation), " ",
		h("button", { type: "button", cls: "link", onclick: () => violationView.go(violation.print) }, violation.words), h("div", "dim mono", placeText(violation.place))),
	shown.map((_, n) => h("td", "n", times.has(from + n) ? number(times.get(from + n)) : "\u2013"))), "violation");
	return section("runs", "Runs", h("p", "", `In ${runs[last]}, the last of ${runs.length} reports: ${kinds.new.length} new, ${kinds["still there"].length} still there, ${kinds.gone.length} gone.`),
		h("div", { cls: "scroll", tabindex: "0", role: "region", "aria-label": "violations by report" }, h("table", "", h("thead", "", h("tr", "", h("th", { scope: "col" }, "change"), h("th", { scope: "col" }, "violation"), shown.map((name) => h("th", { scope: "col", cls: "n" }, name)))), body)), more);
}

/* What was made to fail, and with what result: what led to violations first, what was silent last. */
function exploredPart() {
	const { explored } = data;
	if (!explored) return "";
	const words = { found: "found", "not-reached": "not reached", "not-tried": "not tried", silent: "silent" }, order = Object.keys(words);
	const prints = new Map(violations.flatMap(({ injected, code, print }) => (injected || []).map((one) => [[one.call, one.site, one.error, code].join(" "), print])));
	const all = explored.sites.flatMap((site) => site.faults.map((fault) => ({ ...site, ...fault }))).sort((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
	const link = (row, code) => {
		const print = prints.get([row.call, row.site, row.error, code].join(" "));
		return [" ", print ? h("button", { type: "button", cls: "link", onclick: () => violationView.go(print) }, code) : h("code", "", code)];
	};
	const line = (row) => h("tr", "", h("td", { found: "error", silent: "good" }[row.result] || "dim", words[row.result], (row.codes || "").split(" ").filter(Boolean).map((code) => link(row, code))),
		h("td", "", h("code", "", row.call)), h("td", "", h("code", "", row.error)), h("td", "", h("code", "", frameText(row.place) || "unknown place")),
		h("td", "dim", [row.own ? "" : "not your own code", row.unsteady ? "not reached in each run" : ""].filter(Boolean).join(", ")));
	const box = h("div"), many = (result) => all.filter((row) => !result || row.result === result);
	const show = (result) => {
		const body = h("tbody"), more = some(many(result), 100, body, line, "failure");
		box.replaceChildren(h("div", { cls: "scroll", tabindex: "0", role: "region", "aria-label": "what was tried" }, h("table", "", h("thead", "", h("tr", "",
			["result", "call", "failure", "where", "about it"].map((name) => h("th", { scope: "col" }, name)))), body)), more);
	};
	show("");
	return section("explored", "Explored", h("p", "", explored.summary), h("div", "bar", h("label", "", "result", h("select", { onchange: (event) => show(event.target.value) },
		h("option", { value: "" }, `all (${number(all.length)})`), order.filter((result) => many(result).length).map((result) => h("option", { value: result }, `${words[result]} (${number(many(result).length)})`))))), box);
}

function notesPart() {
	return head.notes.length ? section("notes", "Notes", h("ul", "", head.notes.map((note) => h("li", "wrap", note)))) : "";
}
