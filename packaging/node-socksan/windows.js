'use strict';
// Who answers for a socket: a test for what is opened between its begin and its end, the file for what is opened outside of tests, as in
// its `before` hooks, and for what a listener of then accepts.
//
// Tests that run at once share what they leave: it is told when the last of them has ended, with the names of all. A socket that does not
// keep the process alive (unref), as those that agents keep for the next request, is told by no test; nor is one that node
// has no handle of. The report of `socksan run` judges both.
// SPDX-License-Identifier: Apache-2.0

const { setTimeout: sleep } = require('node:timers/promises');
const shim = require('./shim.js');

const GRACE = 200; // ms that a tick or a peer has to close what it is about to close
const monotonic = performance.now.bind(performance); // a test may put a mock there

// What keeps the process alive, by descriptor.
function held() {
	const handles = process._getActiveHandles().map((one) => one._handle ?? one);
	return new Set(handles.map((handle) => handle?.fd).filter((fd) => fd >= 0));
}

class Windows {
	constructor() {
		this.running = new Map(); // test: its name, and the mark where it began
		this.waiting = []; // the same of tests that ended while others ran
		this.told = new Set(); // numbers of sockets
		this.files = new Set(); // the same of those that were opened outside of tests
		this.listeners = new Map(); // number of an accepted socket: that of its listener, as long as that was known
	}

	// {number: fd} of what was opened since the mark, and is open.
	opened(mark) {
		const found = new Map();
		for (let fd = shim.next(0, mark); fd >= 0; fd = shim.next(fd + 1, mark)) found.set(shim.number(fd), fd);
		return found;
	}

	// Those that a test answers for which began at the mark. What a listener accepts, its maker answers for.
	left(mark) {
		const mine = this.opened(mark);
		for (const [number, fd] of mine) {
			if (!this.listeners.has(number)) this.listeners.set(number, shim.listener(fd));
			const listener = this.listeners.get(number);
			if (this.files.has(listener)) this.files.add(number);
			const others = listener > 0 && listener <= mark;
			if (others || this.files.has(number) || this.told.has(number)) mine.delete(number);
		}
		return mine;
	}

	begin(test, name) {
		if (this.running.size === 0) {
			for (const number of this.opened(0).keys()) if (!this.told.has(number)) this.files.add(number);
		}
		this.running.set(test, { name, mark: shim.mark() });
	}

	// Before hooks close listeners.
	ending(test) {
		this.left(this.running.get(test).mark);
	}

	async settle(find) {
		const giveUp = monotonic() + GRACE;
		for (;;) {
			const fds = held();
			const found = [...find()].filter(([, fd]) => fds.has(fd));
			if (found.length === 0 || monotonic() >= giveUp) return found;
			await sleep(10);
		}
	}

	describe(whose, found) {
		return found.map(([number, fd]) => {
			this.told.add(number);
			return `socksan: ${whose} left open: ${shim.describe(fd)}`;
		});
	}

	// The texts of what a test left, or it and those that ran at the same time. A test that has others in it does not count as one of these.
	async end(test) {
		const own = this.running.get(test);
		const apart = (one) => one !== own && !own.name.startsWith(one.name + ' > ');
		if ([...this.running.values()].some(apart)) {
			this.waiting.push(own);
			this.running.delete(test);
			return [];
		}
		const all = [...this.waiting, own];
		const mark = Math.min(...all.map((one) => one.mark));
		const found = await this.settle(() => this.left(mark));
		this.waiting = [];
		this.running.delete(test);
		const names = all.map((one) => one.name);
		return this.describe(names.length > 1 ? `one of ${names.join(', ')}` : names[0], found);
	}

	// At the end of the file.
	async rest(name) {
		return this.describe(name, await this.settle(() => [...this.opened(0)].filter(([number]) => !this.told.has(number))));
	}
}

module.exports = shim ? new Windows() : null;
