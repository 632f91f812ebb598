"""Alibaba's generated SDK of the EAS API, unmodified, as a server: POST /call {"endpoint", "op", "path", …} does one operation.

`op` is the SDK's method, `path` its first arguments, `request` the members of its request by their wire names. What
the SDK read comes back as `body`, and as `missing` the members of its models that the answer did not have. What it
raises comes back as status 400 with code and message.
"""

import json
import sys
from pathlib import Path

# Beside the environment's own packages, which are of other versions.
sys.path.insert(0, str(Path(sys.prefix) / "pai"))

from alibabacloud_eas20210701 import models  # noqa: E402
from alibabacloud_eas20210701.client import Client  # noqa: E402
from alibabacloud_tea_openapi.models import Config  # noqa: E402
from Tea.exceptions import TeaException  # noqa: E402
from Tea.model import TeaModel  # noqa: E402

from serve import Refusal, answer_json, serve  # noqa: E402


def client_of(call):
    key, secret, *token = call["credentials"]
    return Client(
        Config(
            access_key_id=key,
            access_key_secret=secret,
            security_token=token[0] if token else None,
            endpoint=call["endpoint"].removeprefix("http://"),
            protocol="HTTP",
            region_id="cn-hangzhou",
        )
    )


def request_of(call):
    name = "".join(word.capitalize() for word in call["op"].split("_"))
    return getattr(models, f"{name}Request")().from_map(call["request"])


def missing(value, where):
    """Paths of the members that are not set, in a model and in those it holds."""
    if isinstance(value, TeaModel):
        for name, member in vars(value).items():
            if member is None:
                yield f"{where}.{name}"
            else:
                yield from missing(member, f"{where}.{name}")
    elif isinstance(value, list):
        for member in value:
            yield from missing(member, where)


def call(body):
    asked = json.loads(body)
    arguments = [*asked.get("path", []), *([request_of(asked)] if "request" in asked else [])]
    try:
        answer = getattr(client_of(asked), asked["op"])(*arguments)
    except TeaException as error:
        raise Refusal(json.dumps({"code": error.code, "message": error.message, "data": error.data})) from error
    return answer_json({"body": answer.body.to_map(), "missing": sorted(set(missing(answer.body, "body")))})


serve({("POST", "/call"): call})
