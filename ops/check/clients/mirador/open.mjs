// Opens manifests in Mirador in a headless Chromium, zooms in, and says what was asked for and what was drawn.
//
//   node open.mjs OUTPUT.png MANIFEST-URL [MANIFEST-URL ...]
//
// Fails (exit 1) when a IIIF response is not a success, when no image was asked for, when the page reports an error, or
// when the canvas is blank. One line of JSON a manifest; with several, pictures are numbered.
// CHROMIUM names another browser than /usr/bin/chromium.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

// How often the wheel is turned: from the whole page of a large scan to its own pixels.
const WHEEL_TURNS = 6;
// Milliseconds until Mirador must show something, on a machine with two busy cores.
const PATIENCE_MS = 60_000;
// Milliseconds without a request after which a view counts as drawn.
const QUIET_MS = 1500;
// Colours that the middle of a drawn image has at least; where nothing is drawn there is one.
const COLOURS_MIN = 4;

const [output, ...manifests] = process.argv.slice(2);
if (!output || manifests.length === 0) {
  console.error('usage: node open.mjs OUTPUT.png MANIFEST-URL [MANIFEST-URL ...]');
  process.exit(2);
}

const miradorScript = fileURLToPath(new URL('node_modules/mirador/dist/mirador.min.js', import.meta.url));

const page = (manifest) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mirador</title>
<link rel="icon" href="data:,"><body><div id="viewer" style="position:fixed;inset:0"></div>
<script src="/mirador.min.js"></script><script>
Mirador.viewer({
  id: 'viewer',
  windows: [{ manifestId: ${JSON.stringify(manifest).replaceAll('<', '\\u003c')}, thumbnailNavigationPosition: 'far-bottom' }],
  window: { allowClose: false, sideBarOpen: true, defaultSideBarPanel: 'info' },
  workspaceControlPanel: { enabled: false },
});
</script></body></html>`;

// Serves the page and the script on a loopback port of the system's choice.
async function serve() {
  const script = await readFile(miradorScript);
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/mirador.min.js') {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script);
    } else {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(url.searchParams.get('manifest')));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

// React's own notes are about Mirador, not about what fonds answers.
const isNote = (text) => /favicon|React|Warning:|MUI:|i18next|GPU|WebGL/i.test(text);

// Waits until nothing is under way and nothing new was asked for some time.
async function quiet(traffic) {
  const end = Date.now() + PATIENCE_MS;
  for (let before = -1; (before !== traffic.asked || traffic.open.size > 0) && Date.now() < end; ) {
    before = traffic.asked;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

// How many colours the middle of the picture has, where no control of Mirador lies, counted on a coarse grid.
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

async function open(browser, port, manifest, file) {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const seen = [];
  const failed = [];
  const errors = [];
  const traffic = { asked: 0, open: new Set() };
  tab.on('request', (request) => {
    if (!request.url().includes('/iiif/')) return;
    traffic.asked += 1;
    traffic.open.add(request);
  });
  tab.on('requestfinished', (request) => traffic.open.delete(request));
  tab.on('response', (response) => {
    if (!response.url().includes('/iiif/')) return;
    seen.push(response.url());
    if (response.status() !== 200 && response.status() !== 304 && response.status() !== 303) {
      failed.push(`${response.status()} ${response.url()}`);
    }
  });
  tab.on('requestfailed', (request) => {
    traffic.open.delete(request);
    // A viewer gives up tiles that left the view; that is no failure of the server.
    const why = request.failure()?.errorText ?? '';
    if (request.url().includes('/iiif/') && why !== 'net::ERR_ABORTED') failed.push(`${why} ${request.url()}`);
  });
  tab.on('pageerror', (error) => errors.push(String(error)));
  tab.on('console', (message) => {
    if (message.type() === 'error' && !isNote(message.text())) errors.push(message.text());
  });
  await tab.goto(`http://127.0.0.1:${port}/?manifest=${encodeURIComponent(manifest)}`);
  const canvas = tab.locator('.openseadragon-canvas').first();
  await canvas.waitFor({ timeout: PATIENCE_MS });
  await quiet(traffic);
  const before = seen.length;
  const drawn = await colours(tab, await canvas.screenshot());
  const box = await canvas.boundingBox();
  await tab.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let turn = 0; turn < WHEEL_TURNS; turn += 1) {
    await tab.mouse.wheel(0, -240);
    await quiet(traffic);
  }
  await tab.screenshot({ path: file });
  const count = (pattern) => seen.filter((url) => pattern.test(url)).length;
  const result = {
    manifest,
    iiif_responses: seen.length,
    info_json: count(/\/info\.json$/),
    tiles: count(/\/\d+,\d+,\d+,\d+\/[^/]+\/[^/]+\/[^/]+$/),
    whole_images: count(/\/full\/[^/]+\/[^/]+\/[^/]+$/),
    after_zoom: seen.length - before,
    colours: drawn,
    failed,
    errors,
    picture: file,
  };
  await tab.close();
  return result;
}

const server = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--no-first-run',
  ],
});
let wrong = 0;
try {
  for (const [at, manifest] of manifests.entries()) {
    const file = manifests.length === 1 ? output : output.replace(/(\.png)?$/, `-${at + 1}.png`);
    const result = await open(browser, server.address().port, manifest, file);
    console.log(JSON.stringify(result));
    const drawnAtAll = result.colours >= COLOURS_MIN && result.tiles + result.whole_images > 0;
    if (result.failed.length > 0 || result.errors.length > 0 || !drawnAtAll) wrong += 1;
  }
} finally {
  await browser.close();
  server.close();
}
process.exit(wrong === 0 ? 0 : 1);
