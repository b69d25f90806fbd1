"""What ops/bench/iiif and ops/bench/oai stand on: processes that end with it and are measured, and images made by libvips.

Python's standard library only. Whatever happens, `running` and `stop_all` leave no process behind.
"""

import contextlib
import ctypes
import http.client
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

USERS_CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
CACHE = os.path.join(os.environ.get("FONDS_CACHE") or os.path.join(USERS_CACHE, "fonds"), "bench")
WIDTH, HEIGHT, TILE = 12000, 9000, 512
# Pixels of the noise: periodic, so that 4 by 3 of them are the image, without a seam.
NOISE = 3000
PYRAMID = ["--tile", "--tile-width", str(TILE), "--tile-height", str(TILE), "--pyramid", "--compression", "jpeg", "--Q", "85"]
# How a TIFF of a gigapixel is written: as fonds likes it, and as it does not.
GIGAPIXEL = {"tiled": "tile,tile-width=512,tile-height=512,compression=deflate", "strips": "compression=lzw,predictor=none"}
TICKS = os.sysconf("SC_CLK_TCK")
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class Wrong(Exception):
    """Something that is wrong, not slow."""


# ── Processes ──

def dies_with_us():
    """Called in a child: it is told to stop when we are killed and cannot tell it."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def running(command, **options):
    """A program that runs as long as the block, in a session of its own: what stops us does not reach it before we do."""
    process = subprocess.Popen(command, preexec_fn=dies_with_us, start_new_session=True, **options)
    try:
        yield process
    finally:
        with deaf():
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def deaf():
    """While something is stopped, a second Ctrl-C does not keep it from being stopped."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def adopt():
    """What a killed child leaves behind becomes a child of ours, and is found by `stop_all`."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def stop_all():
    """Stops whatever is left of what we started: the PostgreSQL of a fonds that was killed."""
    begun = time.monotonic()
    while left := [pid for pid in family([os.getpid()]) if pid != os.getpid()]:
        # SIGQUIT: PostgreSQL leaves at once, without tidying up what is thrown away anyway.
        how = signal.SIGQUIT if time.monotonic() - begun < 10 else signal.SIGKILL
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, how)
        time.sleep(0.1)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def interrupted(number, _):
    raise SystemExit(128 + number)


def output(command, **options):
    """What a program prints, or why it failed."""
    done = subprocess.run(command, preexec_fn=dies_with_us, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Wrong(f"{' '.join(command[:3])} failed with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def stat(pid):
    """Name, parent and times (own and of children that ended) of a process, or nothing if it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            name, _, rest = file.read().partition("(")[2].rpartition(")")
    except OSError:
        return None
    fields = rest.split()
    return name, int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS, (int(fields[13]) + int(fields[14])) / TICKS


def family(roots):
    """These processes and all that come from them: pid to stat."""
    found = {int(pid): stat(pid) for pid in os.listdir("/proc") if pid.isdigit()}
    found = {pid: told for pid, told in found.items() if told}
    members = {pid for pid in roots if pid in found}
    while True:
        more = {pid for pid, told in found.items() if told[1] in members} - members
        if not more:
            return {pid: found[pid] for pid in members}
        members |= more


def seconds_of(roots):
    """Processor seconds of a family, members that ended included."""
    return sum(own + ended for _, _, own, ended in family(roots).values())


