"""A client as Circus's is on the wire: python3 scale.py [--endpoint ENDPOINT] NAME NUMBER"""
import argparse
import sys
import uuid

import zmq

parser = argparse.ArgumentParser()
parser.add_argument("--endpoint", default="tcp://127.0.0.1:5555")
parser.add_argument("name")
parser.add_argument("number", type=int)
options = parser.parse_args()

socket = zmq.Context().socket(zmq.DEALER)
socket.setsockopt(zmq.LINGER, 0)
socket.setsockopt(zmq.RCVTIMEO, 5000)
socket.connect(options.endpoint)


def call(command, **properties):
    """Sends a command and returns the reply."""
    socket.send_json({"id": uuid.uuid4().hex, "command": command, "properties": properties})
    try:
        reply = socket.recv_json()
    except zmq.Again:
        sys.exit(f"No answer from {options.endpoint} within 5 seconds")
    if reply["status"] == "error":
        sys.exit(reply["reason"])
    return reply


difference = options.number - call("numprocesses", name=options.name)["numprocesses"]
if difference != 0:
    call("incr" if difference > 0 else "decr", name=options.name, nb=abs(difference), waiting=True)
print(options.name, "has", call("numprocesses", name=options.name)["numprocesses"], "processes")
