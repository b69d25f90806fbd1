"""What is said of the images through the API, where it takes that: a choice, contents, annotations, transcripts.

Each is switched on by its path in openapi.json. What comes of it in manifests, search and viewers is checked with the rest.
"""

import json
import time

from checklib import ask, get
from manifests import resources

# Stands on an object that nobody may see; nothing public may know the word.
HIDDEN_WORD = "Quicksilverling"
ANNOTATION = "A stain <b>from</b> the flood & after"
# Until what was said is in the tables that are read from.
FOLDED_SECONDS_MAX = 20
TRANSCRIPT = ("There are two birds in the birdhouse", "of the bridge office Archi-", "ves")


class Writer:
    """Somebody with a token."""

    def __init__(self, checks, archive):
        self.checks, self.base = checks, archive.base
        issued = archive.place.fonds("token", "issue", "--for", "A Cataloguer", "--scope", "write", "--json",
                                     data=archive.data)
        self.bearer = {"Authorization": f"Bearer {issued.summary.get('secret')}", "Content-Type": "application/json"}
        self.paths = ask(f"{archive.base}/api/v1/openapi.json").json.get("paths", {})

    def send(self, method, path, body, what):
        """Sends it; the answer, or None where it was refused."""
        status, text = get(self.base + path, json.dumps(body).encode(), self.bearer, method)
        if self.checks.that(status in (200, 201), f"the API takes {what}", f"{method} {path} {body}\n{status} {text}"):
            return json.loads(text)
        return None


    def folded(self, path, holds):
        """Waits until what was said can be read."""
        until = time.monotonic() + FOLDED_SECONDS_MAX
        while not holds(ask(self.base + path, self.bearer)) and time.monotonic() < until:
            time.sleep(0.1)


def say(checks, archive):
    """Says all of it that the API takes; the ids of what was said of the hidden object."""
    writer, objects, files = Writer(checks, archive), archive.objects, archive.files
    if "/api/v1/objects/{id}/arrangement" in writer.paths:
        arrange(writer, objects, files)
        writer.folded(f"/api/v1/objects/{objects['book']}", lambda answer: "arrangement" in answer.json)
    else:
        checks.skip("a Choice, ranges and a start: the API takes no arrangement")
    if "/api/v1/files/{file}/transcript" in writer.paths:
        transcribe(writer, files)
        writer.folded(f"/api/v1/files/{files['page-2.jpg']}/transcript", lambda answer: answer.status == 200)
    else:
        checks.skip("transcripts: the API takes none")
    if "/api/v1/objects/{id}/annotations" not in writer.paths:
        checks.skip("annotations: the API takes none")
        return []
    hidden = annotate(writer, objects, files)
    writer.folded(f"/api/v1/objects/{objects['hidden']}/annotations", lambda answer: answer.json)
    return hidden


def transcribe(writer, files):
    lines = [{"text": text, "xywh": [140, 400 + 60 * number, 900, 40]} for number, text in enumerate(TRANSCRIPT)]
    for name in ("page-1.jpg", "page-2.jpg"):
        writer.send("PUT", f"/api/v1/files/{files[name]}/transcript", {"lines": lines, "language": "en"}, "a transcript")
    secret = {"lines": [{"text": f"{HIDDEN_WORD} is hidden"}]}
    writer.send("PUT", f"/api/v1/files/{files['hidden.jpg']}/transcript", secret, "a transcript of what is hidden")


def arrange(writer, objects, files):
    def label(text):
        return [{"language": "en", "text": text}]

    lights = [{"file": files[name], "label": label(text)} for name,
              text in (("daylight.jpg", "Daylight"), ("infrared.jpg", "Infrared"))]
    sketch = {"arrangement": {"choices": [{"files": lights}]}, "reason": "one view"}
    writer.send("PUT", f"/api/v1/objects/{objects['sketch']}/arrangement", sketch, "a choice")
    pages = [files[f"page-{number}.jpg"] for number in range(1, 7)]
    parts = [{"label": label("The rain"), "files": pages[:3]}, {"label": label("The flood"), "files": pages[3:]}]
    book = {"arrangement": {"behaviors": ["paged"], "ranges": [{"label": label("Contents"), "children": parts}],
                            "start": pages[0]}}
    writer.send("PUT", f"/api/v1/objects/{objects['book']}/arrangement", book, "ranges, a start and paged")


