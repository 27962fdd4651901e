/* The lives of descriptors as lanes: which lanes there are, which ones the filter leaves, who passed a descriptor to whom. SPDX-License-Identifier: Apache-2.0 */

/* The positions of values in a row of "lives", and in the calls in it, which have this many numbers each. */
const L = { PROCESS: 0, FD: 1, KIND: 2, WORDS: 3, PLACE: 4, STACK: 5, T: 6, END: 7, OP: 8, TID: 9, LOCAL: 10, PEER: 11, RX: 12, TX: 13, COOKIE: 14, FLAGS: 15, SOCK: 16,
	OMITTED: 17, STATE: 18, MARKS: 19 };
const M = { T: 0, OP: 1, TO: 2, TID: 3, FD: 4, ERROR: 5, VIOLATION: 6, COUNT: 7, FRAME: 8, SIZE: 9 };
const MADE = 1, LEAKED = 2, MISUSED = 4;

/* The index of the first element whose key is not below a value; the list is in order of key(). */
function lowest(list, value, key) {
	let low = 0, high = list.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (key(list[middle]) < value) low = middle + 1;
		else high = middle;
	}
	return low;
}

const timelineModel = {
	lives: data.timeline.lives || [],
	states: data.timeline.states || [],

	endOf(life) {
		if (life[L.END] >= 0) return life[L.END];
		const stop = life[L.PROCESS] >= 0 ? processes[life[L.PROCESS]].stop : undefined, marks = life[L.MARKS];
		return Math.max(stop ?? 0, life[L.T], marks.length ? marks[marks.length - M.SIZE + M.T] : 0);
	},

	/* Calls one by one, as offsets into the row. */
	*marks(life) {
		for (let i = 0; i < life[L.MARKS].length; i += M.SIZE) yield life[L.MARKS].slice(i, i + M.SIZE);
	},

	/* {t, state} of each change while it was open. */
	segments(life) {
		const found = [], marks = life[L.MARKS];
		for (let i = 0; i < marks.length; i += M.SIZE) {
			const to = marks[i + M.TO];
			if (to > 0 && !(found.length && life[L.END] >= 0 && marks[i + M.T] >= life[L.END]) && (!found.length || found[found.length - 1].state !== to)) found.push({ t: found.length ? marks[i + M.T] : life[L.T], state: to });
		}
		if (!found.length) found.push({ t: life[L.T], state: 0 });
		return found;
	},

	/* The state that it was in for the longest time. */
	mostly(life) {
		const segments = this.segments(life), end = this.endOf(life);
		let best = 0, most = -1;
		segments.forEach((segment, n) => {
			const lasted = (segments[n + 1]?.t ?? end) - segment.t;
			if (lasted >= most) [best, most] = [segment.state, lasted];
		});
		return this.states[best] || "open";
	},

	lifeOf(violation) {
		this.first ??= new Map(this.lives.map((life) => [`${life[L.PROCESS]} ${life[L.T]}`, life]));
		for (const step of violation.history) {
			const life = this.first.get(`${violation.process} ${step.t}`);
			if (life) return life;
		}
		return undefined;
	},

	build() {
		this.lives.sort((a, b) => a[L.T] - b[L.T]);
		this.span = [Infinity, -Infinity];
		const grow = (a, b) => { this.span = [Math.min(this.span[0], a), Math.max(this.span[1], b)]; };
		for (const process of processes) if (process.start !== undefined) grow(process.start, process.stop);
		for (const life of this.lives) grow(life[L.T], this.endOf(life));
		if (!(this.span[1] > this.span[0])) this.span = [Number.isFinite(this.span[0]) ? this.span[0] : 0, (Number.isFinite(this.span[0]) ? this.span[0] : 0) + 1e6];
		this.told = new Map();
		for (const violation of violations) {
			const life = this.lifeOf(violation);
			if (life) this.told.set(life, [...(this.told.get(life) || []), violation]);
		}
		this.findThreads();
		this.findCrossings();
	},

	/* The threads of a process by number, in order of their first call. */
	findThreads() {
		this.threads = new Map();
		for (const life of this.lives) {
			const known = this.threads.get(life[L.PROCESS]) || this.threads.set(life[L.PROCESS], new Map()).get(life[L.PROCESS]);
			const marks = life[L.MARKS];
			for (let i = 0; i < marks.length; i += M.SIZE) if (marks[i + M.TID] > 0 && !known.has(marks[i + M.TID])) known.set(marks[i + M.TID], known.size);
		}
	},

	thread(life, tid) { return this.threads.get(life[L.PROCESS])?.get(tid) ?? 0; },

	/* The life from which a life came: by fork and exec, the one with the same number above it; by SCM_RIGHTS, one of the same socket. */
	findCrossings() {
		const byNumber = new Map(), byCookie = new Map();
		const add = (map, key, life) => (map.get(key) || map.set(key, []).get(key)).push(life);
		for (const life of this.lives) {
			add(byNumber, `${life[L.PROCESS]} ${life[L.FD]}`, life);
			if (life[L.COOKIE] >= 0) add(byCookie, life[L.COOKIE], life);
		}
		const alive = (life, t) => life[L.T] <= t && (life[L.END] < 0 || life[L.END] >= t - 1e6);
		this.from = new Map();
		this.to = new Map();
		for (const life of this.lives) {
			const received = text(life[L.OP]).startsWith("recvm"), parent = processes[life[L.PROCESS]]?.parent;
			if (!received && (life[L.FLAGS] & MADE)) continue;
			const same = (byCookie.get(life[L.COOKIE]) || []).filter((other) => other[L.PROCESS] !== life[L.PROCESS] && (received ? other[L.T] <= life[L.T] : alive(other, life[L.T])));
			const above = received ? [] : (byNumber.get(`${parent} ${life[L.FD]}`) || []).filter((other) => alive(other, life[L.T]));
			const source = same.find((other) => other[L.PROCESS] === parent) || above[above.length - 1] || same[same.length - 1];
			if (!source) continue;
			const how = received ? "SCM_RIGHTS" : processes[life[L.PROCESS]].pid === processes[source[L.PROCESS]].pid ? "exec" : processes[life[L.PROCESS]].how === "exec" ? "fork and exec" : "fork";
			if (life[L.PLACE] < 0) [life[L.PLACE], life[L.STACK]] = [source[L.PLACE], source[L.STACK]];
			this.from.set(life, { source, how });
			add(this.to, source, life);
		}
	},

	/* Whether it was open at the end although a violation says that it should not be: a violation names only the first one. */
	isLost(life) {
		this.lost ??= new Set(violations.filter((violation) => violation.code === "never-closed").flatMap((violation) =>
			violation.pids.flatMap((pid) => [...violation.stacks.map((stack) => `${pid} ${stack.stack}`), `${pid} at ${violation.place}`])));
		const pid = processes[life[L.PROCESS]]?.pid;
		return Boolean(life[L.FLAGS] & LEAKED && life[L.FLAGS] & MADE) && (this.lost.has(`${pid} ${life[L.STACK]}`) || this.lost.has(`${pid} at ${life[L.PLACE]}`));
	},

	matches(life, filter) {
		const has = (hay, word) => !word || hay.toLowerCase().includes(word.toLowerCase());
		return (!filter.kind || text(life[L.KIND]) === filter.kind) && has(processText(life[L.PROCESS]), filter.process) && has(frameText(life[L.PLACE]), filter.place) &&
			has(`${text(life[L.LOCAL])} ${text(life[L.PEER])}`, filter.peer) && (!filter.state || this.wasIn(life, filter.state)) &&
			(!filter.wrong || this.told.has(life) || life[L.FLAGS] & MISUSED || this.isLost(life));
	},

	wasIn(life, state) {
		const marks = life[L.MARKS];
		for (let i = 0; i < marks.length; i += M.SIZE) if (this.states[marks[i + M.TO]] === state) return true;
		return false;
	},

	/* The lanes in order: a process, and below it its descriptors, or its places, which unfold into descriptors. */
	lanes(filter, byPlace, unfolded) {
		const groups = processes.map((process, n) => ({ kind: "process", process: n, name: processText(n), lives: [], inner: new Map() }));
		let left = 0;
		for (const life of this.lives) {
			if (life[L.PROCESS] < 0 || !this.matches(life, filter)) continue;
			left++;
			const group = groups[life[L.PROCESS]], key = byPlace ? life[L.PLACE] : life[L.FD];
			group.inner.get(key)?.push(life) ?? group.inner.set(key, [life]);
		}
		const lanes = [];
		for (const group of groups) {
			if (!group.inner.size && (left < this.lives.length || processes[group.process].start === undefined)) continue;
			lanes.push(group);
			const inner = [...group.inner];
			if (!byPlace) for (const [fd, lives] of inner.sort((a, b) => a[0] - b[0])) lanes.push({ kind: "fd", process: group.process, name: `descriptor ${fd}`, lives });
			else
				for (const [place, lives] of inner.sort((a, b) => b[1].length - a[1].length)) {
					const key = `${group.process} ${place}`, open = unfolded.has(key);
					lanes.push({ kind: "place", process: group.process, key, open, name: placeText(place) || "unknown place", lives });
					if (open) this.unfold(lanes, group.process, lives);
				}
		}
		return { lanes, left };
	},

	unfold(lanes, process, lives) {
		const byNumber = new Map();
		for (const life of lives) byNumber.get(life[L.FD])?.push(life) ?? byNumber.set(life[L.FD], [life]);
		for (const [fd, some] of [...byNumber].sort((a, b) => a[0] - b[0])) lanes.push({ kind: "fd", inner: true, process, name: `descriptor ${fd}`, lives: some });
	},

	/* How many lives of a place's lane are open, as {t, n} in order of time. */
	curve(lane) {
		if (lane.curve) return lane.curve;
		const changes = lane.lives.flatMap((life) => [[life[L.T], 1], [this.endOf(life), -1]]).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
		let n = 0;
		lane.curve = changes.map(([t, change]) => ({ t, n: (n += change) }));
		lane.most = lane.curve.reduce((most, point) => Math.max(most, point.n), 1);
		return lane.curve;
	},

	/* The misuses of a lane, as {t, words, life} in order of time. */
	wrongs(lane) {
		if (lane.wrongs) return lane.wrongs;
		const wrongs = [];
		for (const life of lane.lives) {
			const marks = life[L.MARKS], told = this.told.get(life) || [];
			for (let i = 0; i < marks.length; i += M.SIZE) if (marks[i + M.VIOLATION] >= 0) wrongs.push({ t: marks[i + M.T], words: text(marks[i + M.VIOLATION]), life });
			for (const violation of told) if (!wrongs.some((one) => one.life === life && one.words === violation.code)) wrongs.push({ t: violation.code === "never-closed" ? this.endOf(life) : violation.t, words: violation.code, life });
			if (this.isLost(life) && !told.some((one) => one.code === "never-closed")) wrongs.push({ t: this.endOf(life), words: "never-closed", life });
		}
		if (lane.kind === "process")
			for (const [process, ...mark] of data.timeline.strays || []) if (process === lane.process) wrongs.push({ t: mark[M.T], words: `${text(mark[M.VIOLATION])}: ${text(mark[M.OP])} of ${mark[M.FD]}`, life: undefined });
		return (lane.wrongs = wrongs.sort((a, b) => a.t - b.t));
	},

	lifeText(life) {
		const peers = [text(life[L.LOCAL]), text(life[L.PEER])].filter(Boolean).join(" to ");
		const from = this.from.get(life);
		return `descriptor ${life[L.FD]} of ${processText(life[L.PROCESS])}: ${text(life[L.WORDS])}${peers ? " " + peers : ""}, ${from ? `came by ${from.how} from ${processText(from.source[L.PROCESS])}` :
			`opened${life[L.OP] >= 0 ? " by " + text(life[L.OP]) : ""}`}${life[L.PLACE] >= 0 ? " at " + frameText(life[L.PLACE]) : ""}, ${life[L.END] >= 0 ? "open for" : `${this.states[life[L.STATE]] || ""} and still open after`} ${time(this.endOf(life) - life[L.T])}`;
	},

	markText(life, mark) {
		const to = this.states[mark[M.TO]];
		return `${time(mark[M.T] - this.span[0])}: ${stepWords(text(mark[M.OP]), text(mark[M.ERROR]), to, mark[M.COUNT])}${mark[M.TID] > 0 ? ", thread " + mark[M.TID] : ""}${
			mark[M.VIOLATION] >= 0 ? ", " + text(mark[M.VIOLATION]) : ""}${mark[M.FRAME] >= 0 ? ", " + frameText(mark[M.FRAME]) : ""}`;
	},
};
