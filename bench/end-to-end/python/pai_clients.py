"""Calls the service from Python with the PAI SDK, unmodified: pai_clients.py URL FOLDER, where FOLDER has a request of each
payload in JSON, or, to services whose names begin with `queue`, through queues. It does what turns.py says.

The SDK asks the control plane where a service is; here that is known, and told by what stands in for a session.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

URL, FOLDER = sys.argv[1:3]
# Beside the environment's own packages, which are of other versions.
sys.path.insert(0, str(Path(sys.prefix) / "pai"))

from pai.predictor import AsyncPredictor, Predictor  # noqa: E402
from pai.serializers import JsonSerializer  # noqa: E402
from turns import serve  # noqa: E402


def session_of(name):
    config = json.dumps({"metadata": {"type": "Async"}} if name.startswith("queue") else {})
    service = {"InternetEndpoint": f"{URL}/api/predict/{name}", "AccessToken": "invented-token", "ServiceConfig": config}
    return SimpleNamespace(service_api=SimpleNamespace(get=lambda _: service))


def make_queued(name):
    predictor = AsyncPredictor(name, session=session_of(name), serializer=JsonSerializer())
    value = [[5.1, 3.5, 1.4, 0.2]]
    return (lambda: predictor.predict(value).result()), (lambda answer: answer == value)


def make(_, name):
    if name.startswith("queue"):
        return make_queued(name)
    predictor = Predictor(name, session=session_of(name), serializer=JsonSerializer())
    value = json.loads((Path(FOLDER) / f"{name}.request").read_text())
    right = json.loads((Path(FOLDER) / f"{name}.json").read_text())
    return (lambda: predictor.predict(value)), (lambda answer: answer == right)


serve(make)
