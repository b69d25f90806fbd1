"""What the system checks in ops/check share: a place of their own, the built program, small files made by hand.

Python's standard library only. Whatever happens, Place leaves no process and no folder behind.
"""

import contextlib
import csv
import email.message
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib

TIMEOUT_SECONDS = 300
# Until a single answer is given up; a large image that is decoded for the first time takes seconds.
ANSWER_SECONDS = 60


def binary():
    """The built program."""
    named = os.environ.get("FONDS_BINARY")
    if not named and os.environ.get("CARGO_TARGET_DIR"):
        named = os.path.join(os.environ["CARGO_TARGET_DIR"], "release", "fonds")
    if not named or not os.access(named, os.X_OK):
        sys.exit("FONDS_BINARY names no program: cargo build --release, then FONDS_BINARY=…/release/fonds")
    return named


def environment(more=None):
    """The environment without what would point fonds elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FONDS__") and key != "DATABASE_URL"}
    kept.update(more or {})
    return kept


class Result:
    """What a run of fonds came to."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    @property
    def text(self):
        """Everything that it said."""
        return self.out + self.err

    @property
    def lines(self):
        """The JSON lines that it printed."""
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    @property
    def summary(self):
        """The last of them; nothing where it printed none."""
        return (self.lines or [{}])[-1]


class Checks:
    """Counts what was checked and what failed, and goes on: one run shows everything that is wrong."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def that(self, holds, sentence, detail=""):
        if holds:
            self.passed += 1
            print(f"  ok    {sentence}", flush=True)
        else:
            self.failed.append(sentence)
            shown = "\n".join("          " + line for line in str(detail).strip().splitlines()[-25:])
            print(f"  WRONG {sentence}\n{shown}", flush=True)
        return holds

    def skip(self, sentence):
        """What cannot be run here. FONDS_CHECK_STRICT=1 makes it a failure, for where everything is said to be there."""
        if os.environ.get("FONDS_CHECK_STRICT") == "1":
            return self.that(False, f"not skipped: {sentence}")
        self.skipped.append(sentence)
        print(f"  SKIPPED {sentence}", flush=True)
        return None

    def end(self):
        print(f"{self.passed} checks passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        for sentence in self.failed:
            print(f"  failed: {sentence}")
        sys.exit(1 if self.failed else 0)


class Place:
    """A temporary folder that PostgreSQL's user may pass through, and every process that was started in it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fonds-check.", dir="/tmp"))
        self.folder.chmod(0o711)
        self.running = []
        self.mounted = []

    def __enter__(self):
        # A check that is told to end cleans up, too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self

    def __exit__(self, *_):
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()
        for data in self.folder.iterdir():
            pid = postmaster(data)
            if pid:
                stop_postgres(pid)
        for mounted in self.mounted:
            subprocess.run(["umount", "--lazy", str(mounted)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def data(self, name):
        """A data directory that is not there yet."""
        return self.folder / name

    def start(self, *arguments, data, env=None, **how):
        """Starts fonds."""
        command = [binary(), *map(str, arguments), "--data", str(data)]
        how.setdefault("stdout", subprocess.PIPE)
        how.setdefault("stderr", subprocess.PIPE)
        how.setdefault("cwd", self.folder)
        process = subprocess.Popen(command, env=environment(env), stdin=subprocess.DEVNULL, **how)
        self.running.append(process)
        return process

    def fonds(self, *arguments, data, env=None, **how):
        """Runs fonds to its end."""
        begun = time.monotonic()
        process = self.start(*arguments, data=data, env=env, **how)
        try:
            out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += f"\nstill running after {TIMEOUT_SECONDS} s: killed by the check".encode()
        self.running.remove(process)
        text = [(part or b"").decode("utf-8", "replace") for part in (out, err)]
        return Result(process.returncode, *text, time.monotonic() - begun)

    def serve(self, data, port=None, env=None):
        """Starts a server and waits until it is ready; returns the process and its address."""
        port = port or free_port()
        # What it says goes to a file: a pipe that nobody reads fills up.
        log = open(self.folder / f"serve-{port}-{time.monotonic_ns()}.log", "w+b")
        process = self.start("serve", "--listen", f"127.0.0.1:{port}", data=data, env=env, stdout=log, stderr=log)
        process.log = log.name
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if get(f"{address}/readyz")[0] == 200:
                    return process, address
            time.sleep(0.05)
        raise RuntimeError(f"the server did not get ready:\n{pathlib.Path(log.name).read_text()}")

    def digest(self, data):
        """The digest of the state."""
        return self.fonds("verify", "--state", "--json", data=data).lines[0]["digest"]

    def events(self, data):
        """How many events the ledger has; they are verified."""
        result = self.fonds("verify", "--ledger", "--json", data=data)
        if result.code != 0:
            raise RuntimeError(f"verify --ledger: {result.text}")
        return result.lines[0]["events"]


def stop_postgres(pid):
    """Kills a postmaster and waits until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)


def postmaster(data):
    """The process of the private PostgreSQL of a data directory, if it runs."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((pathlib.Path(data) / "pg/data/postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, 0)
        return pid
    return None


def memory(process):
    """The most memory that a process has had, in KiB."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1))


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def get(url, data=None, headers=None, method=None):
    """Status and body; an answer of 4xx or 5xx is an answer."""
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")


class Answer:
    """Status, headers and bytes of what a server answered."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        """A header; where there are several of the name, joined as HTTP joins them; "" where there is none."""
        return ", ".join(self.headers.get_all(name) or [])

    @property
    def json(self):
        """The body as JSON; an empty object where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def __str__(self):
        head = "".join(f"\n{name}: {value}" for name, value in self.headers.items())
        return f"{self.status}{head}\n{self.body[:300]!r}"


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_):
        return None


def ask(url, headers=None, method="GET"):
    """The answer, whatever its status; a redirect is an answer, too. Status 0: there was none, and the body says why."""
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=ANSWER_SECONDS) as reply:
            return Answer(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, email.message.Message(), repr(error).encode())


def png(width, height, colour, claims=None):
    """A PNG of one colour; `claims` puts other sides into its header."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", *(claims or (width, height)), 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(colour) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def collection(folder, rows, images):
    """A table of `rows` records, the first `images` of them with a file of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    with open(folder / "objects.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["id", "title", "creator", "date_created", "description", "file"])
        for number in range(1, rows + 1):
            name = f"image-{number}.png" if number <= images else ""
            if name:
                colour = (number % 256, number * 7 % 256, number * 31 % 256)
                (folder / name).write_bytes(png(40 + number % 20, 30, colour))
            table.writerow(
                [f"A{number}", f"Drawing {number}", f"Draughtsman {number % 97}", 1500 + number % 400, "Ink, 墨。", name]
            )
    return folder
