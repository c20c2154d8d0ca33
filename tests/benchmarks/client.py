"""The least that a program must do to talk to a service: `python client.py POST|GET PORT PATH [FILE]`."""

import http.client
import json
import sys

method, port, path, *files = sys.argv[1:]
headers = {"authorization": "Bearer token", "content-type": "application/json"}
body = json.dumps(json.load(open(files[0]))) if files else None  # noqa: PTH123, SIM115 - the least
connection = http.client.HTTPConnection("127.0.0.1", int(port))
connection.request(method, path, body, headers)
print(json.loads(connection.getresponse().read())["name"])
