'use strict';
// Puts hooks around every test of node:test in this process. Needed only where index.js does not see that it is one of the runner's:
// `node --import=node-socksan/register a.test.js`.
//
// Hooks of the root are the way in: a reporter would run in another process than the tests. Ours begin before any of the user's. To come
// after all of them at the end, they are added when the user's are there: a test's own when its `afterEach` runs, the file's
// when that of its first test does.
// SPDX-License-Identifier: Apache-2.0

const { AsyncResource } = require('node:async_hooks');
const path = require('node:path');
const windows = require('./windows.js');

if (windows) {
	const { after, afterEach, beforeEach } = require('node:test');
	const file = path.relative('', process.argv[1] ?? 'this process');

	// The stack of a hook says nothing.
	const fail = (texts) => {
		const message = texts.join('\n');
		if (message) throw Object.assign(new Error(message), { stack: message });
	};

	const end = async (test) => {
		const texts = await windows.end(test);
		// Of a test that has failed by itself, node tells that alone. Before Node.js 20 a test does not say whether it has.
		if (test.error !== null) for (const text of texts) test.diagnostic(text);
		fail(texts);
	};
	const ending = new WeakSet();

	beforeEach((test) => {
		windows.begin(test, test.fullName ?? test.name);
		test.after(() => ending.has(test) || end(test)); // where a hook of the user failed there was no afterEach
	});

	const root = new AsyncResource('socksan'); // from within a hook, `after` would be the hook's own
	let first = true;
	afterEach((test) => {
		windows.ending(test);
		ending.add(test);
		test.after(() => end(test));
		if (first) root.runInAsyncScope(() => after(async () => fail(await windows.rest(file))));
		first = false;
	});
}
