"""What IIIF asks of HTTP: CORS, preflights, HEAD, ETags, links, redirects, media types, identifiers, and what nobody may see.

Image API 3.0 §5.1, §6, §7.1; Image API 2.1 §5.1; Presentation API 3.0 §6.
"""

from checklib import ask

IMAGE_CONTEXT = "http://iiif.io/api/image/{}/context.json"
PRESENTATION_CONTEXT = "http://iiif.io/api/presentation/{}/context.json"
LEVEL2 = {3: "http://iiif.io/api/image/3/level2.json", 2: "http://iiif.io/api/image/2/level2.json"}


def declared(info):
    """The features, formats and qualities beyond the level that an info.json of either version declares."""
    profile = info.get("profile")
    more = profile[1] if isinstance(profile, list) and len(profile) > 1 else {}
    names = (("extraFeatures", "supports"), ("extraFormats", "formats"), ("extraQualities", "qualities"))
    return [set(info.get(name) or more.get(older) or []) for name, older in names]


def whole(checks, service, version, manifest):
    """Everything about one image service, and the manifest that shows it."""
    info, image = f"{service}/info.json", f"{service}/full/200,/0/default.jpg"
    redirects(checks, service, info, version)
    media_types(checks, info, IMAGE_CONTEXT.format(version), version)
    links(checks, service, info, version)
    for name, url in ((f"v{version} info.json", info), (f"v{version} image", image), ("manifest", manifest)):
        readable(checks, name, url)
        preflight(checks, name, url)
        head(checks, name, url)
        conditional(checks, name, url)
    identifiers(checks, service, version)
    document(checks, service, version)


def redirects(checks, service, info, version):
    for url in (service, f"{service}/"):
        answer = ask(url)
        good = answer.status == 303 and answer.header("location") == info
        checks.that(good, f"v{version} {'{id}/' if url.endswith('/') else '{id}'}: 303 to the address of info.json", answer)
        readable(checks, f"v{version} redirect", url, 303)


def media_types(checks, url, context, version):
    """Version 3 is JSON-LD unless JSON is asked for; version 2 of the Image API is JSON unless JSON-LD is (2.1 §5.1)."""
    linked, plain = f'application/ld+json;profile="{context}"', "application/json"
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    default = linked if version == 3 else plain
    for accept, wanted in ((None, default), ("*/*", default), (browser, default), (plain, plain),
                           (f"{plain}, */*;q=0.1", plain),
                           ("application/ld+json", linked), (f"{linked}, {plain};q=0.5", linked)):
        answer = ask(url, {"Accept": accept} if accept else {})
        # Version 2 has JSON-LD without a profile, too.
        kind = answer.header("content-type").replace("; ", ";").replace(";charset=utf-8", "")
        good = kind == wanted or (version == 2 and wanted == linked and kind == "application/ld+json")
        checks.that(good, f"{short(url)}: Accept {accept or 'left out'} gets {wanted}", kind)
        checks.that("accept" in answer.header("vary").lower(), f"{short(url)}: Vary names Accept", answer.header("vary"))


def short(url):
    return "/".join(url.split("/")[4:6] + url.split("/")[7:])


