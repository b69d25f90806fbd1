"""Programs of others that checks run, installed once into the cache folder: Python packages and npm packages.

Standard library only. Each set of packages has a folder of its own, named by a digest of what is in it; it is made beside
and renamed when it is whole, so that an installation that was killed is not taken for one.
"""

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

VIEWERS = pathlib.Path(__file__).resolve().parent / "viewers"
INSTALL_SECONDS_MAX = 600


class NotInstalled(Exception):
    """Why a program cannot be had here."""


def cache():
    """The folder of ops/lib.sh: FONDS_CACHE, or the user's own cache."""
    user = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(os.environ.get("FONDS_CACHE") or pathlib.Path(user) / "fonds") / "check"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(command, **how):
    """Runs a step of an installation; says what it said when it failed."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False, **how)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{command[0]}: {error}") from error
    if ran.returncode != 0:
        raise NotInstalled(f"{' '.join(map(str, command[:6]))}: {(ran.stderr or ran.stdout).strip()[-600:]}")
    return ran.stdout


@contextlib.contextmanager
def alone(name):
    """One process installs; another that wants the same waits for it."""
    with open(cache() / f".{name}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(name, contents, install):
    """The folder that `install(folder)` filled, now or at an earlier time."""
    folder = cache() / f"{name}-{hashlib.sha256(contents.encode()).hexdigest()[:16]}"
    with alone(name):
        if not (folder / ".whole").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            print(f"  installing {name} into {folder}", flush=True)
            install(folder)
            (folder / ".whole").touch()
    return folder


def packages(name, requirements, python=sys.executable):
    """The `bin` folder of a virtual environment with these packages."""

    def install(folder):
        run([python, "-m", "venv", folder])
        run([folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements])

    return once(name, "\n".join([str(python), *requirements]), install) / "bin"


def python_from(minor):
    """A Python 3.`minor` or later that starts; None where there is none."""
    found = [sys.executable]
    for newer in range(minor, minor + 6):
        found += [shutil.which(f"python3.{newer}")]
        for root in (os.environ.get("PYENV_ROOT"), pathlib.Path.home() / ".pyenv"):
            if root:
                found += sorted(pathlib.Path(root).glob(f"versions/3.{newer}.*/bin/python3"), reverse=True)
    probe = f"import sys, venv; sys.exit(sys.version_info < (3, {minor}))"
    for python in filter(None, found):
        # A shim of pyenv lies in the path for versions that are not switched on, and fails.
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([python, "-c", probe], capture_output=True, timeout=20, check=False).returncode == 0:
                return str(python)
    return None


def viewers():
    """The folder with the viewers and parsers of `viewers/package.json`: node_modules/ and bundles/.

    Mirador and Universal Viewer publish scripts that need nothing else, beside a list of 500 packages for those who build
    them (650 MB). Only their archives are fetched, and compared with the digests in package.json (`bundles`).
    """
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            raise NotInstalled(f"there is no {tool} here (ops/setup --tests installs it on Debian)")
    wanted = {name: (VIEWERS / name).read_text(encoding="utf-8") for name in ("package.json", "package-lock.json")}

    def install(folder):
        for name, text in wanted.items():
            (folder / name).write_text(text, encoding="utf-8")
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
        for name, bundle in json.loads(wanted["package.json"])["bundles"].items():
            into = folder / "bundles" / name
            into.mkdir(parents=True)
            listed = run(["npm", "pack", f"{name}@{bundle['version']}", "--json", "--ignore-scripts"], cwd=into)
            archive = into / json.loads(listed)[0]["filename"]
            digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if digest != bundle["integrity"]:
                raise NotInstalled(f"{name} {bundle['version']} is {digest}, not what package.json says")
            run(["tar", "--extract", "--gzip", "--file", archive, "--strip-components=1", "--directory", into])
            archive.unlink()

    return once("viewers", "".join(wanted.values()), install)


def chromium():
    """A Chromium that can be started; None where there is none."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
