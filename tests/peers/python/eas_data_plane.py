"""Alibaba's SDK of EAS's data plane, unmodified: `python eas_data_plane.py HOST:PORT` calls what an emulator runs there.

The services are `echo`, which says what it is sent, `jobs`, a queue, and `slow_echo`, which answers through queues; their
token is `token`. Prints what the SDK returned, as JSON.
"""

import json
import sys

from eas_prediction import ENDPOINT_TYPE_DIRECT, PredictClient, QueueClient, StringRequest

endpoint = sys.argv[1]


def predict_client(service, kind=None, token="token"):
    client = PredictClient(endpoint, service)
    client.set_token(token)
    client.set_retry_count(1)
    if kind:
        client.set_endpoint_type(kind)
    client.init()
    return client


def queue_client(name):
    client = QueueClient(endpoint, name)
    client.set_token("token")
    client.init()
    return client


def say(client, text):
    try:
        return client.predict(StringRequest(text)).response_data.decode()
    except Exception as error:  # the SDK's own, whose text has the status
        return str(error)


def texts(frames):
    return [frame.data.decode() for frame in frames]


def watched(queue, count, auto_commit):
    """What a watch gives; the frames are committed one by one, unless that is done for us."""
    watcher = queue.watch(0, 2, auto_commit=auto_commit)
    seen = []
    for frame in watcher.run():
        seen.append([frame.data.decode(), frame.tags["requestId"]])
        if not auto_commit:
            queue.commit(frame.index)
        if len(seen) == count:
            break
    watcher.close()
    return seen


def length(queue):
    return queue.attributes()["stream.length"]


def predictions():
    return {
        "signed": say(predict_client("echo"), "héllo"),
        "direct": say(predict_client("echo", ENDPOINT_TYPE_DIRECT), "hello"),
        "wrongToken": say(predict_client("echo", token="wrong"), "hello"),
    }


def queue():
    jobs = queue_client("jobs")
    index, request_id = jobs.put("first", {"colour": "red"})
    found = {
        "byId": texts(jobs.get(request_id=request_id, auto_delete=False)),
        "byIndex": texts(jobs.get(index=index, auto_delete=False)),
        "byTag": texts(jobs.get(tags={"colour": "red"}, auto_delete=False)),
        "nothing": texts(jobs.get(tags={"colour": "blue"}, timeout="10ms")),
        "sameIndex": str(jobs.get(index=index, auto_delete=False)[0].index) == index,
        "deleted": jobs.delete(int(index)),
    }
    last = [jobs.put(text)[0] for text in "abc"][-1]
    jobs.truncate(int(last))
    found["truncated"] = texts(jobs.get(length=9))
    for auto_commit in (False, True):
        put = [[text, jobs.put(text)[1]] for text in "abcde"]
        found["autoCommit" if auto_commit else "commit"] = watched(jobs, 5, auto_commit) == put
    found["left"] = length(jobs)
    return found


def asynchronous():
    source, sink = queue_client("slow_echo"), queue_client("slow_echo/sink")
    put = {source.put(str(number))[1] for number in range(20)}
    seen = watched(sink, 20, False)
    return {"answered": {request_id for _, request_id in seen} == put, "texts": sorted(text for text, _ in seen)}


print(json.dumps({"predictions": predictions(), "queue": queue(), "asynchronous": asynchronous()}))
