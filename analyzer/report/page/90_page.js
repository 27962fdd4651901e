/* The page. SPDX-License-Identifier: Apache-2.0 */
function headerPart() {
	const cls = /^no |nothing/.test(head.verdict) && !head.incomplete.length ? "good" : head.verdict.includes("error") ? "error" : "warning";
	return h("header", "", h("h1", cls, head.verdict), head.command ? h("p", "", h("code", "", head.command)) : "", head.runs.length > 1 ? h("p", "", `${head.runs.length} reports in one`) : "",
		h("p", "dim", [head.date, `SockSan ${head.version}`].filter(Boolean).join(", ")), h("p", "dim", head.summary), head.incomplete.map((words) => h("p", "banner", h("b", "error", "incomplete: "), words)));
}

/* Light or dark as set in the system, until the reader chooses. */
function themeButton() {
	const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
	let chosen = "";
	const button = h("button", { type: "button", onclick: () => { chosen = root.dataset.theme === "dark" ? "light" : "dark"; apply(); } });
	function apply() {
		root.dataset.theme = chosen || (system.matches ? "dark" : "light");
		button.textContent = root.dataset.theme === "dark" ? "light" : "dark";
		button.setAttribute("aria-label", `switch to the ${button.textContent} theme`);
		if (timelineView.canvas) timelineView.later();
	}
	system.addEventListener("change", apply);
	apply();
	return button;
}

function start() {
	document.getElementById("page")?.remove();
	const timeline = timelineView.build(), parts = [overviewPart(), violationView.build(), exploredPart(), openPart(), timeline, growthPart(), trendPart(), processPart(), notesPart()].filter(Boolean);
	const links = parts.map((part) => h("a", { href: "#" + part.id }, part.querySelector("h2").textContent));
	document.body.prepend(h("div", { id: "page" }, headerPart(), h("nav", { "aria-label": "parts of the report" }, h("div", "", links, h("span", "space"), themeButton())), h("main", "", parts), h("footer", "", status)));
	violationView.show();
	if (timelineView.box) timelineView.fit(), timelineView.arrange();
	const follow = () => violationView.go(decodeURIComponent(location.hash.slice(1)));
	addEventListener("hashchange", follow);
	addEventListener("beforeprint", () => violationView.print(true));
	addEventListener("afterprint", () => violationView.print(false));
	if (location.hash) follow();
}

start();
