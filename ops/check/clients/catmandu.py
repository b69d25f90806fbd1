#!/usr/bin/env python3
"""Harvests every record of an OAI-PMH server with Catmandu (Perl), a client that we did not write, and counts.

    catmandu.py http://127.0.0.1:8080/oai [metadataPrefix]

Catmandu comes from the system (Debian: libcatmandu-oai-perl). Prints "records N, N different, N deleted"; exits with 1 where
it fails or a record comes twice, with 3 where it is not installed.
"""

import json
import shutil
import subprocess
import sys
import time


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    base = sys.argv[1]
    prefix = sys.argv[2] if len(sys.argv) == 3 else "oai_dc"
    if not shutil.which("catmandu"):
        print("SKIPPED: there is no catmandu here (Debian: apt-get install libcatmandu-oai-perl)")
        sys.exit(3)
    begun = time.monotonic()
    # The metadata as they come: what is compared is which records there are.
    command = ["catmandu", "convert", "OAI", "--url", base, "--metadataPrefix", prefix, "--handler", "raw", "to", "JSON",
               "--line_delimited", "1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        print(f"catmandu failed:\n{ran.stderr.strip()[-1000:]}")
        sys.exit(1)
    records = [json.loads(line) for line in ran.stdout.splitlines() if line.strip()]
    different = {record["_identifier"] for record in records}
    deleted = sum(record.get("_status") == "deleted" for record in records)
    print(f"Catmandu ListRecords records {len(records)}, {len(different)} different, {deleted} deleted,"
          f" {time.monotonic() - begun:.1f} s")
    sys.exit(0 if len(records) == len(different) else 1)


if __name__ == "__main__":
    main()
