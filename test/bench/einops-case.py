"""Times one rearrangement by einops on NumPy into a new contiguous array: reads a case as JSON, writes milliseconds."""

import json
import sys
import time

import einops
import numpy

case = json.load(sys.stdin)
count = int(numpy.prod(case["shape"]))
x = (numpy.arange(count) % 251).astype(case["dtype"]).reshape(case["shape"])


def job():
    return numpy.ascontiguousarray(einops.rearrange(x, case["pattern"], **case["lengths"]))


for _ in range(3):
    job()
times = []
end = time.perf_counter() + case["milliseconds"] / 1000
while len(times) < 7 or time.perf_counter() < end:
    start = time.perf_counter()
    result = job()
    times.append((time.perf_counter() - start) * 1000)
times.sort()
json.dump(
    {
        "best": times[0],
        "median": times[len(times) // 2],
        "sample": [float(value) for value in result.ravel()[:: max(1, count // 100)]],
    },
    sys.stdout,
)
