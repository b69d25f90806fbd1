#!/usr/bin/env python3
"""Kills `fonds ingest` and its PostgreSQL at random moments, resumes, and compares with a run that nobody disturbed; kills
the server in the middle of a harvest, too.

    FONDS_BINARY=…/release/fonds kill.py [PATH]

PATH is what is taken in; without it, a collection that this script makes. FONDS_CHECK_ROUNDS says how often fonds is
killed (3), FONDS_CHECK_SEED which random moments.
"""

import os
import pathlib
import random
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checklib import Checks, Place, collection, get, postmaster  # noqa: E402

ROWS, IMAGES = 3000, 40
ROUNDS = int(os.environ.get("FONDS_CHECK_ROUNDS", "3"))
SEED = int(os.environ.get("FONDS_CHECK_SEED", str(time.time_ns())))


def undisturbed(place, checks, source):
    """An ingest that nobody kills: what there is to be compared with."""
    data = place.data("undisturbed")
    result = place.fonds("ingest", source, "--json", data=data)
    checks.that(result.code in (0, 2), f"an undisturbed ingest ends by itself with {result.code}", result.text)
    counts = {key: result.summary[key] for key in ("accessioned", "files", "refused")}
    digest, events = place.digest(data), place.events(data)
    print(f"  {counts} in {result.seconds:.1f} s, {events} events, state {digest}")
    return result, counts, digest


