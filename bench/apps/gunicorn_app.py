# The app for Gunicorn.
import os


def app(_environ, start_response):
    answer = f"{os.getpid()} 0".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
