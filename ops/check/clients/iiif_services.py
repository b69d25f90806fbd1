"""Change Discovery 1.0, Content Search 2.0 and 1.0, and version 2.1 of manifests, where they are served.

Each switches itself on: discovery by its collection, search by the service that a manifest names, 2.1 by its address.
"""

import datetime
import urllib.parse

from checklib import ask
from manifests import resources

DISCOVERY = "http://iiif.io/api/discovery/1/context.json"
SEARCH = {2: "http://iiif.io/api/search/2/context.json", 1: "http://iiif.io/api/search/1/context.json"}
PRESENTATION2 = "http://iiif.io/api/presentation/2/context.json"
ACTIVITIES = ("Create", "Update", "Delete", "Move", "Add", "Remove", "Refresh")
PAGES_WALKED_MAX = 200


def contexts(document):
    named = document.get("@context")
    return [named] if isinstance(named, str) else named or []


def discovery(checks, base, public, hidden, restricted=()):
    """Walked as consumers do: from the last page backwards.

    `public` and `hidden` are ids of objects; `restricted` were public once, so that consumers must be told.
    """
    url = f"{base}/iiif/discovery/1/all-changes"
    answer = ask(url)
    if answer.status != 200:
        checks.skip(f"Change Discovery 1.0: {url} is not served ({answer.status})")
        return
    ordered = answer.json
    good = ordered.get("type") == "OrderedCollection" and ordered.get("id") == url and contexts(ordered)[-1:] == [DISCOVERY]
    checks.that(good and ordered.get("last", {}).get("type") == "OrderedCollectionPage", "discovery: a collection with last",
                answer)
    checks.that(answer.header("access-control-allow-origin") == "*", "discovery: CORS *")
    pages, url = [], ordered.get("last", {}).get("id")
    while url and len(pages) < PAGES_WALKED_MAX:
        answer = ask(url)
        page = answer.json
        good = page.get("id") == url and page.get("type") == "OrderedCollectionPage" and page.get("orderedItems")
        if not checks.that(good and contexts(page)[-1:] == [DISCOVERY], f"discovery: page {url.rsplit('/', 1)[-1]}", answer):
            return
        pages.insert(0, page)
        url = page.get("prev", {}).get("id")
    for before, after in zip(pages, pages[1:]):
        checks.that(before.get("next", {}).get("id") == after["id"], "discovery: prev and next agree", before.get("next"))
    activities = [activity for page in pages for activity in page["orderedItems"]]
    total = ordered.get("totalItems", len(activities))
    checks.that(len(activities) == total, f"discovery: {len(activities)} activities, totalItems {total}")
    times = [activity.get("endTime", "") for activity in activities]
    checks.that(times == sorted(times) and all(map(utc, times)), "discovery: endTime ascends, in UTC", times[:5])
    kinds = {activity.get("type") for activity in activities}
    checks.that(kinds <= set(ACTIVITIES), f"discovery: activities are {', '.join(sorted(map(str, kinds)))}")
    latest = {activity["object"]["id"]: activity for activity in activities}
    text = str(pages)
    checks.that(not any(thing in text for thing in hidden), "discovery: nothing that is hidden is named")
    missing = [thing for thing in public if not any(f"/{thing}" in name for name in latest)]
    checks.that(not missing, "discovery: every public object has an activity", missing)
    told = {thing: [activity["type"] for name, activity in latest.items() if f"/{thing}" in name] for thing in restricted}
    good = all(types and set(types) <= {"Delete", "Update"} for types in told.values())
    checks.that(good, f"discovery: what was restricted is told of: {list(told.values())}", told)
    for name, activity in latest.items():
        if any(f"/{thing}" in name for thing in restricted):
            continue
        wanted = (404, 410) if activity["type"] == "Delete" else (200,)
        there = ask(name)
        good = there.status in wanted and (there.status != 200 or there.json.get("type") == activity["object"].get("type"))
        checks.that(good, f"discovery: the latest of {name.split('/')[-2]} is {activity['type']}, and so it is", there)
    last = ask(ordered["last"]["id"], {"If-None-Match": ask(ordered["last"]["id"]).header("etag")})
    checks.that(last.status == 304, "discovery: a crawler that holds the last page is told so", last)


def latest(base, thing):
    """The last activity about an object on the last page: its type, None, or "not served"."""
    collection = ask(f"{base}/iiif/discovery/1/all-changes")
    if collection.status == 404:
        return "not served"
    page = ask(collection.json.get("last", {}).get("id") or f"{base}/nothing").json
    types = [activity.get("type") for activity in page.get("orderedItems", []) if f"/{thing}" in activity["object"]["id"]]
    return types[-1] if types else None


def utc(text):
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).utcoffset() == datetime.timedelta(0)
    except ValueError:
        return False


def first_word(manifest):
    """A word of the first text that an annotation of a manifest holds."""
    pages = [page for canvas in manifest.get("items", []) for page in canvas.get("annotations", [])]
    for page in pages:
        page = page if "items" in page else ask(page["id"]).json
        for _, node in resources(page):
            words = [word for word in str(node.get("value", "")).split() if len(word) > 3 and word.isalnum()]
            if node.get("type") == "TextualBody" and words:
                return words[0]
    return None


