#!/usr/bin/env python3
"""Harvests every record of an OAI-PMH server with sickle, a client that we did not write, and counts.

    sickle.py http://127.0.0.1:8080/oai [metadataPrefix]

Compares ListRecords and ListIdentifiers with one another and with the completeListSize that the server announced.
Exits with 1 where they differ. Run it while nothing changes.
"""

import sys
import time
import urllib.request
from xml.etree import ElementTree

# This file has the name of what it imports: its own folder must not be looked into.
sys.path.pop(0)
from sickle import Sickle  # noqa: E402

OAI = "{http://www.openarchives.org/OAI/2.0/}"


def announced(base, prefix):
    """The size of the list as the first page says it: the token's attribute, or the records of a single page."""
    with urllib.request.urlopen(f"{base}?verb=ListRecords&metadataPrefix={prefix}", timeout=60) as reply:
        root = ElementTree.fromstring(reply.read())
    token = root.find(f"{OAI}ListRecords/{OAI}resumptionToken")
    return len(root.findall(f"{OAI}ListRecords/{OAI}record")) if token is None else int(token.get("completeListSize"))


def counted(records):
    """How many came, how many different ones, how many of them gone, in how many seconds."""
    begun = time.monotonic()
    identifiers, deleted, total = set(), 0, 0
    for record in records:
        header = getattr(record, "header", record)
        total += 1
        deleted += bool(header.deleted)
        identifiers.add(header.identifier)
    return total, len(identifiers), deleted, time.monotonic() - begun


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    base = sys.argv[1]
    prefix = sys.argv[2] if len(sys.argv) == 3 else "oai_dc"
    sickle = Sickle(base, timeout=60)
    print(f"{sickle.Identify().repositoryName}: {base}, {prefix}")
    size = announced(base, prefix)
    print(f"completeListSize {size}")
    agreed = True
    for verb in ("ListRecords", "ListIdentifiers"):
        total, different, deleted, seconds = counted(getattr(sickle, verb)(metadataPrefix=prefix))
        rate = total / seconds if seconds else 0
        print(f"{verb} {total} records, {different} different, {deleted} deleted, {seconds:.1f} s, {rate:,.0f} records/s")
        agreed = agreed and total == different == size
    print("agreed" if agreed else "THEY DIFFER")
    sys.exit(0 if agreed else 1)


if __name__ == "__main__":
    main()
