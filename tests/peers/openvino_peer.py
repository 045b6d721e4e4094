"""Images per second of OpenVINO, the peer for prediction: openvino_peer.py NET BATCH f32|bf16. Wants a Python with torch and openvino.

The better of its two ways counts: one request at a time on all threads, and as many at once as it thinks best, each on its own."""
import statistics
import sys
import time

import numpy as np
import openvino
import torch

import torch_peer


def rate(model, batch, precision, hint):
    compiled = openvino.Core().compile_model(model, "CPU", {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": precision})
    x = np.random.RandomState(0).randn(batch, 3, 224, 224).astype("f4")
    if hint == "LATENCY":
        request = compiled.create_infer_request()
        times = []
        for _ in range(12):
            t = time.perf_counter()
            request.infer([x], share_inputs=True)
            times.append(time.perf_counter() - t)
        return batch / statistics.median(times[2:])
    queue = openvino.AsyncInferQueue(compiled)
    for rounds in 2, 12:
        t = time.perf_counter()
        for _ in range(rounds):
            queue.start_async([x])
        queue.wait_all()
    return 12 * batch / (time.perf_counter() - t)


def main():
    net, batch, precision = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.manual_seed(0)
    module = torch_peer.build(net).eval()
    model = openvino.convert_model(module, example_input=torch.randn(batch, 3, 224, 224))
    model.reshape([batch, 3, 224, 224])
    best = max(rate(model, batch, precision, hint) for hint in ("LATENCY", "THROUGHPUT"))
    print("openvino %s %s %s batch %d: %.2f images/s" % (openvino.__version__, net, precision, batch, best))


main()
