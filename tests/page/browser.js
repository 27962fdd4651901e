// Opens pages in Debian's Chromium and runs pieces of tests in them. A line of JSON on standard input is {file, options, body}: options are
// those of playwright's newContext(), and hash, the fragment of the address; body is the body of an async function of {page, context, axe, problems}.
// The answer is a line: {result, problems}, or {failure}. Anything that a page writes to its console or requests from the network is a problem.
// SPDX-License-Identifier: Apache-2.0
"use strict";
const { createRequire } = require("module");
const { readFileSync } = require("fs");
const { createInterface } = require("readline");
const { pathToFileURL } = require("url");
const npm = createRequire(process.env.SOCKSAN_NPM + "/node_modules/");
const axeSource = readFileSync(npm.resolve("axe-core/axe.min.js"), "utf8");

// What axe-core finds, as "rule: elements".
async function axe(page) {
	await page.evaluate(axeSource);
	const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 4).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`).join(" | ")}`);
}

async function answer(browser, { file, options, body }) {
	const { hash = "", ...about } = options, problems = [], address = pathToFileURL(file).href;
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...about });
	try {
		const page = await context.newPage();
		page.setDefaultTimeout(120000);
		page.on("console", (message) => problems.push(`console: ${message.text()}`));
		page.on("pageerror", (error) => problems.push(`error: ${error.stack}`));
		page.on("dialog", (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
		page.on("request", (request) => { if (request.url().split("#")[0] !== address) problems.push(`request: ${request.url()}`); });
		await page.goto(address + hash);
		await page.waitForTimeout(100);
		const run = new Function("what", `"use strict"; const { page, context, axe, problems } = what; return (async () => {${body}})();`);
		const result = await run({ page, context, axe: () => axe(page), problems });
		return { result: result ?? null, problems };
	} finally {
		await context.close();
	}
}

async function main() {
	const { chromium } = npm("playwright-core");
	const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
	for await (const line of createInterface({ input: process.stdin }))
		console.log(JSON.stringify(await answer(browser, JSON.parse(line)).catch((error) => ({ failure: String(error.stack) }))));
	await browser.close();
}

main();
