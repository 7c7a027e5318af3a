# SPDX-License-Identifier: Apache-2.0
"""MongoDB's client-side encryption, with data keys that keys of the vault wrap.

Each argument is ENDPOINT/NAME[/VERSION] of a key. MongoDB is asked for nothing
but to keep the data keys: what is here of it does that, for the driver as it is.
"""

import os
import socketserver
import struct
import sys
import threading

import bson
from pymongo import MongoClient
from pymongo.encryption import Algorithm, ClientEncryption
from pymongo.server_api import ServerApi

TEXT = "what is kept secret"
kept = []


def answer(command):
    """What a server says to one of the few commands, of a collection of its own."""
    name = next(iter(command))
    if name == "hello":
        return {"isWritablePrimary": True, "minWireVersion": 0, "maxWireVersion": 21}
    if name == "insert":
        kept.extend(command["documents"])
        return {"n": len(command["documents"])}
    if name == "update":
        for update in command["updates"]:
            for document in kept:
                if document["_id"] == update["q"]["_id"]:
                    document.update(update["u"]["$set"])
        return {"n": len(command["updates"]), "nModified": len(command["updates"])}
    if name == "find":
        return {"cursor": {"id": 0, "ns": "keys.keys", "firstBatch": kept}}
    return {}


class Handler(socketserver.StreamRequestHandler):
    """The wire protocol, as far as drivers use it that ask for a stable API."""

    def handle(self):
        while header := self.rfile.read(16):
            length, number = struct.unpack("<2i", header[:8])
            body = self.rfile.read(length - 16)
            command, at = {}, 4
            while at < len(body):
                size = struct.unpack_from("<i", body, at + 1)[0]
                part = body[at + 1:at + 1 + size]
                if body[at] == 0:  # What has the name of the command goes first.
                    command = bson.decode(part) | command
                else:  # A list of documents, with the name that it has in the command.
                    end = part.index(0, 4)
                    command[part[4:end].decode()] = bson.decode_all(part[end + 1:])
                at += 1 + size
            reply = b"\0\0\0\0\0" + bson.encode(answer(command) | {"ok": 1})
            header = struct.pack("<4i", 16 + len(reply), 0, number, 2013)
            self.wfile.write(header + reply)


def encryption(client, identity=False):
    """One that remembers no data key; with the machine's identity if asked for."""
    azure = {"tenantId": os.environ["SDK_TENANT"], "clientId": os.environ["SDK_CLIENT"],
             "clientSecret": os.environ["SDK_SECRET"]}
    return ClientEncryption({"azure": {} if identity else azure}, "keys.keys", client,
                            bson.CodecOptions())


def master(name):
    """A key of the vault, as the driver wants it."""
    return dict(zip(("keyVaultEndpoint", "keyName", "keyVersion"), name.split("/")))


def main():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = MongoClient("127.0.0.1", server.server_address[1], directConnection=True,
                         server_api=ServerApi("1"), retryWrites=False)
    for name in sys.argv[1:]:
        kept.clear()
        with encryption(client) as encrypts:
            key = encrypts.create_data_key("azure", master_key=master(name))
            secret = encrypts.encrypt(
                TEXT, Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random, key)
        with encryption(client) as decrypts:
            assert decrypts.decrypt(secret) == TEXT, f"what {name} has wrapped"
        wrapped = kept[0]["keyMaterial"]
        with encryption(client) as rewraps:
            rewraps.rewrap_many_data_key({}, "azure", master(name))
        assert kept[0]["keyMaterial"] != wrapped, "nothing is wrapped again"
        # As this machine's, it asks for tokens for vaults and for nothing else.
        with encryption(client, "vault" in name) as decrypts:
            assert decrypts.decrypt(secret) == TEXT, f"what {name} has wrapped again"
        print(f"{name}: {kept[0]['masterKey']}")


main()
