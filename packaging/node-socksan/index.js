'use strict';
// `socksan run -- node --test --import=node-socksan`: which test left which socket open, and where it opened it.
//
//	const { ignore } = require('node-socksan');
//	const pool = ignore(net.connect(port)); // meant to stay open
//
// Without SockSan this does nothing. Other processes than those that node --test makes for files, to which the option goes too, have no
// tests: no hooks there.
// SPDX-License-Identifier: Apache-2.0

const fs = require('node:fs');
const { isMainThread } = require('node:worker_threads');
const shim = require('./shim.js');

// Says that a socket, a server or a descriptor is meant to stay open: no test and no report tells of it. A handle gets its descriptor
// as it begins to connect or to listen: at the latest then. Returns it.
function ignore(one) {
	const fd = () => (typeof one === 'number' ? one : one?._handle?.fd ?? -1);
	if (shim && fd() >= 0) shim.ignore(fd());
	else if (shim && typeof one?.once === 'function') for (const event of ['connect', 'listening']) one.once(event, () => shim.ignore(fd()));
	return one;
}

function madeByRunner() {
	const option = (words) => words.some((word) => word === '--test');
	if (process.env.NODE_TEST_CONTEXT === undefined) return option(process.execArgv) && process.execArgv.some((word) => /isolation=none$/.test(word));
	try {
		return option(fs.readFileSync(`/proc/${process.ppid}/cmdline`, 'latin1').split('\0'));
	} catch {
		return false;
	}
}

if (shim && isMainThread && madeByRunner()) require('./register.js');

module.exports = { ignore };
