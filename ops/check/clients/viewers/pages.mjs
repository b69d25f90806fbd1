// The pages that open.mjs shows: one a viewer, with its own script and what it needs to open a manifest.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };

const text = (value) => JSON.stringify(value).replaceAll('<', '\\u003c');

const page = (head, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body { margin: 0 } #viewer { position: fixed; inset: 0 }</style>${head}
<body><div id="viewer" class="uv"></div><script>${body}</script></body></html>`;

// The bodies of a painting annotation, those of a Choice too, in their order.
const bodies = (annotation) => [annotation.body].flat().flatMap((body) => (body.type === 'Choice' ? body.items : [body]));

// The image services of a manifest, one a canvas: what is painted first. Version 2.1 has sequences and images instead.
export const services = (manifest) => {
  const version3 = (canvas) => bodies(canvas.items?.[0]?.items?.[0] ?? { body: [] });
  const version2 = (canvas) => (canvas.images ?? []).map((image) => image.resource.default ?? image.resource);
  const painted = [
    ...(manifest.items ?? []).map(version3),
    ...(manifest.sequences ?? []).flatMap((sequence) => sequence.canvases).map(version2),
  ];
  return painted.flatMap((images) => {
    const service = images.flatMap((body) => body?.service ?? [])[0];
    return service ? [service.id ?? service['@id']] : [];
  });
};

// Mirador lists only comments and tags unless it is told; an archive has transcriptions (supplementing) and descriptions.
const MOTIVATIONS = [
  'commenting', 'tagging', 'supplementing', 'describing', 'transcribing', 'identifying', 'classifying', 'assessing', 'highlighting',
];

// What each viewer is: where its files are, its page, the element that shows the image, and how the next page is reached.
export const VIEWERS = {
  mirador: {
    files: 'bundles/mirador/dist',
    page: ({ url, manifest }) => page('<script src="/files/mirador.min.js"></script>', `Mirador.viewer({
      id: 'viewer',
      windows: [{ manifestId: ${text(url)}, thumbnailNavigationPosition: 'far-bottom' }],
      window: {
        allowClose: false, sideBarOpen: true, highlightAllAnnotations: true,
        defaultSideBarPanel: ${text(hasAnnotations(manifest) ? 'annotations' : 'info')},
      },
      annotations: { filteredMotivations: ${text(MOTIVATIONS)} },
      workspaceControlPanel: { enabled: false },
    });`),
    next: (tab) => tab.getByRole('button', { name: 'Next item' }).first().click(),
    layers: (tab) => tab.getByRole('tab', { name: 'Layers', exact: true }).first().click(),
    // Content Search 1 in both viewers: Mirador 4.0.0 knows no other, and Universal Viewer 4.4.0 asks that of the two.
    search: async (tab, word) => {
      await tab.getByRole('tab', { name: 'Search', exact: true }).first().click();
      await tab.getByRole('combobox').first().fill(word);
      await tab.getByRole('combobox').first().press('Enter');
    },
    hits: '[class*=SearchHit-root]',
  },
  openseadragon: {
    files: 'node_modules/openseadragon/build/openseadragon',
    page: ({ manifest }) => page('<script src="/files/openseadragon.min.js"></script>', `window.osd = OpenSeadragon({
      id: 'viewer', showNavigationControl: false, showSequenceControl: false, sequenceMode: true, drawer: 'canvas',
      tileSources: ${text(services(manifest).map((service) => `${service}/info.json`))},
    });`),
    next: (tab) => tab.evaluate(() => window.osd.goToPage(1)),
  },
  universalviewer: {
    files: 'bundles/universalviewer/dist',
    page: ({ url }) => page(
      '<link rel="stylesheet" href="/files/uv.css"><script src="/files/umd/UV.js"></script>',
      `UV.init('viewer', { manifest: ${text(url)}, embedded: true });`,
    ),
    next: (tab) => tab.locator('#viewer .paging.btn.next:visible, #viewer button.next:visible').first().click(),
    search: async (tab, word) => {
      await tab.locator('.searchText:visible').first().fill(word);
      await tab.locator('.searchText:visible').first().press('Enter');
    },
    // "2 results found for 'bridge'"; where there is none, a dialogue says so.
    hits: '.searchResultsInfo:visible',
  },
};

// The names of what can be chosen on the first canvas; none where there is nothing to choose.
export const choices = (manifest) => {
  const painted = [manifest.items?.[0]?.items?.[0]?.items?.[0]?.body ?? []].flat();
  const items = painted.flatMap((body) => (body.type === 'Choice' ? body.items : []));
  return items.flatMap((item) => Object.values(item.label ?? {})[0] ?? []);
};

export const searches = (manifest) =>
  [manifest.service ?? []].flat().some((service) => JSON.stringify(service).includes('http://iiif.io/api/search/1/search'));

export const hasAnnotations = (manifest) => (manifest.items ?? []).some((canvas) => (canvas.annotations ?? []).length > 0);

// Serves the pages of one viewer and its files on a loopback port of the system's choice. `shown` says by name what to open.
export async function serve(modules, viewer, shown) {
  const root = join(modules, VIEWERS[viewer].files);
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (!url.pathname.startsWith('/files/')) {
      const opened = shown.get(url.searchParams.get('open'));
      const [status, body] = opened ? [200, VIEWERS[viewer].page(opened)] : [404, 'nothing of that name'];
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body);
      return;
    }
    const file = join(root, decodeURIComponent(url.pathname.slice('/files'.length)));
    try {
      if (!file.startsWith(root + sep)) throw new Error('outside of the folder');
      const bytes = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