class Watch(threading.Thread):
    """Looks at the family of a process while it works: processor seconds of fonds itself and of PostgreSQL, and memory."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.over = pid, threading.Event()
        self.fonds, self.postgres, self.peak = {}, {}, 0
        self.start()

    def look(self):
        together = 0
        for pid, (name, _, own, _) in family([self.pid]).items():
            (self.postgres if name.startswith("postgres") else self.fonds)[pid] = own
            if not name.startswith("postgres"):
                together += resident(pid)
                self.peak = max(self.peak, resident(pid, "VmHWM"))
        self.peak = max(self.peak, together)

    def run(self):
        while not self.over.wait(0.05):
            self.look()

    def told(self):
        """Processor seconds of fonds and of PostgreSQL until now, and the peak of fonds in MiB. A process that ended must
        not be waited for yet: its times are gone then."""
        self.over.set()
        self.join()
        self.look()
        return sum(self.fonds.values()), sum(self.postgres.values()), self.peak


def resident(pid, key="VmRSS"):
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) // 1024 for line in file if line.startswith(key + ":")), 0)
    except OSError:
        return 0


# ── Servers ──

def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(port, path, seconds=120):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Wrong(f"no answer from 127.0.0.1:{port} to {path}: {error!r}") from error
    finally:
        connection.close()


def wait_ready(process, port, path):
    """Waits until a server that was just started answers with 200."""
    begun = time.monotonic()
    while time.monotonic() - begun < 120:
        if process.poll() is not None:
            raise Wrong(f"{process.args[0]} ended with {process.returncode} while it started")
        with contextlib.suppress(Wrong):
            if get(port, path, 10)[0] == 200:
                return
        time.sleep(0.02)
    raise Wrong(f"{process.args[0]} did not become ready in 120 s")


def program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


# Addresses are drawn by us and only walked through by wrk, each thread from elsewhere. wrk counts statuses from 400;
# the first addresses of each list are asked for before, and must give 200.
LUA = """
local requests, at, started = {}, 0, 0
function setup(thread) thread:set("number", started); started = started + 1 end
function init(args)
    for path in io.lines(os.getenv("BENCH_PATHS")) do requests[#requests + 1] = wrk.format("GET", path) end
    at = number * 4001
end
function request() at = at % #requests + 1; return requests[at] end
function done(summary, latency, _)
    local e = summary.errors
    io.write(string.format('\\nBENCH {"requests":%d,"bytes":%d,"seconds":%.6f,"p50":%.4f,"p90":%.4f,"p99":%.4f,"max":%.4f,'
        .. '"refused":%d,"broken":%d}\\n', summary.requests, summary.bytes, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
        e.status, e.connect + e.read + e.write + e.timeout))
end
"""


def wrk(folder, port, paths, connections, seconds):
    """The command of wrk that walks through the addresses in a file, and its environment."""
    threads, walk = min(2, connections), os.path.join(folder, "walk.lua")
    with open(walk, "w") as file:
        file.write(LUA)
    return [program("wrk"), f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", walk,
            f"http://127.0.0.1:{port}"], dict(os.environ, BENCH_PATHS=paths)


def figures(text):
    told = [line for line in text.splitlines() if line.startswith("BENCH ")]
    if not told:
        raise Wrong(f"wrk told nothing: {text[-500:]}")
    return json.loads(told[-1].removeprefix("BENCH "))


# ── Images ──

def kept(name, make):
    """A folder of the cache, made where it is missing: under another name first, so that half of one is never used."""
    folder = os.path.join(CACHE, name)
    if not os.path.isdir(folder):
        making = f"{folder}.{os.getpid()}"
        os.makedirs(making)
        begun = time.monotonic()
        try:
            make(making)
            os.rename(making, folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        print(f"made {folder} in {time.monotonic() - begun:.0f} s", flush=True)
    return folder


def vips(folder, *lines):
    for line in lines:
        output(["vips", *line], cwd=folder)


def make_page(folder):
    """Coloured 1/f noise as paper and photographs have, and sharp text: a smooth image would flatter every encoder."""
    words = ("fonds ledger letter of the year and the house in which it was written by hand a river ship harbour study"
             " oil upon canvas 1793 1841 folio").split()
    chosen = random.Random(7)
    text = " ".join(chosen.choice(words) for _ in range(900))
    size = [str(NOISE), str(NOISE)]
    vips(folder, ["mask_fractal", "mask.v", *size, "2.6"])
    for band in "123":
        vips(folder, ["gaussnoise", "white.v", *size, "--mean", "0", "--sigma", "1", "--seed", band],
             ["freqmult", "white.v", "mask.v", f"noise{band}.v"])
    with open(os.path.join(folder, "mix.mat"), "w") as file:
        file.write("3 3\n0.5 0.06 0\n0.5 -0.03 0.05\n0.5 -0.03 -0.1\n")
    vips(folder,
         ["bandjoin", "noise1.v noise2.v noise3.v", "noise.v"], ["recomb", "noise.v", "mixed.v", "mix.mat"],
         ["linear", "mixed.v", "paper.v", "1 1 1", "186 178 160"],
         ["text", "letters.v", text, "--width", "2600", "--dpi", "200", "--font", "serif 12"],
         ["embed", "letters.v", "written.v", "200", "200", *size], ["linear", "written.v", "ink.v", "--", "-0.0039", "1"],
         ["multiply", "paper.v", "ink.v", "inked.v"], ["cast", "inked.v", "sheet.v", "uchar"],
         ["replicate", "sheet.v", "sheets.v", str(WIDTH // NOISE), str(HEIGHT // NOISE)],
         ["copy", "sheets.v", "page.jpg[Q=85,subsample-mode=on,strip]", "--interpretation", "srgb"],
         ["tiffsave", "page.jpg", "page.tif", *PYRAMID],
         # Levels of Deep Zoom are rounded up, as those of IIIF viewers are.
         ["dzsave", "page.jpg", "page", "--tile-size", str(TILE), "--overlap", "0", "--suffix", ".jpg[Q=85,strip]"],
         ["thumbnail", "page.jpg", "thumbnail.jpg[Q=85,strip]", "400"])
    for name in os.listdir(folder):
        if name.endswith((".v", ".mat")):
            os.remove(os.path.join(folder, name))


def make_gigapixel(folder, kind):
    """32768x32768 pixels that compress well: the size is what is measured, not the compression."""
    vips(folder, ["gaussnoise", "white.v", "2048", "2048", "--mean", "0", "--sigma", "1", "--seed", "5"],
         ["mask_fractal", "mask.v", "2048", "2048", "2.3"], ["freqmult", "white.v", "mask.v", "noise.v"],
         ["linear", "noise.v", "steps.v", "0.02", "6"], ["cast", "steps.v", "gray.v", "uchar"],
         ["linear", "gray.v", "bright.v", "16", "16", "--uchar"], ["bandjoin", "bright.v bright.v gray.v", "sheet.v"],
         ["copy", "sheet.v", "named.v", "--interpretation", "srgb"],
         ["replicate", "named.v", f"gigapixel.tif[bigtiff,{GIGAPIXEL[kind]}]", "16", "16"])
    for name in os.listdir(folder):
        if name.endswith(".v"):
            os.remove(os.path.join(folder, name))


def make_canvases(folder, count):
    """One object of that many pages: JPEGs of 64x48 pixels, each different by a comment in it."""
    vips(folder, ["black", "black.v", "64", "48", "--bands", "3"],
         ["copy", "black.v", "page.jpg[Q=85,strip]", "--interpretation", "srgb"])
    with open(os.path.join(folder, "page.jpg"), "rb") as file:
        start, rest = b"\xff\xd8", file.read()[2:]
    os.remove(os.path.join(folder, "page.jpg"))
    os.remove(os.path.join(folder, "black.v"))
    os.makedirs(os.path.join(folder, "canvases", "book"))
    for number in range(count):
        said = f"page {number}".encode()
        with open(os.path.join(folder, "canvases", "book", f"{number:06}.jpg"), "wb") as file:
            file.write(start + b"\xff\xfe" + struct.pack(">H", len(said) + 2) + said + rest)


def sides(jpeg):
    """Width and height as a JPEG's frame header says."""
    at = 2
    while jpeg[:2] == b"\xff\xd8" and at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
            return width, height
        at += 2 + length
    raise Wrong("an answer is no JPEG")
