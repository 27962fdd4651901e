// A service that asks an upstream, and leaves the connection open when it does not like the answer.
// SPDX-License-Identifier: Apache-2.0
"use strict";
const net = require("net");

function ask(port, done) {
	const upstream = net.connect(port, "127.0.0.1");
	upstream.once("data", (answer) => {
		if (answer.toString() !== "ok")
			return done(new Error("bad answer")); // the mistake: upstream stays open
		upstream.end();
		done(null, answer);
	});
}

const server = net.createServer((connection) => {
	connection.write("no");
	server.finish = () => connection.destroy();
});
server.listen(0, "127.0.0.1", () => ask(server.address().port, (error) => {
	console.log(error.message);
	server.finish();
	server.close(() => process.exit(0));
}));
