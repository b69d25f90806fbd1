// Reads manifests with @iiif/parser and manifesto.js, which others wrote, and walks every canvas.
//
//   node parse.mjs MODULES MANIFEST-URL [MANIFEST-URL ...]
//
// One line of JSON a manifest: its canvases by each parser and what is wrong. Exit 1 where something is, or a parser throws.

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [modules, ...urls] = process.argv.slice(2);
if (urls.length === 0) {
  console.error('usage: node parse.mjs MODULES MANIFEST-URL [MANIFEST-URL ...]');
  process.exit(2);
}
const load = createRequire(join(resolve(modules), 'node_modules', 'here'));
const { Traverse, normalize } = load('@iiif/parser');
const { presentation3StrictUpgrade } = load('@iiif/parser/strict');
const manifesto = load('manifesto.js');

// Canvases with something on them; an object without images has one that is empty.
const painted = (manifest) => manifest.items.filter((canvas) => canvas.items?.some((page) => page.items?.length > 0));

// What @iiif/parser walks: how many resources of each kind, and whether it normalises to the same canvases.
function withParser(manifest, must) {
  const kinds = { canvas: new Set(), annotation: new Set(), annotationPage: new Set(), service: new Set() };
  // A start names a canvas again, so ids are counted, not visits.
  const count = (ids) => [(resource) => { ids.add(resource.id ?? resource['@id']); return resource; }];
  new Traverse(Object.fromEntries(Object.entries(kinds).map(([kind, ids]) => [kind, count(ids)])))
    .traverseManifest(structuredClone(manifest));
  const [canvases, annotations, pages, services] = Object.values(kinds).map((ids) => ids.size);
  const found = { canvases, annotations, pages, services };
  must(found.canvases === manifest.items.length, `@iiif/parser walks ${found.canvases} canvases of ${manifest.items.length}`);
  must(found.annotations >= painted(manifest).length, `@iiif/parser walks ${found.annotations} annotations`);
  // What it had to mend to make the manifest follow the specification.
  const mended = { warnings: [] };
  presentation3StrictUpgrade(structuredClone(manifest), mended);
  must(mended.warnings.length === 0, `@iiif/parser mends: ${mended.warnings.slice(0, 5).join('; ')}`);
  const { entities } = normalize(structuredClone(manifest));
  must(Object.keys(entities.Canvas).length === found.canvases, 'normalised, the manifest has other canvases: ids are not unique');
  return found;
}

// What manifesto.js gives a viewer for each canvas.
function withManifesto(manifest, must) {
  const parsed = manifesto.parseManifest(structuredClone(manifest));
  must(parsed, 'manifesto.js parses nothing');
  must(parsed.getLabel().getValue(), 'manifesto.js finds no label');
  const canvases = parsed.getSequences()[0]?.getCanvases() ?? [];
  must(canvases.length === manifest.items.length, `manifesto.js finds ${canvases.length} canvases of ${manifest.items.length}`);
  let images = 0;
  const withImages = new Set(painted(manifest).map((canvas) => canvas.id));
  for (const canvas of canvases) {
    const bodies = canvas.getContent().flatMap((annotation) => annotation.getBody());
    must(canvas.getWidth() > 0 && canvas.getHeight() > 0, `manifesto.js finds no sides of ${canvas.id}`);
    images += bodies.length;
    if (!withImages.has(canvas.id)) continue;
    must(bodies.length > 0, `manifesto.js finds nothing on ${canvas.id}`);
    must(canvas.getCanonicalImageUri(200)?.startsWith('http'), `manifesto.js finds no image of 200 pixels for ${canvas.id}`);
  }
  parsed.getMetadata().forEach((pair) => must(pair.getLabel() && pair.getValue() !== undefined, 'metadata without label or value'));
  return { canvases: canvases.length, images };
}

let wrongs = 0;
for (const url of urls) {
  const wrong = [];
  const must = (holds, sentence) => holds || wrong.push(sentence);
  const result = { manifest: url };
  try {
    const manifest = await (await fetch(url)).json();
    result.parser = withParser(manifest, must);
    result.manifesto = withManifesto(manifest, must);
  } catch (error) {
    wrong.push(String(error));
  }
  wrongs += wrong.length;
  console.log(JSON.stringify({ ...result, wrong }));
}
process.exit(wrongs === 0 ? 0 : 1);
