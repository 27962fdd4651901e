/* The script of the HTML page. It builds what it shows from the JSON beside it, as text only: no name from a trace becomes markup.
 * SPDX-License-Identifier: Apache-2.0 */

/* -- the data: see analyzer/report/html_data.h -- */
const data = JSON.parse(document.getElementById("data").textContent);
const { head, processes, strings } = data;
const text = (n) => (n === undefined || n < 0 ? "" : strings[n]);

/* A program that an exec started is shown below the one that it replaced. */
const images = new Map();
processes.forEach((process, n) => {
	const image = `${process.pid} ${process.host ?? ""}`, before = images.get(image);
	if (process.parent === undefined && before !== undefined && processes[before].end === "exec" && processes[before].stop <= process.start) process.parent = before;
	images.set(image, n);
});

/* A frame by its number; a frame without a name has an empty text. */
const frames = data.frames.map(([fn, file, line, module, offset, lang, own]) => {
	const at = text(file) ? text(file) + (line > 0 ? ":" + line : "") : text(module) ? text(module) + "+0x" + offset.toString(16) : "";
	return { fn: text(fn), file: text(file) || text(module), at, lang: text(lang), own: own === 1, all: at + (text(fn) ? (at ? " in " : "") + text(fn) : "") };
});
const frameText = (n) => (n === undefined || n < 0 ? "" : frames[n].all);
const placeText = (n) => (n === undefined || n < 0 ? "" : frames[n].at || frames[n].fn);

/* -- elements -- */
function fill(element, children) {
	for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== "") element.append(child);
	return element;
}

/* h("p", "class", child...): a child is an element, or a text, which stays text. */
function h(tag, about, ...children) {
	const element = document.createElement(tag);
	if (typeof about === "string") element.className = about;
	else
		for (const [key, value] of Object.entries(about || {}))
			if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
			else if (key in element && typeof value !== "string") element[key] = value;
			else if (value !== null) element.setAttribute(key === "cls" ? "class" : key, value);
	return fill(element, children);
}

const svg = (tag, attributes) => {
	const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	return element;
};

const section = (id, title, ...children) => h("section", { id, "aria-labelledby": id + "-title" }, h("h2", { id: id + "-title" }, title), ...children);

const status = h("div", { cls: "unseen", role: "status" });
const say = (words) => { status.textContent = words; };

/* The reader's font scale: 1 is 16 px. */
const scale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

/* -- words -- */
const number = (n) => n.toLocaleString("en-US");
const count = (n, one) => `${number(n)} ${one}${n === 1 ? "" : "s"}`;

function time(ns) {
	const units = [[3600e9, "h"], [60e9, "min"], [1e9, "s"], [1e6, "ms"], [1e3, "\u00b5s"]];
	for (const [size, unit] of units)
		if (Math.abs(ns) >= size) return `${Number((ns / size).toPrecision(ns / size >= 100 ? 3 : 2))} ${unit}`;
	return `${ns} ns`;
}

function bytes(n) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let unit = 0;
	while (n >= 1000 && unit < units.length - 1) { n /= 1000; unit++; }
	return `${Number(n.toPrecision(n >= 100 ? 3 : 2))} ${units[unit]}`;
}

/* For a list that may be too long to pass as arguments. */
const largest = (list, least) => list.reduce((most, n) => Math.max(most, n), least);

/* Its host, if there are several. */
const onHost = (one) => (one.host ? ` on ${one.host}` : "");
const processText = (n) => (n === undefined || n < 0 ? "" : `${processes[n].pid}${processes[n].name ? " " + processes[n].name : ""}${onHost(processes[n])}`);

/* The first `n` of many, and a button that shows as many more. */
function some(list, n, element, make, what) {
	let shown = 0;
	const more = h("button", { type: "button", onclick: () => add() });
	function add() {
		const to = Math.min(list.length, shown + n);
		for (; shown < to; shown++) element.append(make(list[shown], shown));
		more.textContent = `show ${number(Math.min(n, list.length - shown))} more of ${count(list.length, what)}`;
		more.hidden = shown === list.length;
	}
	add();
	return more;
}

/* -- copying -- */
async function copy(words) {
	try {
		await navigator.clipboard.writeText(words);
	} catch {
		const area = h("textarea", { cls: "unseen", "aria-hidden": "true" });
		area.value = words;
		document.body.append(area);
		area.select();
		document.execCommand("copy");
		area.remove();
	}
	say("copied: " + words);
}

function copied(words, what) {
	const button = h("button", { type: "button", "aria-label": "copy " + what, onclick: async () => {
		await copy(words);
		button.textContent = "copied";
		setTimeout(() => { button.textContent = "copy"; }, 1500);
	} }, "copy");
	return h("div", "copy", h("code", "", words), button);
}