def links(checks, service, info, version):
    profile = f'<{LEVEL2[version]}>;rel="profile"'
    for url in (info, f"{service}/full/200,/0/default.jpg"):
        link = ask(url).header("link").replace("; ", ";")
        checks.that(profile in link, f"{short(url)}: Link to the profile", link)
    # What was asked, and its canonical form: 3.0 §4.7, 2.1 §4.7.
    rows = {
        3: (("pct:0,0,50,50/100,/0/default.jpg", "0,0,6000,4500/100,75/0/default.jpg"),
            ("square/100,/90.0/default.jpg", "1500,0,9000,9000/100,100/90/default.jpg"),
            ("0,0,12000,9000/!400,400/360/color.jpg", "full/400,300/0/"),
            ("full/pct:5/0/default.png", "full/600,450/0/default.png"),
            ("11990,8990,100,100/max/0/default.jpg", "11990,8990,10,10/max/0/default.jpg"),
            ("0,0,512,512/512,512/000/default.jpg", "0,0,512,512/max/0/default.jpg")),
        2: (("pct:0,0,50,50/100,/0/default.jpg", "0,0,6000,4500/100,/0/default.jpg"),
            ("full/120,90/0/default.jpg", "full/120,/0/default.jpg"),
            ("full/120,95/0.0/default.jpg", "full/120,95/0/default.jpg"),
            ("0,0,512,512/512,512/0/default.jpg", "0,0,512,512/full/0/default.jpg")),
    }
    for asked, canonical in rows[version]:
        answer = ask(f"{service}/{asked}", method="HEAD")
        link = answer.header("link").replace("; ", ";")
        given = link.split('>;rel="canonical"')[0].rsplit("<", 1)[-1] if 'rel="canonical"' in link else ""
        checks.that(given.startswith(f"{service}/{canonical}"), f"v{version} {asked}: canonical is {canonical}",
                    link or answer)
        if given:
            checks.that(ask(given).status == 200, f"v{version} … and can be asked for", given)


def readable(checks, name, url, status=200):
    answer = ask(url, {"Origin": "https://viewer.example"})
    checks.that(answer.status == status and answer.header("access-control-allow-origin") == "*",
                f"{name}: CORS * with {status}", answer)
    if status == 200:
        exposed = answer.header("access-control-expose-headers").lower()
        checks.that("link" in exposed and "etag" in exposed, f"{name}: Link and ETag are exposed", exposed)
        keeping = answer.header("cache-control")
        checks.that("max-age" in keeping or "no-cache" in keeping, f"{name}: Cache-Control says how long", keeping)


def preflight(checks, name, url):
    """A probe carries a bearer token, so the browser asks first."""
    answer = ask(url, {"Origin": "https://viewer.example", "Access-Control-Request-Method": "GET",
                       "Access-Control-Request-Headers": "authorization"}, "OPTIONS")
    good = answer.status == 204 and not answer.body and answer.header("access-control-allow-origin") == "*"
    good = good and "authorization" in answer.header("access-control-allow-headers").lower()
    checks.that(good, f"{name}: OPTIONS is 204, empty, and allows Authorization", answer)


def head(checks, name, url):
    got, asked = ask(url), ask(url, method="HEAD")
    same = all(got.header(header) == asked.header(header) for header in ("content-type", "etag", "link", "cache-control"))
    checks.that(asked.status == 200 and not asked.body and same, f"{name}: HEAD has the headers of GET and no body", asked)


def conditional(checks, name, url):
    answer = ask(url)
    etag = answer.header("etag")
    checks.that(etag.startswith('"'), f"{name}: a strong ETag", etag)
    for held in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = ask(url, {"If-None-Match": held, "Origin": "https://viewer.example"})
        good = again.status == 304 and not again.body and again.header("etag") == etag
        good = good and again.header("access-control-allow-origin") == "*"
        checks.that(good, f"{name}: If-None-Match {held[:12]}… gets 304 with the ETag and CORS", again)
    checks.that(ask(url, {"If-None-Match": '"other"'}).status == 200, f"{name}: another ETag gets 200")
    checks.that(ask(url).header("etag") == etag, f"{name}: the ETag stays the same")


def identifiers(checks, service, version):
    """A segment is split off first and decoded once (facts part 2, row 11)."""
    root, identifier = service.rsplit("/", 1)
    escaped = "".join(f"%{ord(letter):02X}" for letter in identifier[:2]) + identifier[2:]
    double = f"%25{ord(identifier[0]):02X}" + identifier[1:]
    for given, statuses in ((escaped, (200,)), (double, (404,)), ("nothing-here", (404,)), ("a/b", (404,)),
                            ("%5Bfrob%5D", (400, 404)),
                            ("[frob]", (400, 404)), (f"%2E%2E%2F3%2F{identifier}", (404,)), ("%FF%FE", (400, 404)),
                            ("%00", (400, 404)),
                            (identifier.upper() if identifier.upper() != identifier else "X", (404,)),
                            ("a" * 5000, (400, 404, 414))):
        answer = ask(f"{root}/{given}/info.json")
        good = answer.status in statuses and answer.header("access-control-allow-origin") == "*"
        checks.that(good, f"v{version} {given[:40]}/info.json: {statuses[0]} with CORS", answer)
        if given == escaped and good:
            checks.that(answer.json.get("id", answer.json.get("@id")) == service, f"v{version} … with the id as it is",
                        answer.json)


