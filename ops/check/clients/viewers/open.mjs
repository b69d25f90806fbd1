// Opens manifests in real viewers in a headless Chromium, zooms in, turns the page, and says what was asked for and drawn.
//
//   node open.mjs MODULES PICTURES VIEWER[,VIEWER] NAME=MANIFEST-URL [NAME=MANIFEST-URL ...]
//
// MODULES is the folder with node_modules/ and bundles/ (made by installed.py); pictures go to PICTURES as VIEWER-NAME-*.png.
// Viewers: mirador, openseadragon, universalviewer. One line of JSON for each manifest in each viewer, with what is wrong
// (`wrong`); exit 1 where something is. CHROMIUM names another browser than /usr/bin/chromium.

import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Traffic } from './traffic.mjs';
import { VIEWERS, choices, hasAnnotations, searches, serve, services } from './pages.mjs';

// How often the wheel is turned: from the whole page of a large scan to its own pixels.
const WHEEL_TURNS = 6;
// Milliseconds until a viewer must show something, on a machine with two busy cores.
const PATIENCE_MS = 60_000;
// Milliseconds without a request after which a view counts as drawn; viewers wait about 300 before they fetch tiles.
const QUIET_MS = 700;
// Colours that the middle of a drawn image has at least; where nothing is drawn there is one.
const COLOURS_MIN = 4;
// Characters of an annotation that are looked for on the page.
const WORDS_SHOWN = 24;
// Milliseconds until a text is on the page, whose source was fetched already.
const WORDS_MS = 10_000;

const [modules, pictures, chosen, ...named] = process.argv.slice(2);
if (named.length === 0 || !chosen.split(',').every((viewer) => viewer in VIEWERS)) {
  console.error(`usage: node open.mjs MODULES PICTURES ${Object.keys(VIEWERS).join(',')} NAME=MANIFEST-URL ...`);
  process.exit(2);
}

// The text of the first annotation of the first canvas, fetched where the manifest only names its page; '' if there is none.
async function firstWords(manifest) {
  const page = manifest.items?.[0]?.annotations?.[0];
  if (!page) return '';
  const { items = [] } = page.items ? page : await (await fetch(page.id)).json();
  const bodies = items.flatMap((annotation) => annotation.body ?? []);
  return bodies.find((body) => body.type === 'TextualBody')?.value.slice(0, WORDS_SHOWN) ?? '';
}

async function toOpen(name, url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const manifest = await response.json();
  return { name, url, manifest, words: await firstWords(manifest), pages: new Set(services(manifest)).size };
}

// How many colours the middle of the picture has, where no control of a viewer lies, counted on a coarse grid.
async function colours(tab, picture) {
  return tab.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(160, 120);
    const context = canvas.getContext('2d');
    const { width, height } = image;
    context.drawImage(image, 0.2 * width, 0.1 * height, 0.6 * width, 0.6 * height, 0, 0, 160, 120);
    const { data } = context.getImageData(0, 0, 160, 120);
    const found = new Set();
    for (let at = 0; at < data.length; at += 4) found.add(`${data[at] >> 3},${data[at + 1] >> 3},${data[at + 2] >> 3}`);
    return found.size;
  }, picture.toString('base64'));
}

async function zoomIn(tab, traffic, canvas) {
  const box = await canvas.boundingBox();
  await tab.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let turn = 0; turn < WHEEL_TURNS; turn += 1) {
    await tab.mouse.wheel(0, -240);
    await new Promise((done) => setTimeout(done, 120));
  }
  await traffic.quiet(QUIET_MS, PATIENCE_MS);
}

const isShown = (found) => found.first().waitFor({ timeout: WORDS_MS }).then(() => true, () => false);

// Types a word of an annotation into the viewer's search box; whether something was found and listed.
async function finds(tab, viewer, traffic, words) {
  const word = words.split(/[^\p{L}\p{N}]+/u).find((each) => each.length > 3);
  if (!word) return true;
  await VIEWERS[viewer].search(tab, word);
  await traffic.quiet(QUIET_MS, PATIENCE_MS);
  const listed = await tab.locator(VIEWERS[viewer].hits).allTextContents();
  return listed.some((text) => text.includes(word));
}

