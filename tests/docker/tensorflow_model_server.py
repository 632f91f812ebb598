#!/bin/python3
"""Stands for TensorFlow Serving in tests: its flags, its REST API, and a model that multiplies."""

import glob
import http.server
import json
import sys

FLAGS = dict(flag.lstrip("-").split("=", 1) for flag in sys.argv[1:])
NAME, BASE = FLAGS["model_name"], FLAGS["model_base_path"]

found = glob.glob(f"{BASE}/[0-9]*/saved_model.pb")
if not found:
    sys.exit(f"Failed to start server. Error: Unknown: 1 servable(s) did not become available: no versions of {BASE}")
with open(found[0]) as file:
    FACTOR = json.load(file)["factor"]


def info(name):
    dimensions = [{"size": "-1", "name": ""}, {"size": "2", "name": ""}]
    shape = {"dim": dimensions, "unknown_rank": False}
    return {"dtype": "DT_FLOAT", "tensor_shape": shape, "name": f"{name}:0"}


SIGNATURE = {"inputs": {"x": info("x")}, "outputs": {"y": info("y")}, "method_name": "tensorflow/serving/predict"}
METADATA = {
    "model_spec": {"name": NAME, "signature_name": "", "version": "1"},
    "metadata": {"signature_def": {"signature_def": {"serving_default": SIGNATURE}}},
}
STATUS = {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK"}}]}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        answers = {f"/v1/models/{NAME}": STATUS, f"/v1/models/{NAME}/metadata": METADATA}
        known = self.path in answers
        self.answer(200 if known else 404, answers.get(self.path, {"error": f"Malformed request: GET {self.path}"}))

    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != f"/v1/models/{NAME}:predict":
            self.answer(404, {"error": f"Malformed request: POST {self.path}"})
        else:
            self.answer(200, {"outputs": [[FACTOR * value for value in row] for row in given["inputs"]["x"]]})


print("Exporting HTTP/REST API at:localhost:" + FLAGS["rest_api_port"], flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(FLAGS["rest_api_port"])), Handler).serve_forever()
