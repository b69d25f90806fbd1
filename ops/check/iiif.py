#!/usr/bin/env python3
"""Everything that others wrote to check or to read IIIF, against an archive that this check makes and serves.

    FONDS_BINARY=…/fonds FONDS_PYTHON=…/python ops/check/iiif.py

The Image API by rows of our own for images whose every pixel is known, and by both of its validators; HTTP as IIIF wants it;
manifests by their schema, iiif-prezi3, @iiif/parser and manifesto.js; search and discovery where they are served; and Mirador,
OpenSeadragon and Universal Viewer in a headless Chromium. What is not here is skipped, and said. FONDS_CHECK_ALL=1 opens
everything in every viewer, FONDS_CHECK_PICTURES names a folder for what they show, FONDS_CHECK_STRICT=1 lets nothing be
skipped. Packages of npm and Python are kept in the cache folder (FONDS_CACHE).
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
CLIENTS = CHECKOUT / "ops/check/clients"
sys.path[1:1] = [str(CHECKOUT / "ops"), str(CLIENTS)]
from checklib import Checks, Place, ask, free_port  # noqa: E402

try:
    import PIL  # noqa: F401
except ImportError:
    sys.exit("Pillow is not there: run this with the Python of ops/setup --tests, which ops/test names FONDS_PYTHON")
import iiif_collection  # noqa: E402
import iiif_http  # noqa: E402
import iiif_image  # noqa: E402
import iiif_said  # noqa: E402
import iiif_services  # noqa: E402
import iiif_validators  # noqa: E402
import installed  # noqa: E402
import manifests  # noqa: E402

VALIDATOR_IMAGE = "67352ccc-d1b0-11e1-89ae-279075081939.png"
VIEWERS = ("mirador", "openseadragon", "universalviewer")
NODE_SECONDS_MAX = 900
# Until Change Discovery tells what happened: datestamps come about once a second, and the feed ends two seconds ago.
PUBLISHED_SECONDS_MAX = 15


class Archive:
    """The collection of iiif_collection.py, taken in and served."""

    def __init__(self, place, checks):
        data, port = place.data("archive"), free_port()
        image = manifests.DATA / "fixtures/iiif-image-validator/html" / VALIDATOR_IMAGE
        self.validator_image = image.exists()
        folder = place.folder / "collection"
        self.place, self.data = place, data
        profile, self.kinds = iiif_collection.make(folder, image if self.validator_image else None)
        taken = place.fonds("ingest", folder, "--map", profile, "--json", data=data)
        checks.that(taken.code == 0 and taken.summary.get("refused") == 0,
                    f"the collection is taken in, in {taken.seconds:.1f} s", taken.text)
        found = place.fonds("search", "--limit", "100", "--json", data=data).lines
        things = [thing for thing in found if "source" in thing]
        self.objects = {thing["source"]["identifier"]: thing["id"] for thing in things}
        self.files = {file["name"]: file["file"] for thing in things for file in thing["files"]}
        # The public address is the one under test, or validators find other addresses in what they are given.
        self.process, self.base = place.serve(data, port)

    def manifest(self, name):
        return f"{self.base}/iiif/presentation/3/{self.objects[name]}/manifest"

    def images(self, version):
        return {name: f"{self.base}/iiif/image/{version}/{file}" for name, file in self.files.items()}

    def public(self):
        return [thing for name, thing in self.objects.items() if name != "hidden"]


def image_api(checks, archive):
    for version in (3, 2):
        images = archive.images(version)
        answer = ask(f"{images['grid.png']}/info.json")
        if answer.status != 200 and version == 2:
            checks.skip(f"Image API 2.1: /iiif/image/2 is not served ({answer.status})")
            continue
        iiif_image.probe_all(checks, images, archive.kinds, version)
        iiif_http.whole(checks, images["grid.png"], version, archive.manifest("book"))
    iiif_http.hidden(checks, archive.base, archive.objects["hidden"], archive.files["hidden.jpg"])
    iiif_http.media_types(checks, archive.manifest("book"), iiif_http.PRESENTATION_CONTEXT.format(3), 3)
    iiif_http.compressed(checks, archive.manifest("book"))
    if archive.validator_image:
        iiif_validators.validate(checks, archive.base, archive.files[VALIDATOR_IMAGE])
    else:
        checks.skip("both Image API validators: their image is not in ../shared/data or FONDS_DATA")


def presentation(checks, archive):
    hidden = iiif_said.say(checks, archive)
    iiif_said.check(checks, archive, hidden)
    validators = manifests.Validators(checks)
    manifests.cookbook(checks, validators)
    manifests.archive(checks, validators, archive.base, len(archive.objects))
    told(archive, "book", ("Create", "Update", "not served"))
    iiif_services.discovery(checks, archive.base, archive.public(), [archive.objects["hidden"], archive.files["hidden.jpg"]])
    searched = [iiif_services.search(checks, ask(archive.manifest(name)).json,
                                     name) for name in archive.objects if name != "hidden"]
    if not any(searched):
        checks.skip("Content Search: no manifest names a search service")
    return iiif_services.version_2(checks, archive.base, archive.objects["book"])


def told(archive, name, activities):
    """Waits until consumers are told the latest of an object: what is published ends a moment ago."""
    until = time.monotonic() + PUBLISHED_SECONDS_MAX
    while iiif_services.latest(archive.base, archive.objects[name]) not in activities and time.monotonic() < until:
        time.sleep(0.2)


def restriction(checks, archive):
    """What is restricted goes at once, also for who holds its ETag; it is told to consumers; and it comes back."""
    thing, file = archive.objects["single"], archive.files["single.jpg"]
    addresses = [archive.manifest("single"), f"{archive.base}/iiif/image/3/{file}/info.json",
                 f"{archive.base}/iiif/image/3/{file}/full/300,/0/default.jpg",
                 f"{archive.base}/iiif/image/2/{file}/info.json"]
    held = {url: answer.header("etag") for url in addresses if (answer := ask(url)).status == 200}
    checks.that(len(held) >= 3, "restriction: everything was public before")
    for access, words in (("restricted", "is refused"), ("public", "is back")):
        said = archive.place.fonds("rights", "set", thing, access, "--reason", "a check", "--json", data=archive.data)
        checks.that(said.code == 0, f"restriction: rights set {access}", said.text)
        for url, etag in held.items():
            wanted = (401, 404) if access == "restricted" else (304,)
            answer = ask(url, {"If-None-Match": etag})
            checks.that(answer.status in wanted,
                        f"restriction: {'/'.join(url.split('/')[4:6])} {words}, also to who holds it", answer)
        whole = ask(f"{archive.base}/iiif/presentation/3/collection/{archive.objects['series']}").body.decode()
        checks.that((thing in whole) == (access == "public"), f"restriction: {access}, in the collection or not", whole)
        if access == "restricted":
            told(archive, "single", ("Delete", "Update", "not served"))
            public = [other for other in archive.public() if other != thing]
            iiif_services.discovery(checks, archive.base, public, [archive.objects["hidden"], archive.files["hidden.jpg"]],
                                    [thing])


def worth_opening(archive):
    """What viewers are shown: the book, the single sheet, and the first manifest with a Choice and with annotations, if any."""
    opened = {name: archive.manifest(name) for name in ("book", "single")}
    for name in sorted(archive.objects):
        document = ask(archive.manifest(name)).json
        for _, node in manifests.resources(document):
            if node.get("type") == "Choice":
                opened.setdefault("choice", archive.manifest(name))
            if node.get("type") == "Canvas" and node.get("annotations"):
                opened.setdefault("annotated", archive.manifest(name))
    return opened


def node(checks, name, script, *arguments):
    """Runs a script of the viewers' folder; its lines of JSON, each with what is wrong."""
    command = ["node", CLIENTS / "viewers" / script, *arguments]
    environment = {**os.environ, "CHROMIUM": installed.chromium() or ""}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=NODE_SECONDS_MAX, check=False, env=environment)
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    wrong = [sentence for line in lines for sentence in line["wrong"]]
    checks.that(lines and ((ran.returncode == 0) == (not wrong)), f"{name} came to its end", ran.stderr)
    return lines


