"""A plugin as Circus's are on the wire: it hears every event, and asks the daemon back.

It needs Python's zmq alone: apt install python3-zmq, or pip install pyzmq.
"""
import argparse
import json
import signal
import sys
import uuid

import zmq

parser = argparse.ArgumentParser()
parser.add_argument("--endpoint", default="tcp://127.0.0.1:5555")
parser.add_argument("--pubsub", default="tcp://127.0.0.1:5556")
options = parser.parse_args()

context = zmq.Context()
control = context.socket(zmq.DEALER)
control.setsockopt(zmq.IDENTITY, uuid.uuid4().hex.encode())
control.connect(options.endpoint)
events = context.socket(zmq.SUB)
events.setsockopt(zmq.SUBSCRIBE, b"watcher.")
events.connect(options.pubsub)
for socket in (control, events):
    socket.setsockopt(zmq.LINGER, 0)
control.setsockopt(zmq.RCVTIMEO, 5000)


def call(command, **properties):
    """Sends a command and returns the reply; one that came too late for an earlier call is passed over."""
    call_id = uuid.uuid4().hex
    control.send_json({"id": call_id, "command": command, "properties": properties})
    while True:
        reply = control.recv_json()
        if reply.get("id") == call_id:
            return reply


def stop(*_):
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
print("keeper: ready,", call("numwatchers")["numwatchers"], "watchers", flush=True)

while True:
    topic, payload = events.recv_multipart()
    # A name may have dots in it: the event is what follows the last one.
    name, event = topic.decode()[len("watcher."):].rsplit(".", 1)
    if event == "reap":
        message = json.loads(payload)
        try:
            wanted = call("get", name=name, keys=["numprocesses"]).get("options", {}).get("numprocesses")
        except zmq.Again:
            wanted = "?"
        print(f"keeper: {name} lost {message['process_pid']}, {wanted} wanted", flush=True)
