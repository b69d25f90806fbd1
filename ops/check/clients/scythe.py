#!/usr/bin/env python3
"""Harvests every record of an OAI-PMH server with oaipmh-scythe, a client that we did not write, and counts.

    scythe.py http://127.0.0.1:8080/oai [metadataPrefix]

It has an environment of its own in the cache folder, made once. Prints "records N, N different, N deleted" of ListRecords and
of ListIdentifiers; exits with 1 where they differ, with 3 where the client cannot be had here.
"""

import subprocess
import sys
import time

import installed

PACKAGE = "oaipmh-scythe==0.16.0"
# It asks for this Python.
PYTHON_MINOR = 10

HARVEST = """
import sys
from oaipmh_scythe import Scythe
with Scythe(sys.argv[1]) as scythe:
    for list_all in (scythe.list_records, scythe.list_identifiers):
        identifiers, deleted, total = set(), 0, 0
        for record in list_all(metadata_prefix=sys.argv[2]):
            header = getattr(record, "header", record)
            total += 1
            deleted += bool(header.deleted)
            identifiers.add(header.identifier)
        print(total, len(identifiers), deleted, flush=True)
"""


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    base = sys.argv[1]
    prefix = sys.argv[2] if len(sys.argv) == 3 else "oai_dc"
    python = installed.python_from(PYTHON_MINOR)
    try:
        if not python:
            raise installed.NotInstalled(f"it needs Python 3.{PYTHON_MINOR}")
        folder = installed.packages("oaipmh-scythe", [PACKAGE], python)
    except installed.NotInstalled as why:
        print(f"SKIPPED: {PACKAGE} cannot be had here: {why}")
        sys.exit(3)
    begun = time.monotonic()
    ran = subprocess.run([folder / "python", "-c", HARVEST, base, prefix], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    lines = ran.stdout.split("\n")[:-1]
    if ran.returncode != 0 or len(lines) != 2:
        print(f"oaipmh-scythe failed:\n{ran.stderr.strip()[-1000:]}")
        sys.exit(1)
    records, identifiers = ([int(number) for number in line.split()] for line in lines)
    print(f"oaipmh-scythe ListRecords records {records[0]}, {records[1]} different, {records[2]} deleted")
    agreed = records == identifiers and records[0] == records[1]
    print(f"{'agreed' if agreed else 'THEY DIFFER'}: ListIdentifiers {identifiers[0]}, {seconds:.1f} s for both")
    sys.exit(0 if agreed else 1)


if __name__ == "__main__":
    main()
