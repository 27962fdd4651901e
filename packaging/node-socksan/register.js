'use strict';
// Puts hooks around every test of node:test in this process. Needed only where index.js does not see that it is one of the runner's:
// `node --import=node-socksan/register a.test.js`.
//
// Hooks of the root are the way in: a reporter would run in another process than the tests. A hook of ours begins before any of the
// user's; to come after all of them, the test's own `after` hooks included, it lines up again behind those that are there.
// SPDX-License-Identifier: Apache-2.0

const { AsyncResource } = require('node:async_hooks');
const path = require('node:path');
const windows = require('./windows.js');

if (windows) {
	const { after, beforeEach } = require('node:test');
	const file = path.relative('', process.argv[1] ?? 'this process');

	// The stack of a hook says nothing.
	const fail = (texts) => {
		const message = texts.join('\n');
		if (message) throw Object.assign(new Error(message), { stack: message });
	};

	beforeEach((test) => {
		windows.begin(test, test.fullName ?? test.name);
		test.after(() => {
			windows.ending(test);
			test.after(async () => {
				fail(await windows.end(test));
			});
		});
	});

	// From within a hook, `after` would be the hook's own.
	const root = new AsyncResource('socksan');
	after(() => root.runInAsyncScope(() => after(async () => fail(await windows.rest(file)))));
}
