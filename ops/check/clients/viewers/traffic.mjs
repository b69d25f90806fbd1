// What a page asks one archive for, what it was answered, and what went wrong.

// Notes of a viewer's own libraries are not about what the archive answers; nor is what could not be loaded, which is
// counted by its response where it is the archive's, and else belongs to the viewer or to somebody far away.
const isNote = (text) => /favicon|React|Warning:|MUI:|i18next|GPU|WebGL|^Failed to load resource/i.test(text);

// x,y,w,h/w, of the path of an image; `full` is no tile.
const TILE = /\/\d+,\d+,(\d+),(\d+)\/(\d*),(\d*)\/[^/]+\/[^/]+$/;
const IMAGE = /\/iiif\/image\/\d\/[^/]+\/[^/]+\/[^/]+\/[^/]+\/[^/]+$/;
const INFO = /\/iiif\/image\/\d\/[^/]+\/info\.json$/;

export class Traffic {
  constructor(tab, origin) {
    this.asked = 0;
    this.under = new Set();
    this.seen = [];
    this.failed = [];
    this.errors = [];
    const ours = (request) => request.url().startsWith(`${origin}/`);
    tab.on('request', (request) => {
      if (!ours(request)) return;
      this.asked += 1;
      this.under.add(request);
    });
    tab.on('requestfinished', (request) => this.under.delete(request));
    tab.on('requestfailed', (request) => {
      this.under.delete(request);
      // A viewer gives up tiles that left the view; that is no failure of the server.
      const why = request.failure()?.errorText ?? '';
      if (ours(request) && why !== 'net::ERR_ABORTED') this.failed.push(`${why} ${request.url()}`);
    });
    tab.on('response', (response) => {
      if (!ours(response.request())) return;
      this.seen.push(response.url());
      if (![200, 204, 303, 304].includes(response.status())) this.failed.push(`${response.status()} ${response.url()}`);
    });
    tab.on('pageerror', (error) => this.errors.push(`error on the page: ${error}`));
    tab.on('console', (message) => {
      if (message.type() === 'error' && !isNote(message.text())) this.errors.push(`error on the page: ${message.text()}`);
    });
  }

  // Waits until nothing is under way and nothing new was asked for some time.
  async quiet(quietMs, patienceMs) {
    const end = Date.now() + patienceMs;
    for (let before = -1; (before !== this.asked || this.under.size > 0) && Date.now() < end; ) {
      before = this.asked;
      await new Promise((done) => setTimeout(done, quietMs));
    }
  }

  images() {
    return this.seen.filter((url) => IMAGE.test(url));
  }

  // The images that were opened: whose info.json was asked for.
  services() {
    return [...new Set(this.seen.filter((url) => INFO.test(url)))];
  }

  // Pixels of the image for each pixel of a tile, in the finest tile so far; 1 is the image's own size.
  finest() {
    const tiles = this.seen.map((url) => TILE.exec(url)).filter(Boolean);
    const factors = tiles.map(([, w, h, width, height]) => (width ? w / width : h / height));
    return factors.length > 0 ? Math.round(Math.min(...factors) * 100) / 100 : Number.MAX_SAFE_INTEGER;
  }

  counts() {
    const tiles = this.seen.filter((url) => TILE.test(url)).length;
    return { responses: this.seen.length, images: this.images().length, tiles, info_json: this.services().length };
  }
}
