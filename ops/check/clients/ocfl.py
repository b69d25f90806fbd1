#!/usr/bin/env python3
"""Validates an OCFL storage root, every object and every digest in it, with ocfl-py, which we did not write.

    ocfl.py STORAGE-ROOT

Prints what ocfl-py's own command says, but does not rely on its exit code, which is 0 for a root with invalid objects.
Exits with 1 unless every object is valid, without warnings.
"""

import subprocess
import sys
from pathlib import Path

# This file has the name of what it imports: its own folder must not be looked into.
sys.path.pop(0)
import ocfl  # noqa: E402


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = sys.argv[1]
    command = Path(sys.executable).with_name("ocfl-validate.py")
    subprocess.run([sys.executable, command, "--verbose", root], check=False)

    store = ocfl.StorageRoot(root=root)
    traversed = store.validate(log_warnings=True, log_errors=True)
    # The messages of the root, then [folder, message] of each object.
    said = [*store.log.messages, *(": ".join(map(str, error)) for error in store.errors or [])]
    for message in said:
        print(message)
    print(f"ocfl-py {ocfl.__version__}: {store.num_objects} objects, {store.good_objects} valid, {len(said)} remarks")
    everything = traversed and store.num_objects > 0 and store.good_objects == store.num_objects and not said
    sys.exit(0 if everything else 1)


if __name__ == "__main__":
    main()