async function show(browser, port, viewer, opened) {
  const { name, url, manifest, words, pages } = opened;
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const traffic = new Traffic(tab, new URL(url).origin);
  const picture = (what) => join(pictures, `${viewer}-${name}-${what}.png`);
  const wrong = [];
  const must = (holds, sentence) => holds || wrong.push(sentence);
  const begun = Date.now();
  let drawn = 0;
  try {
    await tab.goto(`http://127.0.0.1:${port}/?open=${encodeURIComponent(name)}`);
    const canvas = tab.locator('.openseadragon-canvas').first();
    await canvas.waitFor({ timeout: PATIENCE_MS });
    await traffic.quiet(QUIET_MS, PATIENCE_MS);
    drawn = await colours(tab, await canvas.screenshot());
    await tab.screenshot({ path: picture('whole') });
    must(traffic.images().length > 0, 'no image was asked for');
    must(drawn >= COLOURS_MIN, `blank: ${drawn} colours`);
    if (words && viewer === 'mirador') {
      must(await isShown(tab.getByText(words)), `the annotation ${JSON.stringify(words)} is not shown`);
    }
    if (choices(manifest).length > 0 && VIEWERS[viewer].layers) {
      await VIEWERS[viewer].layers(tab);
      for (const name of choices(manifest)) {
        must(await isShown(tab.getByText(name, { exact: true })), `${JSON.stringify(name)} is not among what can be chosen`);
      }
    }
    const before = traffic.finest();
    await zoomIn(tab, traffic, canvas);
    await tab.screenshot({ path: picture('zoomed') });
    must(traffic.finest() < before || before <= 1, `no finer tiles after zooming: ${before}, then ${traffic.finest()}`);
    if (pages > 1) {
      const seen = traffic.services().length;
      await VIEWERS[viewer].next(tab);
      await traffic.quiet(QUIET_MS, PATIENCE_MS);
      await tab.screenshot({ path: picture('next') });
      must(traffic.services().length > seen, 'turning the page opened no other image');
    }
    if (words && searches(manifest) && VIEWERS[viewer].search) {
      must(await finds(tab, viewer, traffic, words), 'the search box finds nothing');
      await tab.screenshot({ path: picture('search') });
    }
  } catch (error) {
    must(false, String(error).split('\n')[0]);
    await tab.screenshot({ path: picture('failed') }).catch(() => {});
  }
  wrong.push(...new Set([...traffic.failed, ...traffic.errors]));
  const seconds = (Date.now() - begun) / 1000;
  await tab.close();
  const annotated = hasAnnotations(manifest);
  return { viewer, name, ...traffic.counts(), finest: traffic.finest(), colours: drawn, annotated, seconds, wrong };
}

const { chromium } = createRequire(join(resolve(modules), 'node_modules', 'here'))('playwright-core');
await mkdir(pictures, { recursive: true });
const all = await Promise.all(named.map((each) => toOpen(each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1))));
const shown = new Map(all.map((opened) => [opened.name, opened]));
// Viewers fetch fonts and fallbacks from elsewhere; nothing here depends on what the network answers.
const hosts = new Set(['127.0.0.1', ...all.map(({ url }) => new URL(url).hostname)]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--no-first-run',
    `--host-resolver-rules=MAP * ~NOTFOUND, ${[...hosts].map((host) => `EXCLUDE ${host}`).join(', ')}`,
  ],
});
let wrong = 0;
try {
  for (const viewer of chosen.split(',')) {
    const server = await serve(resolve(modules), viewer, shown);
    for (const opened of all) {
      const result = await show(browser, server.address().port, viewer, opened);
      console.log(JSON.stringify(result));
      wrong += result.wrong.length;
    }
    server.close();
  }
} finally {
  await browser.close();
}
process.exit(wrong === 0 ? 0 : 1);
