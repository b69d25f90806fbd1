#!/usr/bin/env python3
"""Every verb of the built program: its help, its JSON, beside a server and without one; starting, stopping, killing.

    FONDS_BINARY=…/release/fonds verbs.py
"""

import http.client
import json
import os
import pathlib
import signal
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checklib import Checks, Place, collection, free_port, get, postmaster  # noqa: E402

VERBS = ("demo", "serve", "ingest", "harvest", "verify", "rebuild", "show", "history", "search", "oai", "rights", "token",
         "doctor", "config")
# A server that was asked to stop lets answers end that are on their way; idle connections are none.
STOP_SECONDS_MAX = 15
# Datestamps come about once a second, and the window of a harvest ends two seconds ago.
OAI_SECONDS_MAX = 15


def helps(place, checks, data):
    for verb in VERBS:
        result = place.fonds(verb, "--help", data=data)
        # A line about the verb, and one about everything that it takes.
        bare = [line for line in result.out.splitlines() if line.strip().startswith("-") and line.strip().count("  ") == 0
                and len(line.split()) < 3 and "<" in line]
        good = result.code == 0 and result.out.strip() and "Usage: fonds " + verb in result.out and not bare
        checks.that(good, f"fonds {verb} --help", result.text)
    wrong = place.fonds("serch", "--json", data=data)
    checks.that(wrong.code == 1 and "search" in wrong.err, "a verb that is mistyped ends with 1 and names the right one",
                wrong.text)
    checks.that(wrong.summary.get("ok") is False, "… with --json, too", wrong.out)
    checks.that(not data.exists(), "help makes no data directory")


def summary(checks, what, result, *counts, code=0):
    """Ends with one summary that has the counts."""
    try:
        last = result.summary
        ends = [line for line in result.lines if "seconds" in line]
        good = result.code == code and ends == [last]
        good = good and isinstance(last["seconds"], (int, float)) and all(name in last for name in counts)
    except (ValueError, IndexError, KeyError):
        good, last = False, {}
    checks.that(good, f"{what}: exit {result.code}, one summary with {', '.join(('seconds', *counts))}", result.text)
    return last


def everything(place, checks, data, folder, beside):
    """Every verb that ends by itself; returns an object."""

    def run(*arguments, env=None):
        return place.fonds(*arguments, "--json", data=data, env=env)

    def what(verb):
        return f"fonds {verb} ({beside})"

    taken = summary(checks, what("ingest"), run("ingest", folder), "rows", "accessioned", "described", "unchanged",
                    "files", "refused", "warnings")
    checks.that(taken.get("rows") == 60, what("ingest") + f" read {taken.get('rows')} rows", taken)
    found = run("search", "Drawing", "--limit", "3")
    total = summary(checks, what("search"), found, "total", "shown")
    checks.that(total.get("total") == 60 and total.get("shown") == 3, what("search") + " finds what was taken in", total)
    narrowed = summary(checks, what("search --facet"), run("search", "--facet", "creator=Draughtsman 7"), "total")
    checks.that(narrowed.get("total") == 1, what("search --facet") + " narrows", narrowed)
    obj = found.lines[0]["id"]
    shown = run("show", obj)
    summary(checks, what("show"), shown, "ok")
    checks.that("Drawing" in shown.out, what("show") + " shows the title", shown.out)
    history = run("history", obj)
    told = summary(checks, what("history"), history, "events")
    checks.that(told.get("events", 0) >= 1 and "envelope" in history.lines[0], what("history") + " tells events", history.out)
    first = history.lines[0]["envelope"]["seq"]
    then = run("show", obj, "--at", str(first))
    summary(checks, what("show --at"), then, "ok")
    summary(checks, what("show --at 0"), run("show", obj, "--at", "0"), "error", code=1)
    carried = run("oai", "coverage", "oai_dc", "edm")
    covered = summary(checks, what("oai coverage"), carried, "formats", "objects", "statements")
    checks.that(covered.get("objects") == 60, what("oai coverage") + " counts what is public", covered)
    checks.that(carried.lines[0].get("records") == 60, what("oai coverage") + " counts records", carried.out)
    summary(checks, what("oai coverage of nothing"), run("oai", "coverage", "nothing"), "error", code=1)
    tiers = summary(checks, what("oai tier"), run("oai", "tier"), "objects", "content", "metadata", "improvements")
    given = sum(tiers.get("content", {}).values()) + tiers.get("without_record", 0)
    checks.that(tiers.get("objects") == 60 == given, what("oai tier") + " counts what is public", tiers)
    one = run("oai", "tier", obj)
    summary(checks, what("oai tier OBJ"), one, "objects")
    checks.that(one.lines[0].get("object") == obj and "tiers" in one.lines[0], what("oai tier OBJ") + " tells", one.out)
    summary(checks, what("verify"), run("verify"), "wrong")
    summary(checks, what("rebuild all --check"), run("rebuild", "all", "--check"), "events", "differ")
    summary(checks, what("doctor"), run("doctor"), "problems")
    secret = {"FONDS__STORAGE__S3__SECRET_KEY": "hunter2", "FONDS__STORAGE__S3__BUCKET": "b",
              "DATABASE_URL": "postgres://u:hunter2@h/d"}
    printed = run("config", "print", env=secret)
    summary(checks, what("config print"), printed, "ok")
    text = place.fonds("config", "print", data=data, env=secret)
    checks.that("hunter2" not in printed.text + text.text and "(secret)" in text.out, what("config print") + " hides secrets",
                text.text)
    summary(checks, what("config check"), run("config", "check"), "ok")
    return obj


