#!/usr/bin/env python3
"""Starts `fonds demo` in a folder of its own and asks it everything that people and clients ask.

    FONDS_BINARY=…/fonds FONDS_PYTHON=…/python ops/check/demo.py

Pages, protocols and errors by their status, type and words; OAI-PMH by its schema (xmllint, where the schemas are); a
harvest with sickle; the storage root with ocfl-py; verify and a rebuild beside the running server; a stop and a second
start. The demo in Mirador, OpenSeadragon and Universal Viewer takes longer and is opened when asked for
(FONDS_CHECK_BROWSER=1). What is skipped is said.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLIENTS = HERE / "clients"
sys.path.append(str(CLIENTS))
import installed  # noqa: E402

CHECKOUT = HERE.parent.parent
DATA = Path(os.environ.get("FONDS_DATA", CHECKOUT.parent / "shared" / "data"))
BINARY = os.environ.get("FONDS_BINARY", "fonds")
PYTHON = os.environ.get("FONDS_PYTHON", sys.executable)

# Seconds until something is given up; an unoptimised build draws the demo for half a minute on a busy machine.
READY_WITHIN = 180
ANSWER_WITHIN = 60
STOP_WITHIN = 30

wrong = []


def note(is_right, what):
    if not is_right:
        wrong.append(what)
        print(f"  WRONG  {what}")


def skipped(what, why):
    print(f"  SKIPPED  {what}: {why}")


def ask(base, path, headers=None, data=None):
    """Status, headers and body of an answer, whatever its status; redirects are not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(base + path, headers=headers or {}, data=data)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=ANSWER_WITHIN) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def check(base, path, status, kind, words="", headers=None, data=None):
    """Asks for a path and compares; returns the body."""
    found, its_headers, body = ask(base, path, headers, data)
    note(found == status, f"{path}: status {found}, not {status}")
    its_kind = its_headers.get("content-type", "")
    note(its_kind.startswith(kind), f"{path}: {its_kind!r}, not {kind}")
    note(words.encode() in body, f"{path}: {words!r} is not in it")
    return body


@contextmanager
def demo(folder):
    """A running demo: its address, and the seconds until it was ready."""
    begun = time.monotonic()
    command = [BINARY, "demo", "--json", "--data", folder / "data", "--listen", "127.0.0.1:0"]
    with open(folder / "log", "a") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        said = process.stdout.readline()
        if not said:
            sys.exit(f"the demo did not start:\n{(folder / 'log').read_text()}")
        base = json.loads(said)["public_url"]
        while ask(base, "/readyz")[0] != 200:
            if time.monotonic() - begun > READY_WITHIN:
                sys.exit(f"the demo was not ready after {READY_WITHIN} s")
            time.sleep(0.05)
        yield base, time.monotonic() - begun
    finally:
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOP_WITHIN)
            note(status == 0, f"the demo ended with {status} when it was told to stop")
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            note(False, f"the demo did not stop within {STOP_WITHIN} s")
        print(f"stopped in {time.monotonic() - asked:.2f} s")


