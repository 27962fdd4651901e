// Opens a page in Debian's Chromium and runs a piece of a test in it: node browser.js FILE OPTIONS BODY. OPTIONS is the JSON of what
// playwright's newContext() takes, and hash, what follows the address. BODY is that of an async function of {page, context, axe, requests};
// what it returns is printed as JSON. What the page wrote on its console, and what it asked of the network, fails.
// SPDX-License-Identifier: Apache-2.0
"use strict";
const { createRequire } = require("module");
const { pathToFileURL } = require("url");
const npm = createRequire(process.env.SOCKSAN_NPM + "/node_modules/");
const { chromium } = npm("playwright-core");

async function main(file, options, body) {
	const { hash = "", ...about } = JSON.parse(options);
	const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
	try {
		const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...about });
		const page = await context.newPage();
		const problems = [], requests = [];
		page.on("console", (message) => problems.push(`console: ${message.text()}`));
		page.on("pageerror", (error) => problems.push(`error: ${error.stack}`));
		page.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
		page.on("request", (request) => requests.push(request.url()));
		// What axe-core finds, as "rule: elements".
		const axe = async () => {
			await page.addScriptTag({ path: npm.resolve("axe-core/axe.min.js") }).catch(() => page.evaluate(require("fs").readFileSync(npm.resolve("axe-core/axe.min.js"), "utf8")));
			const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
			return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200) + " " + node.failureSummary).slice(0, 4).join(" | ")}`);
		};
		const url = pathToFileURL(file).href;
		await page.goto(url + hash);
		await page.waitForTimeout(100);
		const run = new Function("what", `"use strict"; const {page, context, axe, requests, problems} = what; return (async () => {${body}})();`);
		const result = await run({ page, context, axe, requests, problems });
		const elsewhere = requests.filter((one) => one !== url && one !== url + hash && !one.startsWith("data:"));
		console.log(JSON.stringify({ result: result ?? null, problems: problems.concat(elsewhere.map((one) => `request: ${one}`)) }));
	} finally {
		await browser.close();
	}
}

main(...process.argv.slice(2)).catch((error) => {
	console.error(error);
	process.exit(1);
});
