"""The two validators of the IIIF Image API that others wrote, each in a virtual environment of its own.

    iiif_validators.py BASE-URL FILE-ID

BASE-URL is the public address of a running fonds, and the address under test; FILE-ID the id of the validators' own image,
67352ccc-d1b0-11e1-89ae-279075081939.png, ingested before. Both versions of the API are validated where they are served.
"""

import pathlib
import re
import subprocess
import sys

sys.path[1:1] = [str(pathlib.Path(__file__).resolve().parent.parent.parent)]
from checklib import Checks, ask  # noqa: E402
from iiif_http import declared  # noqa: E402
from installed import NotInstalled, packages, python_from  # noqa: E402

OFFICIAL = ("iiif-validator==1.0.5", "setuptools<81")
NG = ("iiif-validator-ng==0.1.0",)
NG_PYTHON_MINOR = 12
VALIDATOR_SECONDS_MAX = 300

# What we fail, and why; this list only shrinks. The test, what its failure must look like, the feature that must be declared,
# and the sentence of the specification.
WAIVED = [
    ("size_noup", r"!2000,3000", None,
     "`!w,h` is as large as possible, but not larger than the extracted region (3.0 §4.2; 2.1 §4.2): 200, not an error"),
    ("size_up", r"\^max", "sizeUpscaling",
     "`^max` is scaled up to maxWidth, maxHeight, maxArea (3.0 §4.2); the validator wants 1000 x 1000 whatever they say"),
    # It trips over its own message (pyvips images have no `size`) and says nothing of where. What it would ask next is asked
    # in iiif_image.upscaling.
    ("size_up", r"Test raised an exception: *\n", "sizeUpscaling",
     "the same sub-check, which crashes in iiif-validator-ng 0.1.0"),
]


def waiver(test, text, features):
    """The reason why a failure is not ours; None where there is none."""
    for waived, pattern, feature, reason in WAIVED:
        if test == waived and re.search(pattern, text) and (feature is None or feature in features):
            return reason
    return None


def run(command):
    ran = subprocess.run(command, capture_output=True, text=True, timeout=VALIDATOR_SECONDS_MAX, check=False,
                         env={"PATH": "/usr/bin:/bin:/sbin:/usr/sbin", "COLUMNS": "300", "LC_ALL": "C.UTF-8"})
    return ran.stdout + ran.stderr


def report(checks, name, passed, failures, features, log):
    """`failures` are pairs of a test and what was said of it."""
    wrong = []
    for test, text in failures:
        reason = waiver(test, text, features)
        print(f"  waived {test}: {reason}" if reason else f"  not waived: {test}", flush=True)
        if not reason:
            wrong.append(f"{test}: {text.strip()[:600]}")
    checks.that(passed > 0 and not wrong,
                f"{name}: {passed} passed, {len(failures)} failed, {len(failures) - len(wrong)} of them waived",
                "\n".join(wrong) or log[-1500:])


def official(checks, base, identifier, version, features):
    """iiif-validator 1.0.5 at level 2; its exit code is its number of failures."""
    name = f"iiif-validator 1.0.5, version {version}.0"
    try:
        python = packages("iiif-validator", OFFICIAL)
    except NotInstalled as error:
        checks.skip(f"{name}: {error}")
        return
    scheme, server = base.split("://")
    log = run([python / "python", python / "iiif-validate.py", "--scheme", scheme, "-s", server, "-p", f"iiif/image/{version}",
               "-i", identifier, f"--version={version}.0", "--level=2", "-v"])
    if "libmagic" in log and "Done (" not in log:
        checks.skip(f"{name}: there is no libmagic here (ops/setup --tests installs it on Debian)")
        return
    done = re.search(r"^Done \((\d+) tests, (\d+) failures\)$", log, re.M)
    if not done:
        checks.that(False, f"{name}: it came to its end", log[-1500:])
        return
    # Each test is a paragraph that begins with its name and ends where the next begins.
    paragraphs = re.split(r"^\[\d+\] test ", log, flags=re.M)[1:]
    failures = [(text.split()[0], text) for text in paragraphs if text.split()[1] == "FAIL"]
    if len(failures) != int(done[2]):
        checks.that(False, f"{name}: {done[0]}, but {len(failures)} failures are told", log)
        return
    report(checks, name, int(done[1]) - int(done[2]), failures, features, log)


def newer(checks, base, identifier, version, features):
    """iiif-validator-ng 0.1.0; its exit code is no verdict, its last line is."""
    name = f"iiif-validator-ng 0.1.0, version {version}"
    python = python_from(NG_PYTHON_MINOR)
    if not python:
        checks.skip(f"{name}: it needs Python 3.{NG_PYTHON_MINOR} or later, and there is none here")
        return
    try:
        program = packages("iiif-validator-ng", NG, python)
    except NotInstalled as error:
        checks.skip(f"{name}: {error}")
        return
    log = run([program / "iiif-validator", *(["--v2"] if version == 2 else []), "--validation-id", identifier,
               f"{base}/iiif/image/{version}"])
    counts = re.findall(r"✓ (\d+) ✗ (\d+)", log)
    if not counts:
        if "libvips" in log:
            checks.skip(f"{name}: there is no libvips here (ops/setup --tests installs it on Debian)")
        else:
            checks.that(False, f"{name}: it came to its end", log[-1500:])
        return
    passed, failed = map(int, counts[-1])
    told = re.findall(r"^✗ (.*?\[(\w+)\]: .*?)(?=^✗ |^Running tests|\Z)", log, re.M | re.S)
    failures = [(test, text) for text, test in told]
    if len(failures) != failed:
        checks.that(False, f"{name}: {failed} failed, but {len(failures)} are told", log)
        return
    report(checks, name, passed, failures, features, log)


def validate(checks, base, identifier):
    """Both validators against every version that is served."""
    for version in (3, 2):
        info = ask(f"{base}/iiif/image/{version}/{identifier}/info.json")
        if info.status != 200:
            checks.skip(f"Image API {version} validators: /iiif/image/{version} is not served ({info.status})")
            continue
        features = declared(info.json)[0]
        official(checks, base, identifier, version, features)
        newer(checks, base, identifier, version, features)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    counted = Checks()
    validate(counted, sys.argv[1].rstrip("/"), sys.argv[2])
    counted.end()