def wait_for(process, seconds, holds=lambda: False):
    """Waits that long, or until the process ends or something holds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None and not holds():
        time.sleep(0.002)


def kill_often(place, checks, source, seconds, chance):
    """Kills fonds ROUNDS times at random moments. A run resumes what the last one left; where one gets to its end, the
    next begins another archive. Returns each archive with the number of its kills."""
    archives, killed, number = [[place.data("killed-1"), 0]], 0, 0
    while killed < ROUNDS:
        number += 1
        data = archives[-1][0]
        begun = bool(archives[-1][1])
        process = place.start("ingest", source, "--json", data=data)
        # What is resumed needs no new cluster and has less to do.
        after = chance.uniform(0.05, seconds * (0.5 if begun else 0.9))
        # Every other kill counts from when PostgreSQL runs: rows are on their way then, and not the cluster.
        if killed % 2 == 0:
            wait_for(process, 60, lambda: postmaster(data))
        wait_for(process, after)
        if process.poll() is None:
            process.kill()
            killed += 1
            archives[-1][1] += 1
            print(f"  run {number}, archive {len(archives)}: killed after {after:.2f} s", flush=True)
        else:
            print(f"  run {number}, archive {len(archives)}: at its end before {after:.2f} s", flush=True)
            said = process.stderr.read().decode()
            checks.that(process.returncode in (0, 2), f"a run that was not killed ends with {process.returncode}", said)
            archives.append([place.data(f"killed-{len(archives) + 1}"), 0])
        process.communicate()
        place.running.remove(process)
    return [(data, kills) for data, kills in archives if kills]


def finish(place, checks, source, data, expected, digest, what):
    """Resumes to the end and compares."""
    result = place.fonds("ingest", source, "--json", data=data)
    summary = result.summary if result.out else {}
    there = {key: summary.get(key) for key in ("accessioned", "unchanged", "files", "files_unchanged", "refused")}
    checks.that(result.code == expected.code, f"{what}: the next run ends with {expected.code}: {there}", result.text)
    rows = (summary.get("accessioned", 0) + summary.get("unchanged", 0), expected.summary["accessioned"])
    checks.that(rows[0] == rows[1], f"{what}: {rows[0]} objects new or there, {rows[1]} expected", result.text)
    verified = place.fonds("verify", "--json", data=data)
    checks.that(verified.code == 0, f"{what}: fonds verify finds nothing wrong", verified.text)
    state = place.digest(data)
    checks.that(state == digest, f"{what}: the state equals that of the undisturbed run", f"{state}\n{digest}")
    found = place.fonds("search", "--json", "--limit", "1", data=data)
    checks.that(found.summary["total"] == rows[1], f"{what}: {found.summary['total']} objects found, none twice", rows)
    before = place.events(data)
    again = place.fonds("ingest", source, "--json", data=data)
    after = place.events(data)
    checks.that(before == after, f"{what}: a run with nothing new adds no event ({before} before, {after} after)")
    checks.that(again.summary["accessioned"] == again.summary["described"] == again.summary["files"] == 0,
                f"{what}: it says that nothing was new, in {again.seconds:.1f} s", again.text)


def kill_postgres(place, checks, source, seconds, expected, digest, chance):
    """Kills the private postmaster in the middle of an ingest."""
    data = place.data("postgres-killed")
    process = place.start("ingest", source, "--json", data=data)
    # Not before the first rows are on their way: a cluster that is being made has nothing to lose.
    wait_for(process, 60, lambda: postmaster(data) and any((data / "ocfl").glob("**/inventory.json")))
    wait_for(process, chance.uniform(0.05, max(0.1, seconds / 3)))
    pid = postmaster(data)
    if process.poll() is not None or pid is None:
        checks.skip("PostgreSQL killed in the middle: the ingest was over before")
    else:
        os.kill(pid, 9)
        print(f"  killed PostgreSQL (process {pid})")
    out, err = (part.decode() for part in process.communicate(timeout=120))
    place.running.remove(process)
    said = err.strip().replace("\n", " / ")
    print(f"  the ingest ended with {process.returncode}: {said[-400:]}")
    clear = process.returncode == expected.code or (process.returncode == 1 and said)
    checks.that(clear, "PostgreSQL killed: the ingest finishes or fails with a message", out + err)
    checks.that("panicked" not in err, "PostgreSQL killed: nothing panics", err)
    finish(place, checks, source, data, expected, digest, "PostgreSQL killed")


def kill_server(place, checks, data):
    """Kills the server in the middle of a harvest: its tokens are whole, and the next server goes on with them."""
    process, address = place.serve(data)
    port = int(address.rsplit(":", 1)[1])

    def harvest(query):
        page = get(f"{address}/oai?verb=ListRecords&{query}")[1]
        token = re.search(r"<resumptionToken[^>]*>([0-9a-f]+)</resumptionToken>", page)
        return re.sub("<responseDate>.*?</responseDate>|expirationDate=\"[^\"]*\"", "", page), token and token[1]

    until = time.monotonic() + 30
    first, token = harvest("metadataPrefix=oai_dc")
    while not token and time.monotonic() < until:
        time.sleep(0.5)
        first, token = harvest("metadataPrefix=oai_dc")
    checks.that(token, "a list of several pages has a token", first[-500:])
    before, _ = harvest(f"resumptionToken={token}")
    process.kill()
    process.wait()
    process, _ = place.serve(data, port=port)
    after, _ = harvest(f"resumptionToken={token}")
    checks.that("<record>" in before and before == after, "server killed: the same token leads to the same page",
                f"{before[:300]}\n{after[:300]}")
    process.terminate()
    process.wait(timeout=60)


def main():
    print(f"FONDS_CHECK_ROUNDS={ROUNDS} FONDS_CHECK_SEED={SEED}")
    chance, checks = random.Random(SEED), Checks()
    with Place() as place:
        source = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
        source = source or collection(place.folder / "collection", ROWS, IMAGES)
        expected, _, digest = undisturbed(place, checks, source)
        archives = kill_often(place, checks, source, expected.seconds, chance)
        for data, kills in archives:
            number = data.name.removeprefix("killed-")
            finish(place, checks, source, data, expected, digest, f"archive {number}, killed {kills} times")
        print(f"  killed {sum(kills for _, kills in archives)} times in {len(archives)} archives")
        kill_postgres(place, checks, source, expected.seconds, expected, digest, chance)
        kill_server(place, checks, place.data("undisturbed"))
    checks.end()


if __name__ == "__main__":
    main()