def kind_of(node):
    """2 or 1 where a service is a search service of that version, "2 words" or "1 words" where it completes words."""
    kind, profile = str(node.get("type") or node.get("@type")), str(node.get("profile"))
    for version in (2, 1):
        if kind == f"SearchService{version}" or profile.endswith(f"/api/search/{version}/search"):
            return version
        if kind == f"AutoCompleteService{version}" or profile.endswith(f"/api/search/{version}/autocomplete"):
            return f"{version} words"
    return None


def search(checks, manifest, name):
    """Every search service that a manifest names."""
    found = {}
    for key, node in resources(manifest):
        if key == "service" and kind_of(node):
            found[kind_of(node)] = node
    if not found:
        return False
    checks.that(2 in found and 1 in found, f"{name}: Search 2 and 1 are named, or Mirador has no search box", list(found))
    word = first_word(manifest)
    for version, node in found.items():
        url = node.get("id", node.get("@id"))
        if version == 1:
            good = node.get("profile") == "http://iiif.io/api/search/1/search"
            checks.that(good, f"{name}: its Search 1 service is one that Mirador knows", node)
        if version in (1, 2):
            answers(checks, url, version, word, name)
        elif word:
            completes(checks, url, int(version[0]), word, name)
    return True


def completes(checks, url, version, word, name):
    """Words that begin as one does, in their order."""
    answer = ask(f"{url}?{urllib.parse.urlencode({'q': word[:3]})}")
    document = answer.json
    if version == 2:
        terms = [term.get("value") for term in document.get("items", [])]
        good = document.get("type") == "TermPage" and document.get("id")
    else:
        terms = [term.get("match") for term in document.get("terms", [])]
        good = document.get("@type") == "search:TermList" and all(term.get("url") for term in document.get("terms", []))
    good = good and SEARCH[version] in contexts(document) and answer.header("access-control-allow-origin") == "*"
    checks.that(good and word.lower() in map(str.lower, terms),
                f"{name}: Search {version} completes {word[:3]} to {terms[:5]}", answer)
    checks.that(terms == sorted(terms), f"{name}: Search {version}: words in their order", terms)


def hits(document, version):
    return document.get("items" if version == 2 else "resources", [])


def answers(checks, url, version, word, name):
    for query, some in ((word, True), ("zzzzqqqq", False), ('"' * 3, False), ("a" * 4000, False)):
        if not query:
            checks.skip(f"{name}: Search {version} with a word of its annotations: none has text")
            continue
        answer = ask(f"{url}?{urllib.parse.urlencode({'q': query})}")
        document = answer.json
        kind = document.get("type" if version == 2 else "@type")
        good = answer.status == 200 and kind == ("AnnotationPage" if version == 2 else "sc:AnnotationList")
        if len(query) > 1000 and answer.status in (400, 414):
            good = True
        found = len(hits(document, version))
        checks.that(good and (found > 0) >= some, f"{name}: Search {version} for {query[:12]!r}: {found} hits", answer)
        checks.that(answer.header("access-control-allow-origin") == "*", f"{name}: Search {version}: CORS *")
        if good and answer.status == 200:
            checks.that(SEARCH[version] in contexts(document), f"{name}: Search {version}: its context", contexts(document))
            targets = str([annotation.get("target" if version == 2 else "on") for annotation in hits(document, version)])
            checks.that(not some or "xywh=" in targets or "canvas" in targets.lower(),
                        f"{name}: Search {version}: hits lie on canvases", targets)
    both = ask(f"{url}?{urllib.parse.urlencode({'q': word or 'a', 'user': 'http://example.org/me', 'nonsense': '1'})}")
    if version == 2:
        checks.that("user" in both.json.get("ignored", []), f"{name}: Search 2: a parameter that is ignored is listed", both)
    checks.that(ask(url).status in (200, 400), f"{name}: Search {version} without q is an answer")


def version_2(checks, base, thing):
    """The manifest in version 2.1, where it is served."""
    url = f"{base}/iiif/presentation/2/{thing}/manifest"
    answer = ask(url)
    if answer.status != 200:
        checks.skip(f"Presentation 2.1: {url} is not served ({answer.status})")
        return None
    manifest = answer.json
    good = contexts(manifest)[-1:] == [PRESENTATION2] and manifest.get("@id") == url and manifest.get("@type") == "sc:Manifest"
    checks.that(good and manifest.get("label"), "Presentation 2.1: context, @id, @type and label", answer)
    canvases = [canvas for sequence in manifest.get("sequences", []) for canvas in sequence.get("canvases", [])]
    good = canvases and all(canvas.get("height") and canvas.get("width") and canvas.get("label") for canvas in canvases)
    checks.that(good, f"Presentation 2.1: {len(canvases)} canvases with sides and labels")
    for canvas in canvases:
        for image in canvas.get("images", []):
            body, good = image.get("resource",
                                   {}), image.get("motivation") == "sc:painting" and image.get("on") == canvas["@id"]
            service = body.get("service", {})
            good = good and body.get("@type") in ("dctypes:Image", "oa:Choice")
            good = good and (body["@type"] == "oa:Choice" or "/image/2/context.json" in str(service.get("@context")))
            checks.that(good, f"Presentation 2.1: the image on {canvas['@id'].rsplit('/', 1)[-1]}", image)
    return url