def document(checks, service, version):
    """What info.json says of itself."""
    info = ask(f"{service}/info.json").json
    if version == 3:
        contexts = [info.get("@context")] if isinstance(info.get("@context"), str) else info.get("@context", [])
        checks.that(list(info)[:1] == ["@context"] and contexts[-1:] == [IMAGE_CONTEXT.format(3)],
                    "v3 info.json: @context first, ours last")
        checks.that(info.get("id") == service and info.get("type") == "ImageService3", "v3 info.json: id and type", info)
        checks.that(info.get("protocol") == "http://iiif.io/api/image" and info.get("profile") == "level2",
                    "v3 info.json: level2", info)
        features = declared(info)[0]
        checks.that("sizeUpscaling" not in features or info.get("maxWidth") or info.get("maxArea"),
                    "v3 info.json: `^` has a limit", info)
        checks.that("webp" not in info.get("preferredFormats", []), "v3 info.json: webp is not preferred", info)
        rights = info.get("rights", "http://creativecommons.org/")
        checks.that(rights.startswith(("http://creativecommons.org/", "http://rightsstatements.org/")),
                    "v3 info.json: rights", rights)
        return
    checks.that(info.get("@context") == IMAGE_CONTEXT.format(2) and info.get("@id") == service,
                "v2 info.json: @context and @id", info)
    profile = info.get("profile")
    good = isinstance(profile, list) and profile[:1] == [LEVEL2[2]] and info.get("protocol") == "http://iiif.io/api/image"
    checks.that(good, "v2 info.json: level 2", profile)


def hidden(checks, base, obj, file):
    """Nothing of an object that is not public goes out, and it answers as if there were none."""
    for path in (f"/iiif/presentation/3/{obj}/manifest", f"/iiif/presentation/2/{obj}/manifest",
                 f"/iiif/presentation/3/collection/{obj}",
                 f"/iiif/image/3/{file}", f"/iiif/image/3/{file}/info.json", f"/iiif/image/3/{file}/full/max/0/default.jpg",
                 f"/iiif/image/2/{file}/info.json", f"/iiif/image/2/{file}/full/full/0/default.jpg",
                 f"/iiif/search/2/{obj}?q=public",
                 f"/iiif/search/1/{obj}?q=public", f"/iiif/presentation/3/{obj}/canvas/{file}"):
        answer = ask(base + path)
        nothing = ask(base + path.replace(obj, "0" * len(obj)).replace(file, "0" * len(file)))
        checks.that(answer.status in (401, 404) and b"Not for the public" not in answer.body, f"hidden: {path}", answer)
        # 404 must not tell apart what is hidden from what is not there.
        alike = answer.status != 404 or (nothing.status == 404 and nothing.body == answer.body)
        checks.that(alike, "hidden: … as if there were none", f"{answer}\n{nothing}")
        preview = ask(base + path, method="HEAD")
        checks.that(preview.status == answer.status and not preview.header("etag"), "hidden: … nor to HEAD", preview)


def compressed(checks, url):
    """The manifest of a book of 500 pages is large."""
    answer = ask(url, {"Accept-Encoding": "gzip, br"})
    encoding = answer.header("content-encoding")
    checks.that(encoding in ("gzip", "br"), "a manifest is compressed for who accepts gzip or br", answer)
    checks.that("accept-encoding" in answer.header("vary").lower(), f"a manifest is sent as {encoding}, and Vary says so",
                answer)
