"""What the --selftest of the servers has in common."""

from urllib.error import HTTPError
from urllib.request import urlopen


def check(actual, expected):
    assert actual == expected, f"got {actual}, {expected} is expected"


def post(url, model, request):
    """Sends a request of eas_prediction and reads the answer with the class that goes with it."""
    return request.parse_response(urlopen(f"{url}/api/predict/{model}", request.to_string()).read())


def fails(url, model, request, text):
    try:
        post(url, model, request)
    except HTTPError as error:
        said = error.read().decode()
        assert error.code == 400 and text in said, (error.code, said)
        return
    raise AssertionError(f"no refusal with {text!r}")
