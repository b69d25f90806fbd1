#!/usr/bin/env python3
"""Validates IIIF Presentation manifests with what others wrote, and with rules of the specification that those overlook.

    manifests.py BASE-URL [N]

Takes N objects (20 unless said) of a running fonds at that address, spread over all of them, and validates their manifests,
the collections they are part of, and the annotation pages they name: by the JSON schema of IIIF's presentation-validator
(FONDS_IIIF_SCHEMA, or ../shared/data/schemas/iiif/iiif_3_0.json; in no registry, so skipped where it is not), by iiif-prezi3,
and by hand. Before that, the harness itself is tried: every recipe of the IIIF cookbook must pass, and broken ones must not.
"""

import copy
import json
import os
import pathlib
import re
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent.parent)]
from checklib import Checks, ask  # noqa: E402

DATA = pathlib.Path(os.environ.get("FONDS_DATA") or HERE.parents[3] / "shared" / "data")
CONTEXT = "http://iiif.io/api/presentation/3/context.json"
OBJECTS_DEFAULT, PAGE_OBJECTS = 20, 500
# Links of a manifest that are followed, of each kind.
LINKS_FOLLOWED = 3
RIGHTS = ("http://creativecommons.org/licenses/", "http://creativecommons.org/publicdomain/",
          "http://rightsstatements.org/vocab/")
IMAGE_REQUEST = re.compile(r"/[^/]+/[^/]+/!?[\d.]+/(default|color|gray|bitonal)\.\w+$")


class Validators:
    """The schema and iiif-prezi3, where they are there; `said` returns what is wrong with a resource."""

    def __init__(self, checks):
        self.schema, self.classes = None, {}
        schema = pathlib.Path(os.environ.get("FONDS_IIIF_SCHEMA") or DATA / "schemas/iiif/iiif_3_0.json")
        try:
            import jsonschema

            self.schema = jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))
        except (ImportError, OSError) as error:
            checks.skip(f"the JSON schema of Presentation 3: {error}")
        try:
            import iiif_prezi3

            self.classes = {kind: getattr(iiif_prezi3, kind) for kind in ("Manifest", "Collection", "AnnotationPage")}
        except ImportError as error:
            checks.skip(f"iiif-prezi3: {error} (ops/setup --tests installs it)")

    def said(self, resource):
        found = []
        if self.schema:
            wrong = [leaf for error in self.schema.iter_errors(resource) for leaf in leaves(error)]
            found += [f"schema: {'/'.join(map(str, path))}: {message}" for path, message in wrong[:8]]
        if kind := self.classes.get(resource.get("type")):
            try:
                kind.model_validate(copy.deepcopy(resource))
            except ValueError as error:
                found.append(f"iiif-prezi3: {str(error)[:400]}")
        return found


def leaves(error):
    """What is wrong, where a resource is none of the kinds that it may be: that of the kinds that its type says."""
    if not error.context:
        yield tuple(error.absolute_path), error.message[:200]
        return
    kinds = {}
    for under in error.context:
        kinds.setdefault(under.schema_path[0], []).append(under)
    here = len(error.absolute_path)
    typed = [found for found in kinds.values() if not any(list(each.absolute_path)[here:] == ["type"] for each in found)]
    for each in min(typed or kinds.values(), key=len):
        yield from leaves(each)


def resources(node):
    """Every JSON object in a document, with the key that it stands under."""
    stack = [("", node)]
    while stack:
        key, node = stack.pop()
        if isinstance(node, dict):
            yield key, node
            stack += node.items()
        elif isinstance(node, list):
            stack += [(key, each) for each in node]


def by_hand(manifest, url):
    """What schema and prezi3 let pass (Presentation 3.0 §3, §4, §5)."""
    wrong = []

    def must(holds, sentence):
        if not holds:
            wrong.append(f"by hand: {sentence}")

    contexts = manifest.get("@context")
    contexts = [contexts] if isinstance(contexts, str) else contexts or []
    must(list(manifest)[:1] == ["@context"] and contexts[-1:] == [CONTEXT],
         f"@context is {contexts}, not first or without {CONTEXT} last")
    must(url is None or manifest.get("id") == url, f"id is {manifest.get('id')}, not the address it came from")
    must(manifest.get("type") in ("Manifest", "Collection"), f"type is {manifest.get('type')}")
    must(manifest.get("rights", RIGHTS[0]).startswith(RIGHTS), f"rights is {manifest.get('rights')}")
    for key, node in resources(manifest):
        for name in ("label", "summary"):
            if name in node:
                language_map(node[name], name, must)
        for pair in [*node.get("metadata", []), *filter(None, [node.get("requiredStatement")])]:
            language_map(pair.get("label"), "label", must)
            language_map(pair.get("value"), "value", must)
        if key == "service":
            must(service_names(node), f"a service without id and type: {json.dumps(node)[:120]}")
        if "id" in node and node.get("type") not in ("TextualBody", None):
            must(str(node["id"]).startswith(("http://", "https://")), f"id {node['id']}")
    if manifest.get("type") == "Manifest":
        canvases(manifest, must)
    return wrong


