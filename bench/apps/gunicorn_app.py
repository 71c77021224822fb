# The app for Gunicorn, and its configuration.
import os
import time


def post_worker_init(_worker):
    with open(os.environ["BENCH_LISTENING"], "a") as record:
        record.write(f"{os.getpid()} {round(time.time() * 1000)}\n")


def app(_environ, start_response):
    answer = f"{os.getpid()} 0".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
