#!/usr/bin/env python3
"""Puts bad input through the built program: what is wrong is named with file, row and reason, the rest is taken in,
nothing is half written, and a server beside it goes on.

    FONDS_BINARY=…/release/fonds bad_input.py [-v]

With -v it prints every message, to be read as a stranger would.
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checklib import Checks, Place, free_port, get, memory, png  # noqa: E402

VERBOSE = "-v" in sys.argv
GIB = 1 << 30
# What fonds may take while it reads a file of 1 GiB.
MEMORY_KIB_MAX = 300 << 10
NUSHU = "\U0001b170\U0001b171"
EMOJI = "\U0001f3fa"
RTL = "\u202egpj.\u05d0\u05d1"


class Fire:
    """One archive with a server beside it, and the checks on what every bad input comes to."""

    def __init__(self, place, checks):
        self.place, self.checks = place, checks
        self.data = place.data("archive")
        self.number = 0

    def folder(self):
        """A fresh folder for an input."""
        self.number += 1
        folder = self.place.folder / f"input-{self.number}"
        folder.mkdir()
        return folder

    def take_in(self, what, path, code, says, env=None, flags=()):
        """Takes an input in: first with --check, then as text, then again as JSON. `says`: what each of the three must
        say, as patterns."""
        checked = self.place.fonds("ingest", path, "--check", *flags, data=self.data, env=env)
        result = self.place.fonds("ingest", path, *flags, data=self.data, env=env)
        again = self.place.fonds("ingest", path, "--json", *flags, data=self.data, env=env)
        show(what, result)
        for name, one in (("--check", checked), ("text", result)):
            self.checks.that(one.code == code, f"{what} ({name}): exit code {one.code}, {code} expected", one.text)
        # What was taken in is there now: where nothing but the bad was in it, the code stays.
        self.checks.that(again.code in (code, 2, 0) if code == 2 else again.code == code,
                         f"{what} (--json): exit code {again.code}", again.text)
        for pattern in says:
            for name, text in (("--check", checked.text), ("text", result.text), ("--json", json_text(again))):
                if not re.search(pattern, text):
                    self.checks.that(False, f"{what} ({name}): says {pattern}", text)
                    break
            else:
                self.checks.that(True, f"{what}: says {pattern}")
        self.checks.that(parses(again), f"{what} (--json): one object a line, the last a summary with seconds", again.out)
        self.checks.that("panicked" not in result.text + checked.text, f"{what}: nothing panics", result.err)
        return result


def json_text(result):
    """The JSON lines as they read when decoded, so that one pattern fits text and JSON."""
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in result.lines) + result.err


def parses(result):
    try:
        return isinstance(result.summary.get("seconds"), float)
    except (ValueError, IndexError):
        return False


def show(what, result):
    if VERBOSE:
        print(f"--- {what}: exit {result.code}, {result.seconds:.1f} s\n{result.text.rstrip()}\n---", flush=True)


def table(folder, text, name="objects.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def images(fire):
    whole = png(64, 48, (200, 100, 50))
    folder = fire.folder()
    (folder / "whole.png").write_bytes(whole)
    (folder / "cut.png").write_bytes(whole[:30])
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0")
    (folder / "nothing.png").write_bytes(b"")
    fire.take_in("truncated and empty images in a folder", folder, 2,
                 [r"cut\.png.*(truncated|ends|cut)", r"cut\.jpg.*(truncated|ends|cut)", r"nothing\.png.*empty"])
    folder = fire.folder()
    (folder / "nothing.png").write_bytes(b"")
    fire.take_in("nothing but an empty image", folder, 2, [r"nothing\.png.*empty"])
    folder = fire.folder()
    (folder / "huge.png").write_bytes(png(1, 1, (0, 0, 0), claims=(100_000, 100_000)))
    fire.take_in("a PNG that claims 100,000 × 100,000 pixels", folder, 2, [r"huge\.png.*100000 ?[×x] ?100000"])


def tables(fire):
    folder = fire.folder()
    path = table(folder, 'id,title\n1,"one"\n2,"two" too\n3,three\n4,"never closed\n5,five\n')
    fire.take_in("a CSV with wrong quoting", path, 2, [r"objects\.csv.*(row|\"row\":) ?2.*quot", r"line.*5|\"line\": 5"])
    folder = fire.folder()
    path = table(folder, "id,title\n1,Müller\n".encode() + "2,Böhm\n".encode("latin-1") + b"3,plain\n")
    fire.take_in("a CSV with mixed encodings", path, 2, [r"objects\.csv.*(row|\"row\":) ?2.*(UTF-8|encod)"])
    folder = fire.folder()
    path = table(folder, "id,title\n1,one\n,nameless\n3,three\n1,one more\n")
    fire.take_in("a row without identifier, two with the same", path, 2,
                 [r"objects\.csv.*(row|\"row\":) ?2.*identifier", r"objects\.csv.*(row|\"row\":) ?4.*row 1"])
    folder = fire.folder()
    path = table(folder, f'id,title,creator\nn1,"a\nb",{EMOJI}\nn2,{RTL},{NUSHU}\nn3,"\x1b[2Jclear",x\n')
    result = fire.take_in("names with newlines, RTL, emoji, Nüshu, terminal commands", path, 0, [r"row\"?:? 3.*control"])
    fire.checks.that("\x1b" not in result.text and "\u202e" not in result.text, "… no such command reaches the terminal")
    found = fire.place.fonds("search", NUSHU, data=fire.data)
    fire.checks.that("1 found" in found.out, "… Nüshu is found", found.text)
    path = table(fire.folder(), "id,title\n1,one\n")
    profile = fire.place.folder / "wrong.toml"
    profile.write_text('name = "wrong"\nnamespace = "x"\nidentifier = "{id}"\n'
                       'columns = [{ name = "title", property = "titel" }]\n')
    fire.take_in("a mapping to an unknown property", path, 1, [r"(?s)wrong\.toml.*titel.*title"],
                 flags=("--map", profile))
    fire.take_in("a mapping profile that is not there", path, 1, [r"nowhere"], flags=("--map", "nowhere"))
    fire.take_in("a path that is not there", fire.place.folder / "not-there", 1, [r"not-there"])


def hierarchies(fire):
    """A row whose object cannot become part of another is refused alone, after the objects exist."""
    profile = fire.place.folder / "boxes.toml"
    profile.write_text('name = "boxes"\nnamespace = "boxes"\nidentifier = "{id}"\n'
                       'columns = [{ name = "title", property = "title" }]\n'
                       'relations = [{ column = "box", kind = "part_of" }]\n')
    path = table(fire.folder(), "id,title,box\na,A,\nb,B,a\nc,C,\n")
    first = fire.place.fonds("ingest", path, "--map", profile, data=fire.data)
    fire.checks.that(first.code == 0, "a table with a hierarchy", first.text)
    path = table(fire.folder(), "id,title,box\na,A,b\nb,B,a\nc,C anew,\nd,D,\n")
    result = fire.place.fonds("ingest", path, "--map", profile, data=fire.data)
    show("a hierarchy that would contain itself", result)
    fire.checks.that(result.code == 2 and re.search(r"objects\.csv, row 1 .*cannot be part of", result.text),
                     "a hierarchy that would contain itself is refused, with its row", result.text)
    fire.checks.that("1 objects taken in" in result.text and "1 objects described anew" in result.text,
                     "… and the other rows are taken in", result.text)


def names(fire):
    folder = fire.folder()
    picture = png(8, 8, (1, 2, 3))
    for number, name in enumerate([f"{NUSHU}.png", f"{EMOJI}.png", f"{RTL}.png", "new\nline.png", "-rf.png"]):
        (folder / name).write_bytes(png(9 + number, 8, (number, 2, 3)))
    os.symlink("/etc/passwd", folder / "link.png")
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as it:
        it.bind(str(folder / "socket.png"))
    fire.take_in("strange names, a link, a FIFO, a socket in a folder", folder, 2,
                 [r"link\.png.*link", r"pipe\.png.*plain", r"socket\.png.*plain"])
    folder = fire.folder()
    (folder / "real.png").write_bytes(picture)
    (folder / "link.png").symlink_to("/etc/passwd")
    (folder / "out").symlink_to("/etc")
    os.mkfifo(folder / "pipe.png")
    rows = ["real.png", "../../etc/passwd", "/etc/passwd", "link.png", "out/passwd", "pipe.png", "missing.png", "."]
    text = "id,title,file\n" + "".join(f"p{number},{name},{name}\n" for number, name in enumerate(rows, 1))
    table(folder, text)
    fire.take_in("rows that name ../../etc/passwd, /etc/passwd, links, a FIFO, nothing", folder, 2,
                 [rf"(row|\"row\":) ?{number}\b.*{what}" for number, what in
                  [(2, "passwd"), (3, "passwd"), (4, "link"), (5, "link"), (6, "pipe"), (7, "missing"), (8, "")]])
    blobs = fire.place.fonds("search", "root", "--json", data=fire.data)
    fire.checks.that(blobs.summary["total"] == 0, "… nothing of /etc/passwd was taken in", blobs.out)


def large(fire):
    folder = fire.folder()
    with open(folder / "large.bin", "wb") as file:
        file.truncate(GIB)
    result = fire.take_in("a file of 1 GiB, 1 MiB allowed", folder, 2, [rf"large\.bin.*{GIB}.*1048576"],
                          env={"FONDS__LIMITS__FILE_BYTES": "1048576"})
    data = fire.place.data("large")
    process = fire.place.start("ingest", folder, "--json", data=data)
    most = 0
    while process.poll() is None:
        try:
            most = max(most, memory(process.pid))
        except (OSError, AttributeError):
            break
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            pass
    out, err = process.communicate()
    stored = json.loads(out.splitlines()[-1])
    fire.checks.that(process.returncode == 0 and stored["files"] == 1,
                     f"a file of 1 GiB is stored, in {stored['seconds']} s", out + err)
    fire.checks.that(most < MEMORY_KIB_MAX, f"… with {most >> 10} MiB of memory at most", result.text)
    verified = fire.place.fonds("verify", data=data)
    fire.checks.that(verified.code == 0, "… and verified", verified.text)


def disk_full(fire):
    if os.geteuid() != 0:
        fire.checks.skip("DISK FULL IN THE MIDDLE: only root can mount a small disk")
        return
    small = fire.place.folder / "small"
    small.mkdir()
    # A fresh cluster takes most of 100 MiB.
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0711", "tmpfs", small], capture_output=True)
    if mounted.returncode != 0:
        fire.checks.skip(f"DISK FULL IN THE MIDDLE: {mounted.stderr.decode().strip()}")
        return
    fire.place.mounted.append(small)
    folder = fire.folder()
    for number in range(40):
        # What cannot be made smaller: 1 MiB each.
        (folder / f"f{number:02}.bin").write_bytes(os.urandom(1 << 20))
    data = fire.place.data("full")
    env = {"FONDS__STORAGE__FOLDER": str(small / "ocfl")}
    full = fire.place.fonds("ingest", folder, data=data, env=env)
    show("disk full in the middle", full)
    fire.checks.that(full.code in (1, 2), f"disk full: exit code {full.code}", full.text)
    fire.checks.that("No space left" in full.text and "panicked" not in full.text, "disk full: it says so", full.text)
    verified = fire.place.fonds("verify", data=data, env=env)
    fire.checks.that(verified.code == 0, "disk full: what was stored is whole", verified.text)
    grown = subprocess.run(["mount", "-o", "remount,size=128m", small], capture_output=True)
    again = fire.place.fonds("ingest", folder, "--json", data=data, env=env)
    files = again.summary
    fire.checks.that(grown.returncode == again.code == 0 and files["files"] + files["files_unchanged"] == 40,
                     f"disk full: with room again, the next run stores the rest ({files['files']})", again.text)
    verified = fire.place.fonds("verify", data=data, env=env)
    fire.checks.that(verified.code == 0, "disk full: then everything is whole", verified.text)


def refused(fire, what, says, *arguments, data=None, env=None, code=1, **how):
    """Runs fonds, which must refuse."""
    result = fire.place.fonds(*arguments, data=data or fire.data, env=env, **how)
    show(what, result)
    fire.checks.that(result.code == code, f"{what}: exit code {result.code}, {code} expected", result.text)
    fire.checks.that(re.search(says, result.text, re.S), f"{what}: says {says}", result.text)
    fire.checks.that("panicked" not in result.text, f"{what}: nothing panics", result.text)


def settings(fire, address):
    port = address.rsplit(":", 1)[1]
    refused(fire, "port already taken", rf"127\.0\.0\.1:{port}.*in use", "serve", "--listen", f"127.0.0.1:{port}",
            data=fire.place.data("other"))
    refused(fire, "a second server on the data directory", r"^[^\x1b]*archive.*in use.*serve", "serve", "--listen",
            f"127.0.0.1:{free_port()}")
    config = fire.place.folder / "wrong-key.toml"
    config.write_text("[archive]\nnmae = 'x'\n")
    refused(fire, "an unknown key in the configuration", r"wrong-key\.toml: there is no setting archive\.nmae, only archive\.name", "config", "check", "--config",
            config)
    # This is looked at as a stranger would: no names of types, no colours in a file.
    config.write_text("[archive\n")
    refused(fire, "a configuration that is no TOML", r"wrong-key\.toml", "config", "check", "--config", config)
    refused(fire, "an unknown variable", r"environment: there is no setting lisen", "config", "check", env={"FONDS__LISEN": "x"})
    refused(fire, "a value of the wrong type", r"limits\.decodes must be a whole number, not a text", "config", "check", env={"FONDS__LIMITS__DECODES": "many"})
    file = fire.place.folder / "a-file"
    file.write_text("x")
    refused(fire, "a data directory that is a file", r"a-file", "search", data=file)
    refused(fire, "a data directory in a folder that is not writable", r"/proc", "search", data="/proc/fonds")
    closed = fire.place.folder / "closed"
    closed.mkdir(mode=0o700)
    if os.geteuid() == 0:
        refused(fire, "a data directory that PostgreSQL's user cannot reach", r"chmod o\+x .*closed", "search",
                data=closed / "data")
    foreign = fire.place.folder / "foreign"
    foreign.mkdir()
    (foreign / "holiday.jpg").write_bytes(b"x")
    refused(fire, "a foreign folder as storage root", r"because /tmp\S*foreign is not a storage root.*holiday\.jpg", "search", data=fire.place.data("third"),
            env={"FONDS__STORAGE__FOLDER": str(foreign)})
    fire.checks.that([path.name for path in foreign.iterdir()] == ["holiday.jpg"], "… which is left as it was")


def main():
    checks = Checks()
    with Place() as place:
        fire = Fire(place, checks)
        server, address = place.serve(fire.data)
        for part in (images, tables, hierarchies, names, large, disk_full):
            part(fire)
            status, body = get(f"{address}/readyz")
            checks.that(server.poll() is None and status == 200, f"the server stays up ({part.__name__})", body)
        settings(fire, address)
        status, body = get(f"{address}/search?q=Nothing")
        checks.that(server.poll() is None and status == 200, "the server stays up", body[:500])
        verified = place.fonds("verify", data=fire.data)
        print("  " + verified.out.strip().replace("\n", "\n  "))
        checks.that(verified.code == 0, "nothing is half written: fonds verify finds nothing wrong", verified.text)
    checks.end()


if __name__ == "__main__":
    main()
