/* What the timeline is drawn with: colours that colour-blind people can distinguish, each with a pattern of its own. SPDX-License-Identifier: Apache-2.0 */
const looks = {
	CLOSED: ["#8a8f98", "outline"], BOUND: ["#56b4e9", "dots"], CONNECTING: ["#e69f00", "hatch"], ESTABLISHED: ["#009e73", "solid"], LISTENING: ["#0072b2", "bars"],
	CLOSE_WAIT: ["#d55e00", "back"], FIN_WAIT: ["#cc79a7", "stripes"], CLOSING: ["#c7b900", "cross"],
};
const look = (state) => looks[state] || ["#7a8594", "solid"];
const patterns = new Map();

function drawTile(ctx, kind) {
	const line = (x0, y0, x1, y1) => { ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); };
	ctx.beginPath();
	if (kind === "hatch" || kind === "cross") { line(-1, 9, 9, -1); line(-1, 1, 1, -1); line(7, 9, 9, 7); }
	if (kind === "back" || kind === "cross") { line(-1, -1, 9, 9); line(7, -1, 9, 1); line(-1, 7, 1, 9); }
	if (kind === "bars") line(2, 0, 2, 8);
	if (kind === "stripes") { line(0, 2, 8, 2); line(0, 6, 8, 6); }
	if (kind === "dots") { ctx.rect(1, 1, 1.5, 1.5); ctx.rect(5, 5, 1.5, 1.5); }
	ctx.stroke();
}

/* A fill for the bar of a state. */
function fillOf(ctx, state) {
	const [colour, kind] = look(state);
	if (kind === "solid") return colour;
	const key = colour + kind;
	if (!patterns.has(key)) {
		const tile = document.createElement("canvas"), on = tile.getContext("2d");
		tile.width = tile.height = 8;
		on.fillStyle = colour;
		on.globalAlpha = kind === "outline" ? 0.25 : 1;
		on.fillRect(0, 0, 8, 8);
		on.globalAlpha = 1;
		on.strokeStyle = "rgba(255,255,255,.85)";
		on.lineWidth = 1.6;
		if (kind !== "outline") drawTile(on, kind);
		patterns.set(key, tile);
	}
	return ctx.createPattern(patterns.get(key), "repeat");
}

/* The mark of a call: each thread of a process has a shape. */
const shapes = ["bar", "circle", "square", "diamond", "triangle", "plus"];
function drawShape(ctx, shape, x, y) {
	ctx.beginPath();
	if (shape === "bar") ctx.rect(x - 0.75, y - 6, 1.5, 12);
	else if (shape === "circle") ctx.arc(x, y, 3.2, 0, 7);
	else if (shape === "square") ctx.rect(x - 2.8, y - 2.8, 5.6, 5.6);
	else if (shape === "diamond") { ctx.moveTo(x, y - 4.4); ctx.lineTo(x + 4.4, y); ctx.lineTo(x, y + 4.4); ctx.lineTo(x - 4.4, y); ctx.closePath(); }
	else if (shape === "triangle") { ctx.moveTo(x, y - 4); ctx.lineTo(x + 4, y + 3.5); ctx.lineTo(x - 4, y + 3.5); ctx.closePath(); }
	else { ctx.rect(x - 4, y - 0.9, 8, 1.8); ctx.rect(x - 0.9, y - 4, 1.8, 8); }
	ctx.fill();
}

/* The moment of a violation. */
function drawWrong(ctx, x, y, colours) {
	ctx.beginPath();
	ctx.moveTo(x - 5.5, y - 9);
	ctx.lineTo(x + 5.5, y - 9);
	ctx.lineTo(x, y + 1);
	ctx.closePath();
	ctx.fillStyle = colours.error;
	ctx.fill();
	ctx.lineWidth = 1.5;
	ctx.strokeStyle = colours.back;
	ctx.stroke();
}

const dashes = { fork: [], exec: [6, 4], "fork and exec": [6, 4], SCM_RIGHTS: [2, 3] };
function drawCrossing(ctx, x0, y0, x1, y1, how, colour) {
	ctx.beginPath();
	ctx.setLineDash(dashes[how] || []);
	ctx.lineWidth = 1.5;
	ctx.strokeStyle = colour;
	ctx.moveTo(x0, y0);
	ctx.lineTo(x1, y1);
	ctx.stroke();
	ctx.setLineDash([]);
	const up = y1 < y0 ? 1 : -1;
	ctx.beginPath();
	ctx.moveTo(x1, y1);
	ctx.lineTo(x1 - 3.5, y1 + 6 * up);
	ctx.lineTo(x1 + 3.5, y1 + 6 * up);
	ctx.closePath();
	ctx.fillStyle = colour;
	ctx.fill();
}

/* A small picture for the legend. */
function swatch(width, draw) {
	const canvas = h("canvas", { width: String(width * 2), height: "28", "aria-hidden": "true" });
	canvas.style.width = width + "px";
	canvas.style.height = "14px";
	const ctx = canvas.getContext("2d");
	ctx.scale(2, 2);
	draw(ctx);
	return canvas;
}

function colours() {
	const style = getComputedStyle(document.documentElement);
	return Object.fromEntries(["back", "card", "text", "dim", "line", "link", "mark", "error"].map((name) => [name, style.getPropertyValue("--" + name).trim()]));
}

/* The steps of an axis: about one per 110 px, each 1, 2 or 5 times a power of ten. */
function axisStep(span, width) {
	const least = (span / width) * 110, ten = 10 ** Math.floor(Math.log10(least));
	return [1, 2, 5, 10].map((n) => n * ten).find((step) => step >= least);
}
