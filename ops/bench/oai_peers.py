"""The peers of ops/bench/oai: OAI-PMH servers from PyPI over records in memory, which is where they are fastest.

    python oai_peers.py {oai_repo | oaipmh} RECORDS.jsonl PORT PAGE

A line of the file is {"identifier", "datestamp", "payload"}. Both are libraries; what stands around them here is Python's
own HTTP server, one connection at a time and kept alive, as for a single harvester.
"""

import http.server
import json
import sys
import urllib.parse
from datetime import datetime, timezone

from lxml import etree

NAMESPACE, SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc/", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
EARLIEST = datetime(2020, 1, 1, tzinfo=timezone.utc)


def with_oai_repo(records, base, page):
    import oai_repo

    class Data(oai_repo.DataInterface):
        limit = page

        def __init__(self):
            self.names = [record["identifier"] for record in records]
            self.places = {name: place for place, name in enumerate(self.names)}

        def get_identify(self):
            return oai_repo.Identify("Peer", base, ["somebody@museum.example.org"], f"{EARLIEST:%Y-%m-%dT%H:%M:%SZ}", "no", "YYYY-MM-DDThh:mm:ssZ")

        def is_valid_identifier(self, identifier):
            return identifier in self.places

        def get_metadata_formats(self, identifier=None):
            return [oai_repo.MetadataFormat("oai_dc", SCHEMA, NAMESPACE)]

        def get_record_header(self, identifier):
            return oai_repo.RecordHeader(identifier, records[self.places[identifier]]["datestamp"])

        def get_record_metadata(self, identifier, metadataprefix):
            return etree.fromstring(records[self.places[identifier]]["payload"])

        def get_record_abouts(self, identifier):
            return []

        def list_set_specs(self, identifier=None, cursor=0):
            return None, None, None

        def list_identifiers(self, metadataprefix, filter_from=None, filter_until=None, filter_set=None, cursor=0):
            return self.names[cursor:cursor + page], len(self.names), None

    repository = oai_repo.OAIRepository(Data())
    return lambda asked: bytes(repository.process(asked))


def with_oaipmh(records, base, page):
    from oaipmh import common, metadata, server

    def described(payload):
        found = {}
        for element in etree.fromstring(payload):
            found.setdefault(etree.QName(element).localname, []).append(element.text or "")
        return common.Metadata(None, found)

    for record in records:
        header = common.Header(None, record["identifier"], datetime.fromisoformat(record["datestamp"][:-1]), [], False)
        record["ready"] = header, described(record["payload"]), None
    places = {record["identifier"]: record["ready"] for record in records}

    class Data:
        def identify(self):
            return common.Identify("Peer", base, "2.0", ["somebody@museum.example.org"], EARLIEST.replace(tzinfo=None), "no",
                                   "YYYY-MM-DDThh:mm:ssZ", ["identity"])

        def getRecord(self, metadataPrefix, identifier):
            return places[identifier]

        def listRecords(self, metadataPrefix, set=None, from_=None, until=None, cursor=0, batch_size=10):
            return [record["ready"] for record in records[cursor:cursor + batch_size]]

        def listMetadataFormats(self, identifier=None):
            return [("oai_dc", SCHEMA, NAMESPACE)]

    registry = metadata.MetadataRegistry()
    registry.registerWriter("oai_dc", server.oai_dc_writer)
    peer = server.BatchingServer(Data(), registry, resumption_batch_size=page)

    def answer(asked):
        xml = peer.handleRequest(asked)
        return xml if isinstance(xml, bytes) else xml.encode()
    return answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer = None

    def do_GET(self):
        body = self.answer(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query)))
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(kind, path, port, page):
    with open(path) as file:
        records = [json.loads(line) for line in file]
    Handler.disable_nagle_algorithm = True
    Handler.wbufsize = -1
    made = {"oai_repo": with_oai_repo, "oaipmh": with_oaipmh}[kind]
    Handler.answer = staticmethod(made(records, f"http://127.0.0.1:{port}/oai", int(page)))
    http.server.HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