def annotate(writer, objects, files):
    def said(name, text, region, motivation):
        return {"file": files[name], "motivation": motivation, "text": text, "language": "en",
                **({"region": region} if region else {})}

    path = f"/api/v1/objects/{objects['book']}/annotations"
    writer.send("POST", path, said("page-1.jpg", ANNOTATION, {"xywh": [120, 120, 700, 260]}, "commenting"),
                "a comment on a part")
    triangle = {"polygon": [[200, 900], [700, 900], [450, 1300]]}
    writer.send("POST", path, said("page-1.jpg", "A triangle of mould", triangle, "describing"), "a description of a polygon")
    writer.send("POST", path, said("page-2.jpg", "Copied by another hand", None, "commenting"), "a comment on a page")
    secret = said("hidden.jpg", f"{HIDDEN_WORD} was here", None, "commenting")
    answer = writer.send("POST", f"/api/v1/objects/{objects['hidden']}/annotations", secret, "a comment on what is hidden")
    return [answer["annotation"]] if answer and "annotation" in answer else []


def check(checks, archive, hidden_annotations):
    """What must come of it, beyond what every manifest is checked for."""
    sketch = ask(archive.manifest("sketch")).json
    paths = ask(f"{archive.base}/api/v1/openapi.json").json.get("paths", {})
    if "/api/v1/objects/{id}/arrangement" in paths:
        body = sketch["items"][0]["items"][0]["items"][0]["body"]
        labels = [item.get("label") for item in body.get("items", [])]
        good = len(sketch["items"]) == 1 and body.get("type") == "Choice"
        checks.that(good and labels == [{"en": ["Daylight"]}, {"en": ["Infrared"]}],
                    "said: two lights are one Canvas with a Choice", body)
        book = ask(archive.manifest("book")).json
        parts = [part.get("label") for part in book.get("structures", [{}])[0].get("items", []) if part.get("type") == "Range"]
        good = book.get("behavior") == ["paged"] and book.get("start") and parts == [{"en": ["The rain"]},
                                                                                     {"en": ["The flood"]}]
        checks.that(good, "said: the book has its contents, its start, and is paged",
                    (book.get("structures"), book.get("behavior")))
    if "/api/v1/objects/{id}/annotations" in paths:
        book = ask(archive.manifest("book")).json
        pages = [page for canvas in book["items"] for page in canvas.get("annotations", [])]
        documents = [page if "items" in page else ask(page["id"]).json for page in pages]
        items = [item for document in documents for item in document.get("items", [])]
        bodies = [body for item in items for body in (item["body"] if isinstance(item["body"], list) else [item["body"]])]
        plain = [body for body in bodies if body.get("value") == ANNOTATION and body.get("format",
                                                                                         "text/plain") == "text/plain"]
        escaped = [body for body in bodies if "&lt;b&gt;" in body.get("value", "") and body.get("format") == "text/html"]
        checks.that(plain or escaped, "said: an annotation is plain text, or escaped where it is said to be HTML", bodies[:5])
        canvases = {canvas["id"] for canvas in book["items"]}
        strays = [item["target"] for item in items if not any(canvas in json.dumps(item["target"]) for canvas in canvases)]
        checks.that(items and not strays, f"said: {len(items)} annotations lie on the book's canvases", strays)
        shapes = [node["value"] for item in items for _, node in resources(item) if node.get("type") == "SvgSelector"]
        good = shapes and all("<path" in shape for shape in shapes)
        checks.that(good, "said: a polygon is an SVG path, the only shape that Mirador 4.0.0 draws", shapes)
        for item in items[:20]:
            answer = ask(item["id"])
            good = answer.status == 200 and answer.json.get("id") == item["id"]
            good = good and answer.header("access-control-allow-origin") == "*"
            checks.that(good or answer.status == 404 and "#" in item["id"],
                        f"said: {item['id'].split('/', 3)[-1]} is itself", answer)
    for path in (*(f"/iiif/annotation/{one}" for one in hidden_annotations),
                 *(f"/api/v1/annotations/{one}" for one in hidden_annotations),
                 f"/api/v1/objects/{archive.objects['hidden']}/annotations",
                 f"/api/v1/files/{archive.files['hidden.jpg']}/transcript",
                 f"/iiif/search/2/{archive.objects['hidden']}?q={HIDDEN_WORD}",
                 f"/iiif/search/1/{archive.objects['hidden']}?q={HIDDEN_WORD}",
                 f"/iiif/search/2/{archive.objects['book']}?q={HIDDEN_WORD}",
                 f"/iiif/search/2/{archive.objects['series']}?q={HIDDEN_WORD}",
                 f"/api/v1/search?q={HIDDEN_WORD}"):
        answer = ask(archive.base + path)
        told = answer.body.decode("utf-8", "replace").replace(f"q={HIDDEN_WORD}", "")
        checks.that(HIDDEN_WORD not in told and archive.objects["hidden"] not in told or answer.status in (401, 404),
                    f"hidden: what is said of it: {path.split('?')[0]}", answer)