def rights(place, checks, data, obj, address):
    def seen():
        return get(f"{address}/api/v1/objects/{obj}")[0]

    def run(*arguments):
        return place.fonds("rights", *arguments, "--reason", "a check", "--json", data=data)

    before = place.events(data)
    summary(checks, "fonds rights set --check", run("set", obj, "restricted", "--check"), "was", "is", "check")
    checks.that(place.events(data) == before and seen() == 200, "… changes nothing")
    summary(checks, "fonds rights set", run("set", obj, "restricted"), "was", "is")
    checks.that(seen() in (401, 404), f"… is in force when it returns: {seen()}")
    again = run("set", obj, "restricted")
    summary(checks, "fonds rights set, the same again, is refused", again, "error", code=1)
    run("set", obj, "public")
    summary(checks, "fonds rights withdraw --check", run("withdraw", obj, "--check"), "was", "is")
    checks.that(seen() == 200, "… changes nothing")
    summary(checks, "fonds rights withdraw", run("withdraw", obj), "was", "is")
    checks.that(seen() == 410, f"… is in force when it returns: {seen()}")
    summary(checks, "fonds rights set public", run("set", obj, "public"), "was", "is")
    checks.that(seen() == 200, "… and back")
    bad = place.fonds("rights", "set", obj, "secret", "--reason", "x", data=data)
    checks.that(bad.code == 1 and "embargoed:" in bad.err, "fonds rights set names what it takes", bad.err)


def tokens(place, checks, data, obj, address):
    def run(*arguments):
        return place.fonds("token", *arguments, "--json", data=data)

    issued = run("issue", "--for", "A Cataloguer", "--scope", "admin")
    token = summary(checks, "fonds token issue", issued, "token", "secret", "expires_at")
    bearer = {"Authorization": f"Bearer {token.get('secret')}"}
    status, body = get(f"{address}/api/v1/tokens", headers=bearer)
    checks.that(status == 200 and token["secret"] not in body, f"the API takes it: {status}", body)
    status, body = get(f"{address}/api/v1/tokens")
    checks.that(status in (401, 403), f"… and nobody without: {status}", body)
    listed = run("list")
    summary(checks, "fonds token list", listed, "tokens")
    checks.that(token["secret"] not in listed.out, "… does not tell the secret")
    summary(checks, "fonds token revoke", run("revoke", token["token"], "--reason", "done"), "token")
    status, body = get(f"{address}/api/v1/tokens", headers=bearer)
    checks.that(status == 401, f"… is in force when it returns: {status}", body)
    summary(checks, "fonds token revoke, again, is refused", run("revoke", token["token"], "--reason", "x"), "error", code=1)


def findable(place, checks, data, address):
    """Beside a server: what was taken in is found when the verb returns."""
    folder = place.folder / "late"
    folder.mkdir()
    (folder / "late.csv").write_text("id,title\nlate1,Zwielichtkrug\n")
    result = place.fonds("ingest", folder / "late.csv", "--json", data=data)
    checks.that(result.code == 0, "ingest beside a server", result.text)
    returned = time.monotonic()
    page = get(f"{address}/search?q=Zwielichtkrug")[1]
    checks.that("/o/" in page and "Zwielichtkrug" in page, "… is in /search when it returns", page[-1500:])
    query = urllib.parse.quote('select ?s where { ?s ?p ?o filter(contains(str(?o), "Zwielichtkrug")) }')
    accept = {"Accept": "application/sparql-results+json"}
    answer = get(f"{address}/sparql?query={query}", headers=accept)[1]
    checks.that('"uri"' in answer, "… is in /sparql when it returns", answer)
    listed = ""
    while "Zwielichtkrug" not in listed and time.monotonic() < returned + OAI_SECONDS_MAX:
        listed = get(f"{address}/oai?verb=ListRecords&metadataPrefix=oai_dc")[1]
        time.sleep(0.1)
    after = time.monotonic() - returned
    checks.that("Zwielichtkrug" in listed, f"… is in /oai {after:.1f} s later", listed[-800:])
    kept = place.fonds("oai", "selftest", f"{address}/oai", "--json", data=data)
    checks.that(kept.code == 0 and kept.summary["broken"] == 0, "fonds oai selftest finds every rule kept", kept.text)
    nobody = place.fonds("oai", "selftest", f"http://127.0.0.1:{free_port()}/oai", "--json", data=data)
    checks.that(nobody.code == 1 and not nobody.summary["ok"], "… and says where nobody answers", nobody.text)