def fonds(folder, *words):
    """What a verb prints, one object a line."""
    command = [BINARY, *words, "--json", "--data", folder / "data"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    note(ran.returncode == 0, f"fonds {' '.join(words)}: exit {ran.returncode}: {ran.stderr.strip()[-400:]}")
    return [json.loads(line) for line in ran.stdout.splitlines()]


def objects(folder):
    """The ids of the demo by their numbers, also of what the public does not see."""
    found = fonds(folder, "search", "--limit", "100")
    return {thing["source"]["identifier"]: thing["id"] for thing in found if "source" in thing}


def pages(base, ids):
    html = "text/html"
    check(base, "/", 200, html, "The collection")
    check(base, "/search?q=moon+jar", 200, html, "Results for")
    check(base, "/search?q=" + urllib.parse.quote("달항아리"), 200, html, ids["M"])
    check(base, "/search?f.material=paper&f.object_type=letter", 200, html, ids["A/1/1"])
    check(base, "/search?q=zzzz", 200, html, "Nothing found")
    check(base, "/search?limit=5", 200, html, "Next page")
    check(base, "/search?f.colour=red", 400, html, "there is no facet")
    check(base, f"/o/{ids['M']}", 200, html, 'lang="ko"')
    check(base, f"/o/{ids['A/2/2']}", 200, html, 'lang="ar"')
    check(base, f"/o/{ids['N/1']}", 200, html, "𛅰𛆁𛈩𛉑")
    check(base, f"/o/{ids['B/1']}", 200, html, "6 files")
    history = check(base, f"/o/{ids['T/1']}/history", 200, html, "looked at in daylight").decode()
    now, first = (int(history.split('<li id="e')[place].split('"')[0]) for place in (1, -1))
    check(base, f"/o/{ids['T/1']}@{first}", 200, html, "Twill with gold stripes")
    check(base, f"/o/{ids['T/1']}@{now}", 200, html, "Twill with ochre stripes")
    check(base, "/nowhere", 404, html, "Not here")
    for hidden in ("X/1", "X/2"):
        for ending in ("", ".json", ".ttl", "/history"):
            found = ask(base, f"/o/{ids[hidden]}{ending}")[0]
            note(found == 404, f"{hidden}{ending}, which is not public: status {found}, not 404")
    check(base, f"/o/{ids['X/3']}", 410, html, "Withdrawn")
    check(base, "/static/fonds.css", 200, "text/css")
    check(base, "/robots.txt", 200, "text/plain", "Disallow")


def data(base, ids):
    jar = ids["M"]
    kinds = {"json": "application/json", "ttl": "text/turtle", "nt": "application/n-triples",
             "rdf": "application/rdf+xml", "jsonld": "application/ld+json"}
    for ending, kind in kinds.items():
        check(base, f"/o/{jar}.{ending}", 200, kind, "Moon jar" if ending != "nt" else jar)
    for accept, place in (("text/html", f"/o/{jar}"), ("text/turtle", f"/o/{jar}.ttl")):
        status, headers, _ = ask(base, f"/id/{jar}", {"accept": accept})
        note(status == 303 and headers["location"].endswith(place), f"/id/ for {accept}: {status} {headers['location']}")
    query = urllib.parse.urlencode({"query": "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"})
    check(base, f"/sparql?{query}", 200, "application/sparql-results+json", '"n"',
          {"accept": "application/sparql-results+json"})
    check(base, "/.well-known/void", 200, "text/turtle", "void:Dataset", {"accept": "text/turtle"})


def iiif(base, ids):
    manifest = json.loads(check(base, f"/iiif/presentation/3/{ids['B/1']}/manifest", 200, "application/ld+json"))
    note(len(manifest["items"]) == 6, f"the book has {len(manifest['items'])} canvases, not 6")
    image = manifest["items"][0]["items"][0]["items"][0]["body"]["service"][0]["id"]
    note(image.startswith(base), f"{image} is not under {base}")
    path = image.removeprefix(base)
    info = json.loads(check(base, f"{path}/info.json", 200, "application/ld+json"))
    note(info["profile"] == "level2", f"{info['profile']} is not level2")
    check(base, f"{path}/full/!100,100/0/default.jpg", 200, "image/jpeg")
    check(base, f"{path}/0,0,256,256/256,256/0/default.png", 200, "image/png")
    found = ask(base, f"{path}/full/nothing/0/default.jpg")[0]
    note(found == 400, f"a size that is none: {found}, not 400")
    collection = check(base, f"/iiif/presentation/3/collection/{ids['A']}", 200, "application/ld+json")
    note(len(json.loads(collection)["items"]) > 0, "the collection of the fonds is empty")


def api(base, folder, ids):
    check(base, "/api/v1/openapi.json", 200, "application/json", '"openapi"')
    check(base, "/api/v1/search?q=jar", 200, "application/json", ids["M"])
    check(base, f"/api/v1/objects/{ids['M']}", 200, "application/json", "porcelain")
    check(base, f"/api/v1/objects/{ids['X/1']}", 404, "application/problem+json")
    check(base, f"/api/v1/objects/{ids['M']}/history", 401, "application/problem+json", "token")
    secret = fonds(folder, "token", "issue", "--for", "Check", "--scope", "write")[-1]["secret"]
    bearer = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    check(base, f"/api/v1/objects/{ids['X/1']}", 200, "application/json", "names the living", bearer)
    said = {"asserted": [{"property": "note", "text": "seen by the check", "language": "en"}], "reason": "to try it"}
    check(base, f"/api/v1/objects/{ids['T/2']}/statements", 200, "application/json", "first_seq", bearer,
          json.dumps(said).encode())


def published(base, ids):
    """Waits until harvesters see everything that is public: a list ends two seconds ago."""
    public = {thing for number, thing in ids.items() if not number.startswith("X/")}
    begun = time.monotonic()
    while True:
        listed = ask(base, "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc")[2].decode()
        missing = [thing for thing in public if thing not in listed]
        if not missing or time.monotonic() - begun > READY_WITHIN:
            return note(not missing, f"harvesters never saw {missing}")
        time.sleep(0.1)


def told(base):
    """The manifests that IIIF Change Discovery leaves a consumer with that walks backwards through it (1.0 §3.5)."""
    page = json.loads(check(base, "/iiif/discovery/1/all-changes", 200, "application/ld+json"))["last"]["id"]
    processed, has = set(), set()
    while page:
        document = json.loads(check(base, page.removeprefix(base), 200, "application/ld+json"))
        for activity in reversed(document["orderedItems"]):
            manifest = activity["object"]["id"]
            if manifest not in processed and activity["type"] != "Delete":
                has.add(manifest)
            processed.add(manifest)
        page = document.get("prev", {}).get("id")
    return has


def consume(base, ids):
    """Waits until consumers have exactly what is public: what went is told after what came."""
    manifests = {f"{base}/iiif/presentation/3/{thing}/manifest": number for number, thing in ids.items()}
    public = {manifest for manifest, number in manifests.items() if not number.startswith("X/")}
    begun = time.monotonic()
    while True:
        other = (told(base) & manifests.keys()) ^ public
        if not other or time.monotonic() - begun > READY_WITHIN:
            return note(not other, f"the stream of changes is wrong about {[manifests[one] for one in other]}")
        time.sleep(0.1)


def harvest(base, folder, ids):
    published(base, ids)
    consume(base, ids)
    schema = DATA / "schemas" / "oai-pmh" / "OAI-PMH-and-dc.xsd"
    answers = ["verb=Identify", "verb=ListMetadataFormats", "verb=ListRecords&metadataPrefix=oai_dc",
               "verb=ListIdentifiers&metadataPrefix=oai_dc", "verb=GetRecord&metadataPrefix=oai_dc&identifier=nothing",
               "verb=Nothing", "verb=ListSets"]
    for place, query in enumerate(answers):
        body = check(base, f"/oai?{query}", 200, "text/xml", "responseDate")
        (folder / f"oai-{place}.xml").write_bytes(body)
    if not schema.exists() or not shutil.which("xmllint"):
        skipped("OAI-PMH answers by their schema", "needs xmllint and the schemas in ../shared/data or FONDS_DATA")
    else:
        files = sorted(folder.glob("oai-*.xml"))
        command = ["xmllint", "--nonet", "--noout", "--schema", schema, *files]
        catalog = {**os.environ, "XML_CATALOG_FILES": str(DATA / "schemas" / "catalog.xml")}
        ran = subprocess.run(command, env=catalog, capture_output=True, text=True, check=False)
        note(ran.returncode == 0, f"xmllint:\n{ran.stderr}")
        print(f"xmllint: {len(files)} OAI-PMH answers, {ran.stderr.count(' validates')} valid")
    # Three clients of others count the same records.
    counts = {}
    for name in ("sickle.py", "scythe.py", "catmandu.py"):
        counts[name] = counted(name, f"{base}/oai")
    found = {count for count in counts.values() if count is not None}
    note(len(found) == 1, f"clients harvest different numbers of records: {counts}")


def counted(name, base):
    """How many records a client harvests; None where it cannot be had."""
    sys.stdout.flush()
    ran = subprocess.run([PYTHON, CLIENTS / name, base], stdout=subprocess.PIPE, text=True, check=False)
    print(ran.stdout, end="")
    if ran.returncode == 3:
        return skipped(f"a harvest by {name}", "it cannot be had here")
    note(ran.returncode == 0, f"{name} says no")
    told = re.search(r"ListRecords (?:records )?(\d+)", ran.stdout)
    note(told is not None, f"{name} counts nothing")
    return int(told[1]) if told else None


def client(name, *arguments):
    # What a client prints is shown; it waits for nothing of ours in between.
    sys.stdout.flush()
    ran = subprocess.run([PYTHON, CLIENTS / name, *arguments], check=False)
    note(ran.returncode == 0, f"{name} says no")


def viewers(base, ids):
    """The demo in every viewer; ops/check/iiif.py opens an archive of its own in them each time."""
    if os.environ.get("FONDS_CHECK_BROWSER") != "1":
        return skipped("the demo in viewers", "set FONDS_CHECK_BROWSER=1 to open it in Chromium (with node)")
    browser = installed.chromium()
    if not browser:
        return skipped("the demo in viewers", "there is no Chromium here")
    try:
        modules = installed.viewers()
    except installed.NotInstalled as error:
        return skipped("the demo in viewers", error)
    pictures = os.environ.get("FONDS_CHECK_PICTURES") or tempfile.mkdtemp(prefix="fonds-pictures.")
    manifests = [f"{name}={base}/iiif/presentation/3/{ids[number]}/manifest"
                 for name, number in (("letter", "A/2/1"), ("book", "B/1"), ("jar", "M"))]
    sys.stdout.flush()
    command = ["node", CLIENTS / "viewers/open.mjs", modules, pictures, "mirador,openseadragon,universalviewer", *manifests]
    ran = subprocess.run(command, env={**os.environ, "CHROMIUM": browser}, check=False)
    note(ran.returncode == 0, "a viewer says no")
    return None


def main():
    folder = Path(tempfile.mkdtemp(prefix="fonds-demo."))
    # The private PostgreSQL, which is not root, must be able to pass.
    folder.chmod(0o711)
    try:
        with demo(folder) as (base, seconds):
            print(f"first start, drawing and taking in the demo: ready after {seconds:.2f} s")
            ids = objects(folder)
            pages(base, ids)
            data(base, ids)
            iiif(base, ids)
            harvest(base, folder, ids)
            api(base, folder, ids)
            viewers(base, ids)
            check(base, "/metrics", 200, "text/plain", "http_requests_total")
            print(f"verify: {fonds(folder, 'verify')[-1]}")
            print(f"rebuild all --check: {fonds(folder, 'rebuild', 'all', '--check')[-1]}")
            client("ocfl.py", str(folder / "data" / "ocfl"))
            events = len(fonds(folder, "history", ids["T/1"]))
        with demo(folder) as (base, seconds):
            print(f"second start: ready after {seconds:.2f} s")
            check(base, "/", 200, "text/html", "The collection")
            again = len(fonds(folder, "history", ids["T/1"]))
            note(again == events, f"the second start added {again - events} events to an object")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(wrong)} wrong" if wrong else "all as it should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