def parsers(checks, archive, modules):
    urls = [archive.manifest(name) for name in archive.objects if name != "hidden"]
    for line in node(checks, "@iiif/parser and manifesto.js", "parse.mjs", modules, *urls):
        counts = f"{line.get('parser')} {line.get('manifesto')}"
        checks.that(not line["wrong"], f"parsers: {line['manifest'].split('/')[-2]}: {counts}", "\n".join(line["wrong"]))


def viewers(checks, archive, modules, version_2):
    if not installed.chromium():
        checks.skip(f"{', '.join(VIEWERS)}: there is no Chromium here (ops/setup --tests installs it on Debian)")
        return
    opened = worth_opening(archive)
    for kind in {"choice", "annotated"} - opened.keys():
        checks.skip(f"viewers with a manifest that has {'a Choice' if kind == 'choice' else 'annotations'}: none here has")
    if version_2:
        opened["book-v2"] = version_2
    everything = os.environ.get("FONDS_CHECK_ALL") == "1"
    runs = {viewer: list(opened) for viewer in VIEWERS}
    if not everything:
        # Each viewer once, each manifest once in Mirador: Universal Viewer takes 15 seconds for each.
        runs.update(openseadragon=["single"], universalviewer=["book"])
        print("  FONDS_CHECK_ALL=1 opens everything in every viewer")
    pictures = os.environ.get("FONDS_CHECK_PICTURES") or tempfile.mkdtemp(prefix="fonds-pictures.")
    print(f"  what the viewers show is in {pictures}")
    for viewer, names in runs.items():
        named = [f"{name}={opened[name]}" for name in names]
        for line in node(checks, viewer, "open.mjs", modules, pictures, viewer, *named):
            counts = f"{line['images']} images, {line['tiles']} of them tiles, in {line['seconds']:.0f} s"
            checks.that(not line["wrong"], f"{viewer} opens {line['name']}, zooms, turns: {counts}", "\n".join(line["wrong"]))


def timed(name, work, *arguments):
    begun = time.monotonic()
    print(f"{name}:", flush=True)
    result = work(*arguments)
    print(f"  {time.monotonic() - begun:.1f} s", flush=True)
    return result


def main():
    checks = Checks()
    with Place() as place:
        archive = timed("archive", Archive, place, checks)
        timed("Image API", image_api, checks, archive)
        version_2 = timed("Presentation API", presentation, checks, archive)
        try:
            modules = installed.viewers()
        except installed.NotInstalled as error:
            checks.skip(f"@iiif/parser, manifesto.js, {', '.join(VIEWERS)}: {error}")
        else:
            timed("parsers", parsers, checks, archive, modules)
            timed("viewers", viewers, checks, archive, modules, version_2)
        timed("restriction", restriction, checks, archive)
        checks.that(archive.process.poll() is None and ask(f"{archive.base}/readyz").status == 200, "the server still stands")
    checks.end()


if __name__ == "__main__":
    main()