def service_names(node):
    return ("id" in node and "type" in node) or ("@id" in node and ("@type" in node or "profile" in node))


def language_map(value, name, must):
    good = isinstance(value, dict) and value and all(isinstance(each, list) and each for each in value.values())
    must(good, f"{name} is no language map of arrays: {json.dumps(value)[:120]}")
    for text in (each for texts in (value if good else {}).values() for each in texts):
        # What begins with < and ends with > is taken for HTML, and a label never is (§4).
        if name == "label":
            continue
        html = text.strip().startswith("<") and text.strip().endswith(">")
        must(not html or not re.search(r"<(script|style|iframe|object|embed|form)\b|\bon\w+=|javascript:", text, re.I),
             f"HTML in {name}: {text[:120]}")


def canvases(manifest, must):
    items = manifest.get("items") or []
    must(items, "a Manifest without a Canvas (recipe 0283 has an empty one)")
    ids = [canvas.get("id", "") for canvas in items]
    must(len(set(ids)) == len(ids), "Canvas ids are not unique")
    for canvas in items:
        must("#" not in canvas.get("id", "#"), f"a Canvas id with a fragment: {canvas.get('id')}")
        sides = canvas.get("height", 0) > 0 and canvas.get("width", 0) > 0
        must(sides or canvas.get("duration", 0) > 0, f"{canvas.get('id')} has neither sides nor duration")
        must(("height" in canvas) == ("width" in canvas), f"{canvas.get('id')} has one side")
        for page in canvas.get("items", []):
            for annotation in page.get("items", []):
                painting(annotation, canvas, must)
    known = set(ids)
    for _, node in resources(manifest.get("structures", [])):
        if node.get("type") == "Canvas":
            must(node.get("id", "").split("#")[0] in known, f"a Range names {node.get('id')}, which is no Canvas here")


def painting(annotation, canvas, must):
    must(annotation.get("motivation") == "painting", f"{annotation.get('id')} in items is not painting")
    target = annotation.get("target")
    target = target.get("source", {}) if isinstance(target, dict) else target
    target = target.get("id") if isinstance(target, dict) else target
    must(str(target).split("#")[0] == canvas["id"], f"{annotation.get('id')} paints on {target}")
    for body in images(annotation):
        must(IMAGE_REQUEST.search(body.get("id", "")) or not body.get("service"),
             f"the body is no whole image: {body.get('id')}")
        must(body.get("format") and body.get("width") and body.get("height"), f"{body.get('id')} has no format or sides")
        for service in body.get("service", []):
            must(service.get("width") and service.get("height") and service.get("sizes"),
                 f"the service of {body.get('id')} embeds no width, height and sizes (thumbnails are then made anew)")


def images(annotation):
    """The images that an annotation paints, those of a Choice too."""
    bodies = annotation.get("body") or []
    for body in bodies if isinstance(bodies, list) else [bodies]:
        items = body.get("items", []) if body.get("type") == "Choice" else [body]
        yield from (item.get("source", item) for item in items if item.get("type") in ("Image", "SpecificResource"))


def links(checks, manifest, name):
    """A few of the addresses that a manifest names must answer."""
    urls = {}
    for key, node in resources(manifest):
        if key in ("thumbnail", "seeAlso", "homepage", "body", "partOf", "logo", "rendering") and "id" in node:
            urls.setdefault(key, []).append((node["id"], node.get("format")))
        if key == "service" and str(node.get("type", "")).startswith("ImageService"):
            urls.setdefault("service", []).append((f"{node['id']}/info.json", None))
    wrong, origin = [], urllib.parse.urlsplit(manifest["id"]).netloc
    for key, found in urls.items():
        for url, kind in list(dict.fromkeys(found))[:LINKS_FOLLOWED]:
            if urllib.parse.urlsplit(url).netloc == origin:
                answer = ask(url, method="HEAD")
                if answer.status != 200 or not answer.header("content-type").startswith(kind or ""):
                    wrong.append(f"{key} {url}: {answer.status} {answer.header('content-type')}, format {kind}")
    checks.that(not wrong, f"{name}: what it links to is there, and of the format that it says", "\n".join(wrong))