def harvested(place, checks, address):
    """The records of a server, taken into another archive, and what of them is new a second time."""
    hub = place.data("hub")

    def run(*arguments):
        return place.fonds("harvest", f"{address}/oai", *arguments, "--json", data=hub)

    counts = ("harvest", "prefix", "pages", "records", "accessioned", "described", "unchanged", "withdrawn", "refused", "ended")
    tried = summary(checks, "fonds harvest --check", run("--prefix", "oai_dc", "--check"), *counts)
    checks.that(tried.get("accessioned", 0) >= 60, "… says what would come", tried)
    taken = summary(checks, "fonds harvest", run("--prefix", "oai_dc"), *counts)
    checks.that(taken.get("accessioned") == tried.get("accessioned") and taken.get("ended"), "… takes it in", taken)
    events = place.events(hub)
    again = summary(checks, "fonds harvest, again,", run(), *counts)
    news = (again.get("prefix"), again.get("accessioned"), again.get("described"))
    checks.that(news == ("oai_dc", 0, 0) and place.events(hub) == events, "… finds nothing new and leaves no event", again)
    wrong = run("--from", "yesterday")
    checks.that(wrong.code == 1 and "yesterday" in wrong.summary["error"], "… and asks for no day that is none", wrong.text)
    nobody = place.fonds("harvest", f"http://me:hunter2@127.0.0.1:{free_port()}/oai", "--json", data=hub)
    checks.that(nobody.code == 1 and "hunter2" not in nobody.text, "… and tells no password where nobody answers", nobody.text)


def stops(place, checks, server, address, name, number):
    """A stop with an idle connection open."""
    idle = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    idle.request("GET", "/livez")
    idle.getresponse().read()
    begun = time.monotonic()
    server.send_signal(number)
    try:
        code = server.wait(STOP_SECONDS_MAX)
    except Exception:
        code = None
    took = time.monotonic() - begun
    log = pathlib.Path(server.log).read_text()
    checks.that(code == 0, f"serve stops on {name} with an idle connection open: {code} after {took:.1f} s", log)
    checks.that("\x1b" not in log, "… and its log has no colours in a file", log)
    idle.close()


def lives(place, checks, data, obj):
    """Stopped, killed, started again."""
    digest = place.digest(data)
    for name, number in (("SIGTERM", signal.SIGTERM), ("SIGINT", signal.SIGINT)):
        server, address = place.serve(data)
        stops(place, checks, server, address, name, number)
        checks.that(postmaster(data) is None, "… and PostgreSQL with it")
    server, address = place.serve(data)
    pid = postmaster(data)
    server.kill()
    server.wait()
    checks.that(pid is not None and postmaster(data) == pid, f"after kill -9 PostgreSQL runs on (process {pid})")
    port = free_port()
    begun = time.monotonic()
    server, address = place.serve(data, port)
    took = time.monotonic() - begun
    checks.that(postmaster(data) == pid, f"the next start joins it, ready after {took:.1f} s")
    status, body = get(f"{address}/api/v1/objects/{obj}")
    checks.that(status == 200 and "Drawing" in body, "everything is there", body[:500])
    checks.that(place.digest(data) == digest, "the state is the same")
    os.kill(pid, 9)
    until = time.monotonic() + 60
    status = None
    while status != 200 and time.monotonic() < until and server.poll() is None:
        try:
            status = get(f"{address}/search?q=Drawing")[0]
        except OSError:
            status = None
        time.sleep(0.1)
    log = pathlib.Path(server.log).read_text()
    checks.that(status == 200 and server.poll() is None, "serve gets over a kill -9 of PostgreSQL", log)
    server.send_signal(signal.SIGTERM)
    try:
        code = server.wait(STOP_SECONDS_MAX)
    except Exception:
        code = None
    checks.that(code == 0, "… and stops well after it", pathlib.Path(server.log).read_text())


def main():
    checks = Checks()
    with Place() as place:
        data = place.data("archive")
        folder = collection(place.folder / "collection", 60, 4)
        helps(place, checks, data)
        obj = everything(place, checks, data, folder, "alone")
        server, address = place.serve(data)
        everything(place, checks, data, folder, "beside a server")
        findable(place, checks, data, address)
        harvested(place, checks, address)
        rights(place, checks, data, obj, address)
        tokens(place, checks, data, obj, address)
        server.send_signal(signal.SIGTERM)
        server.wait(STOP_SECONDS_MAX)
        lives(place, checks, data, obj)
    checks.end()


if __name__ == "__main__":
    main()
