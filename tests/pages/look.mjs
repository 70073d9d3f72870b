// Looks at every page in every size and scheme. Prints a line a check and ends with 1 if one failed.
import { readFileSync, readdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const { CANDOR_ORIGIN: origin, CANDOR_GALLERY: gallery, CANDOR_SHOTS: shots, CHROMIUM: executablePath } = process.env;
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const PAGES = ['/', '/privacy', '/trust', '/none'];
const SIZES = [[390, 844], [1280, 900]];
const SCHEMES = ['light', 'dark'];
const SERVER_TIME_MS = 30;
const ROUNDS = 100;

const failures = [];
const check = (name, wrong, looked) => {
  const isRight = wrong.length === 0 && looked > 0;
  console.log(`${isRight ? 'right' : 'WRONG'}  ${name} (${looked} looked at)`);
  wrong.forEach((one) => console.log(`       ${one}`));
  if (!isRight) failures.push(name);
};

// What axe says of a page: the rule, and where.
const violations = async (page) => {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }));
  const told = violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target.join(' ')}`));
  return { told, passed: passes.length };
};
const name = (address) => (address.startsWith('file:') ? 'gallery-' : '') + (address.replace(/\.html$/, '').split('/').pop() || 'home');

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
// The policy and what is not there look the same whatever the state of the promises: the instance shows both.
const files = readdirSync(gallery).filter((file) => /^(home|trust).*\.html$/.test(file));
const addresses = [...PAGES.map((path) => origin + path), ...files.map((file) => `file://${gallery}/${file}`)];
const found = { axe: [], layout: [], errors: [], foreign: [], cookies: [] };
let looked = 0;
let passed = 0;
for (const colorScheme of SCHEMES) {
  for (const [width, height] of SIZES) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    for (const address of addresses) {
      const page = await context.newPage();
      const where = `${name(address)} ${colorScheme} ${width}`;
      page.on('console', (message) => {
        const isExpected = message.text().includes('404') && address.endsWith('/none');
        if (['error', 'warning'].includes(message.type()) && !isExpected) found.errors.push(`${where}: ${message.text()}`);
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(origin) && !request.url().startsWith('file:')) found.foreign.push(`${where}: ${request.url()}`);
      });
      await page.goto(address);
      const result = await violations(page);
      result.told.forEach((one) => found.axe.push(`${where}: ${one}`));
      passed += result.passed;
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) found.layout.push(`${where}: ${wide} pixels wider than the window`);
      const held = await page.evaluate(() => document.scripts.length);
      if (held > 0) found.errors.push(`${where}: ${held} scripts`);
      if (shots) await page.screenshot({ path: `${shots}/${name(address)}-${colorScheme}-${width}.png`, fullPage: true });
      looked += 1;
      await page.close();
    }
    (await context.cookies()).forEach((cookie) => found.cookies.push(cookie.name));
    await context.close();
  }
}
check(`axe has nothing to say (${passed} rules passed)`, found.axe, passed);
check('no page is wider than its window', found.layout, looked);
check('nothing is refused by the content policy, and there is no script', found.errors, looked);
check('nothing is loaded from elsewhere', found.foreign, looked);
check('no cookie is set', found.cookies, looked);

// A check that couldn't fail proves nothing: this page must be found wanting.
const planted = await browser.newPage();
await planted.setContent('<html><title>x</title><img src="x"><p style="color:#ddd;background:#eee">faint</p>');
const { told } = await violations(planted);
const expected = ['image-alt', 'color-contrast', 'html-has-lang'];
check('axe finds what was planted', expected.filter((rule) => !told.some((one) => one.startsWith(rule))), told.length);
await planted.close();

if (shots) {
  const page = await browser.newPage();
  for (const path of PAGES) {
    await page.goto(origin + path);
    await page.pdf({ path: `${shots}/${name(path)}.pdf`, format: 'A4', margin: { top: '2cm', bottom: '2cm', left: '2cm', right: '2cm' } });
  }
  await page.close();
}
await browser.close();

// Server time: the whole exchange over loopback, one after the other on one connection.
for (const path of PAGES) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    await (await fetch(origin + path)).arrayBuffer();
    times.push(performance.now() - began);
  }
  times.sort((one, other) => one - other);
  const [median, worst] = [times[ROUNDS / 2], times[Math.floor(ROUNDS * 0.99) - 1]];
  const slow = worst < SERVER_TIME_MS ? [] : [`99 of 100 within ${worst.toFixed(1)} ms`];
  check(`${path} takes less than ${SERVER_TIME_MS} ms: median ${median.toFixed(1)}, 99 of 100 within ${worst.toFixed(1)}`, slow, ROUNDS);
}

console.log(failures.length === 0 ? `pages: all right, ${looked} looked at` : `pages: ${failures.length} wrong`);
process.exit(failures.length === 0 ? 0 : 1);
