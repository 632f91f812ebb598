"""Predicts through queues with Alibaba's package eas_prediction, unmodified: queue_clients.py URL. It does what turns.py
says.
"""

import json
import sys
from urllib.parse import urlsplit

from eas_prediction import QueueClient
from turns import serve

URL = sys.argv[1]
VALUE = [[5.1, 3.5, 1.4, 0.2]]


def client_of(name):
    client = QueueClient(urlsplit(URL).netloc, name)
    client.set_token("invented-token")
    client.init()
    return client


def make(_, name):
    source, sink = client_of(name), client_of(f"{name}/sink")

    def call():
        _, request_id = source.put(json.dumps(VALUE))
        [item] = sink.get(request_id=request_id, timeout="4s")  # its requests time out after 5
        return json.loads(item.data)

    return call, lambda answer: answer == VALUE


serve(make)
