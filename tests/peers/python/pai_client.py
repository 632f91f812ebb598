"""The PAI SDK for Python, unmodified, as a server: POST /call {"endpoint", "credentials", "op", …} does one operation.

The SDK calls the vendor's hosts over TLS, as always; only the last step of `requests` is another: it goes to the
emulator at `endpoint`, which reads from the Host header whom it is to play. What was sent comes back with the result:

    { result } or { error: { type, message } },  sent: [{ method, url, body }]

Calls are answered one after the other, since the SDK has one default session in a process.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

# What belongs to whoever runs this is none of the SDK's business: it would find a default session in it.
for variable in [name for name in os.environ if name.startswith(("ALIBABA_CLOUD_", "PAI_", "DSW_", "DLC_"))]:
    del os.environ[variable]
os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
os.environ["PAI_CONFIG_PATH"] = os.devnull + "/none"

# Beside the environment's own packages, which are of other versions.
sys.path.insert(0, str(Path(sys.prefix) / "pai"))

import requests  # noqa: E402
from alibabacloud_credentials.models import Config  # noqa: E402

import pai.session  # noqa: E402
from pai.common.consts import Network  # noqa: E402
from pai.image import list_images, retrieve  # noqa: E402
from pai.model import (  # noqa: E402
    InferenceSpec,
    Model,
    NfsStorageConfig,
    NodeStorageConfig,
    OssStorageConfig,
    RawStorageConfig,
    RegisteredModel,
    ResourceConfig,
    SharedMemoryConfig,
    container_serving_spec,
)
from pai.predictor import Predictor  # noqa: E402
from serve import answer_json, serve  # noqa: E402

turn = threading.Lock()
target = {"endpoint": "", "sent": []}
send_as_always = requests.adapters.HTTPAdapter.send


def send_to_emulator(adapter, request, **options):
    address = urlsplit(request.url)
    body = request.body
    if hasattr(body, "decode"):
        body = body.decode("utf-8", "replace")
    target["sent"].append(
        {"method": request.method, "url": request.url, "body": body if isinstance(body, str) else None}
    )
    request.headers["Host"] = address.netloc
    request.url = target["endpoint"] + request.url[len(f"{address.scheme}://{address.netloc}"):]
    return send_as_always(adapter, request, **{**options, "verify": False})


requests.adapters.HTTPAdapter.send = send_to_emulator

# The SDK sleeps three seconds before each look at a service.
sleep_as_always = time.sleep
time.sleep = lambda seconds: sleep_as_always(min(seconds, 0.01))


def session_of(call):
    key_id, secret, *token = call["credentials"]
    credentials = Config(
        type="sts" if token else "access_key",
        access_key_id=key_id,
        access_key_secret=secret,
        security_token=token[0] if token else None,
    )
    session = pai.session.Session(
        region_id="cn-hangzhou",
        workspace_id=call.get("workspaceId"),
        credential_config=credentials,
        oss_bucket_name=call.get("bucket"),
        oss_endpoint=call.get("bucket") and "http://oss-cn-hangzhou.aliyuncs.com",
        network=Network.VPC if call.get("network") == "vpc" else Network.PUBLIC,
    )
    pai.session._default_session = session if call.get("defaultSession") else None
    return session


def folder_of(files):
    folder = Path(tempfile.mkdtemp())
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return str(folder)


def image(info):
    return {
        "name": info.image_name,
        "uri": info.image_uri,
        "framework": info.framework_name,
        "version": info.framework_version,
        "accelerator": info.accelerator_type,
        "pythonVersion": info.python_version,
        "scope": info.image_scope,
    }


STORAGE = {
    "oss": OssStorageConfig,
    "nfs": NfsStorageConfig,
    "node": NodeStorageConfig,
    "shm": SharedMemoryConfig,
    "raw": RawStorageConfig,
}


def spec_of(call, session):
    if "container" not in call:
        return InferenceSpec(**call.get("spec", {}))
    options = dict(call["container"])
    if "sourceFiles" in options:
        options["source_dir"] = folder_of(options.pop("sourceFiles"))
    if "storage" in options:
        options["storage_configs"] = [
            STORAGE[kind](*arguments) for kind, *arguments in options.pop("storage")
        ]
    return container_serving_spec(session=session, **options)


def model_of(call, session):
    data = call.get("modelData")
    if "modelFiles" in call:
        data = folder_of(call["modelFiles"])
    return Model(model_data=data, inference_spec=spec_of(call, session), session=session)


def deploy(call, session):
    options = dict(call["deploy"])
    if "resourceConfigObject" in options:
        options["resource_config"] = ResourceConfig(**options.pop("resourceConfigObject"))
    return service(model_of(call, session).deploy(**options))


def deploy_config(call, session):
    return service(Predictor.deploy(call["config"], session=session))


def service(predictor):
    return {
        "name": predictor.service_name,
        "status": predictor.service_status,
        "endpoint": predictor.endpoint,
        "labels": predictor.labels,
    }


def act(call, session):
    """Describes, starts, stops or deletes a service, or asks it something."""
    predictor = Predictor(call["name"], session=session)
    if call["act"] == "predict":
        return predictor.predict(call["data"])
    {
        "describe": lambda: None,
        "start": predictor.start_service,
        "stop": predictor.stop_service,
        "delete": predictor.delete_service,
    }[call["act"]]()
    return service(predictor)


def register(call, session):
    model_of(call, session).register(**call["register"])
    return registered(RegisteredModel(call["register"]["model_name"], session=session))


def deploy_registered(call, session):
    model = RegisteredModel(call["name"], model_provider=call.get("provider"), session=session)
    if call.get("givenSession"):
        model.session = session
    return service(model.deploy(**call["deploy"]))


def registered(model):
    return {
        "id": model.model_id,
        "name": model.model_name,
        "version": model.model_version,
        "uri": model.uri,
        "spec": model.inference_spec.to_dict(),
        "labels": model.version_labels,
    }


OPERATIONS = {
    "identity": lambda call, session: {"account": session.provider, "workspace": session.workspace_name},
    "images": lambda call, session: [image(info) for info in list_images(session=session, **call["list"])],
    "image": lambda call, session: image(retrieve(session=session, **call["retrieve"])),
    "deploy": deploy,
    "deployConfig": deploy_config,
    "act": act,
    "register": register,
    "registered": lambda call, session: registered(RegisteredModel(call["name"], session=session)),
    "deployRegistered": deploy_registered,
    "services": lambda call, session: [item["ServiceName"] for item in session.service_api.list().items],
}


def handle(body):
    call = json.loads(body)
    with turn:
        target.update(endpoint=call["endpoint"], sent=[])
        try:
            # It prints addresses of the console, and bars of progress.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                answer = {"result": OPERATIONS[call["op"]](call, session_of(call))}
        except Exception as error:  # What the SDK does wrong shows in errors of every kind.
            answer = {"error": {"type": type(error).__name__, "message": str(error)}}
        return answer_json({**answer, "sent": target["sent"]})


if __name__ == "__main__":
    serve({("POST", "/call"): handle})
