"""Answers lines as the clients' processes do, for `make(client, payload)`, which gives a function that calls and another
that compares what it returns.

`check CLIENT PAYLOAD` calls once and compares the answer. `run CLIENT PAYLOAD CALLS IN-FLIGHT` calls so often, so many at a
time, and answers how many milliseconds that took, and how many of the processor's; before that it makes a tenth as many
calls that are not counted.
"""

import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def flood(call, calls, in_flight):
    if in_flight == 1:
        for _ in range(calls):
            call()
        return
    numbers = itertools.count()

    def work():
        while next(numbers) < calls:
            call()

    with ThreadPoolExecutor(in_flight) as pool:
        for worker in [pool.submit(work) for _ in range(in_flight)]:
            worker.result()


def run(call, calls, in_flight):
    flood(call, calls // 10, in_flight)  # caches hold what another process did
    busy, start = time.process_time(), time.perf_counter()
    flood(call, calls, in_flight)
    took = time.perf_counter() - start
    return f"{took * 1000} {(time.process_time() - busy) * 1000}"


def serve(make):
    made = {}
    print("ready", flush=True)
    for line in sys.stdin:
        command, client, payload, *numbers = line.split()
        if (client, payload) not in made:
            made[client, payload] = make(client, payload)
        call, is_right = made[client, payload]
        if command == "run":
            print(run(call, int(numbers[0]), int(numbers[1])), flush=True)
        else:
            print("same" if is_right(call()) else "other values", flush=True)
