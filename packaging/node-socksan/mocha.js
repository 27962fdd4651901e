'use strict';
// `socksan run -- mocha --require node-socksan/mocha`: which test left which socket open, and where it opened it.
//
// A hook that fails ends a run of mocha, so a finding is told at once, and the run fails at its end.
// SPDX-License-Identifier: Apache-2.0

const windows = require('./windows.js');

const found = [];

function tell(texts) {
	found.push(...texts);
	for (const text of texts) console.error(text);
}

async function afterEachTest() {
	tell(await windows.end(this.currentTest));
}

async function afterAllTests() {
	tell(await windows.rest('mocha'));
	if (found.length > 0) throw new Error(`sockets were left open: ${found.length}`);
}

// Behind the hooks that files have outside of their suites.
function goLast(hooks, fn) {
	const ours = hooks.findIndex((hook) => hook.fn === fn);
	if (ours >= 0) hooks.push(...hooks.splice(ours, 1));
}

if (windows) exports.mochaHooks = {
	beforeAll() {
		const root = this.test.parent;
		goLast(root._afterEach, afterEachTest);
		goLast(root._afterAll, afterAllTests);
	},
	beforeEach() {
		windows.begin(this.currentTest, this.currentTest.fullTitle());
	},
	afterEach: afterEachTest,
	afterAll: afterAllTests,
};