def validate(checks, validators, url, name):
    """One manifest or collection, and the annotation pages that it names; returns it."""
    answer = ask(url)
    document = answer.json if answer.status == 200 else {}
    if not checks.that(document, f"{name}: 200 and JSON", answer):
        return {}
    wrong = validators.said(document) + by_hand(document, url)
    checks.that(not wrong, f"{name}: valid ({document.get('type')}, {len(document.get('items', []))} items)", "\n".join(wrong))
    for _, node in list(resources(document)):
        if node.get("type") == "AnnotationPage" and "items" not in node:
            page = ask(node["id"])
            good = page.status == 200 and page.json.get("id") == node["id"]
            good = good and page.header("access-control-allow-origin") == "*"
            wrong = validators.said(page.json) if good else [str(page)]
            checks.that(not wrong,
                        f"{name}: the annotation page that it names, with {len(page.json.get('items', []))} items",
                        "\n".join(wrong))
    return document


def cookbook(checks, validators):
    """The harness passes what is right and refuses what is broken."""
    recipes = sorted((DATA / "fixtures/iiif-cookbook").rglob("*.json"))
    if not recipes:
        checks.skip(f"the harness with the IIIF cookbook: it is not in {DATA}")
        return
    passed, failed, book = 0, [], None
    for path in recipes:
        text = re.sub(r"\A---.*?---\s*", "", path.read_text(encoding="utf-8"), flags=re.S)
        recipe = json.loads(re.sub(r"\{\{.*?\}\}", "https://example.org/it", text))
        if not isinstance(recipe, dict) or "presentation/2" in str(recipe.get("@context")) or "type" not in recipe:
            continue
        said = validators.said(recipe)
        passed, failed = passed + (not said), failed + [f"{path.parent.name}/{path.name}: {each}" for each in said]
        if path.parent.name.startswith("0009"):
            book = recipe
    checks.that(passed > 80 and not failed, f"cookbook: {passed} recipes pass", "\n".join(failed))
    for sentence, broken in broken_ones(book):
        said = validators.said(broken) + by_hand(broken, book["id"])
        checks.that(said, f"cookbook: a manifest with {sentence} is refused", "nothing was said")


def broken_ones(book):
    """A recipe, broken in the ways that servers break manifests."""

    def broken(change):
        other = copy.deepcopy(book)
        change(other)
        return other

    def body(manifest):
        return manifest["items"][0]["items"][0]["items"][0]["body"]

    yield "no @context", broken(lambda m: m.pop("@context"))
    yield "another type", broken(lambda m: m.update(type="manifest"))
    yield "another id", broken(lambda m: m.update(id="https://example.org/other"))
    yield "a label that is a string", broken(lambda m: m.update(label="Book"))
    yield "no canvas", broken(lambda m: m.update(items=[]))
    yield "two canvases of one id", broken(lambda m: m["items"][1].update(id=m["items"][0]["id"]))
    yield "a canvas with one side", broken(lambda m: m["items"][0].pop("height"))
    yield "an annotation that paints on another canvas", broken(
        lambda m: m["items"][0]["items"][0]["items"][0].update(target=m["items"][1]["id"]))
    yield "a bare service for an image", broken(lambda m: body(m).update(id=body(m)["service"][0]["id"]))
    yield "a service without a type", broken(lambda m: body(m)["service"][0].pop("type"))
    yield "other rights", broken(lambda m: m.update(rights="all rights reserved"))
    yield "a script in its summary", broken(lambda m: m.update(summary={"en": ["<p><script>alert(1)</script></p>"]}))


def objects(base):
    """The ids of all public objects."""
    found, after = [], ""
    while True:
        page = ask(f"{base}/api/v1/objects?limit={PAGE_OBJECTS}{after}").json.get("objects", [])
        found += [thing["id"] for thing in page]
        if len(page) < PAGE_OBJECTS:
            return found
        after = f"&after={page[-1]['id']}"


def archive(checks, validators, base, count):
    """N objects of an archive, spread over it."""
    ids = objects(base)
    chosen = ids[:: max(1, len(ids) // count)][:count]
    checks.that(chosen, f"{base} has {len(ids)} objects, {len(chosen)} are looked at")
    seen = set()
    for number, thing in enumerate(chosen):
        manifest = validate(checks, validators, f"{base}/iiif/presentation/3/{thing}/manifest", f"manifest {thing}")
        if manifest and number < LINKS_FOLLOWED:
            links(checks, manifest, f"manifest {thing}")
        for whole in manifest.get("partOf", []):
            if whole.get("type") == "Collection" and whole["id"] not in seen:
                seen.add(whole["id"])
                collection = validate(checks, validators, whole["id"], f"collection {whole['id'].rsplit('/', 1)[-1]}")
                embedded = [item["id"] for item in collection.get("items",
                                                                  []) if item.get("type") == "Manifest" and "items" in item]
                checks.that(not embedded, "… refers to its manifests and does not embed them", embedded)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    checks = Checks()
    validators = Validators(checks)
    cookbook(checks, validators)
    archive(checks, validators, sys.argv[1].rstrip("/"), int(sys.argv[2]) if len(sys.argv) == 3 else OBJECTS_DEFAULT)
    checks.end()


if __name__ == "__main__":
    main()
