"""The service from outside: access, refusals, and a job's whole life, on a real port."""

import http.client
import json
import socket
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from fake_restorer import wait_until

from statue_models.errors import StatueError, catalogue
from statue_models.runner import app, wire
from statue_models.runner.jobs import Limits

OCTETS = {"Content-Type": "application/octet-stream"}
PATHS = ["/v1/health", "/v1/jobs", "/v1/jobs/x", "/v1/jobs/x/events", "/", "/docs", "/v1/jobs/x/variants/1"]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "INVENTED"]


def ask(client, method, path, headers=(), body=None, authorised=True):
    """(status, body, headers) of a bare HTTP request."""
    connection = http.client.HTTPConnection("127.0.0.1", client.address["port"], timeout=10)
    try:
        token = {"Authorization": f"Bearer {client.address['token']}"} if authorised else {}
        connection.request(method, path, body, {**token, **dict(headers)})
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def code_of(answer):
    status, body, headers = answer
    code = json.loads(body)["error"]["code"]
    assert status == catalogue()[code].http_status
    assert not any(name.lower().startswith("access-control") for name in headers)
    return code


def planes(request):
    header = wire.JobHeader.of(request).to_json()
    return header, wire.samples_of(request.image), wire.samples_of(request.mask)


def test_every_address_and_method_stands_behind_the_same_gate(runner):
    client = runner()
    port = client.address["port"]
    refusals = [
        (401, {}, False),
        (401, {"Authorization": "Bearer " + "0" * 64}, False),
        (401, {"Authorization": "Basic " + client.address["token"]}, False),
        (403, {"Origin": "null"}, True),
        (403, {"Origin": f"http://127.0.0.1:{port}"}, True),
        (403, {"Sec-Fetch-Site": "cross-site"}, True),
        (421, {"Host": "example.org"}, True),
        (421, {"Host": f"example.org:{port}"}, False),
        (421, {"Host": "127.0.0.1"}, True),
        (421, {"Host": f"127.0.0.1:{port + 1}"}, True),
        (421, {"Host": f"0.0.0.0:{port}"}, True),
    ]
    for path in PATHS:
        for method in METHODS:
            assert ask(client, method, path, authorised=False)[0] == 401
    for status, headers, authorised in refusals:
        for path in PATHS:
            assert ask(client, "GET", path, headers, authorised=authorised)[0] == status
        assert client.address["token"] not in str(ask(client, "GET", "/v1/health", headers, authorised=authorised)[1:])
    for host in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        assert ask(client, "GET", "/v1/health", {"Host": f"{host}:{port}"})[0] == 200


def test_it_listens_on_the_loopback_only(runner):
    port = runner().address["port"]
    for family, _, _, _, address in socket.getaddrinfo(socket.gethostname(), port, type=socket.SOCK_STREAM):
        if not address[0].startswith("127.") and address[0] != "::1":
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.settimeout(2)
                assert probe.connect_ex(address) != 0


def test_what_is_not_there_is_said_in_the_catalogues_words(runner):
    client = runner()
    for path in (
        "/",
        "/v1",
        "/v1/jobs/",
        "/v1/health/",
        "/openapi.json",
        "/v1/jobs/a/variants/x",
        "/v1/jobs/../health",
    ):
        assert code_of(ask(client, "GET", path)) == "unknown-resource"
    for job in ("x", "..", "%2e%2e%5c", "%00", "a" * 4000):
        assert code_of(ask(client, "GET", f"/v1/jobs/{job}")) == "unknown-job"
    assert code_of(ask(client, "GET", "/v1/jobs")) == "wrong-method"
    assert code_of(ask(client, "OPTIONS", "/v1/jobs")) == "wrong-method"
    assert ask(client, "HEAD", "/v1/health")[0] == 405


def test_what_is_no_job_is_refused(runner, make_request):
    client = runner()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert code_of(ask(client, "POST", "/v1/jobs", {"Content-Type": kind}, b"{}")) == "wrong-content-type"
    assert code_of(ask(client, "POST", "/v1/jobs", OCTETS, b"{}\n")) == "runner-version"
    assert code_of(ask(client, "POST", "/v1/jobs", OCTETS, b"x" * 1000)) == "bad-request"
    assert code_of(ask(client, "POST", "/v1/jobs", OCTETS, iter([b"{}"]))) == "bad-request"  # chunked: no length
    too_long = {**OCTETS, "Content-Length": str(wire.MAX_BODY + 1)}
    assert code_of(ask(client, "POST", "/v1/jobs", too_long)) == "body-too-large"
    header, image, mask = planes(make_request())
    for plane, code in ((bytes(len(mask)), "empty-mask"), (b"\xff" * len(mask), "full-mask")):
        with pytest.raises(StatueError) as caught:
            client.submit(header, image, plane)
        assert caught.value.code == code
    with pytest.raises(StatueError) as caught:
        client.submit({**header, "variants": 10**9}, image, mask)
    assert caught.value.code == "usage"
    with pytest.raises(StatueError) as caught:
        client.submit({**header, "file": "/etc/passwd"}, image, mask)
    assert caught.value.code == "bad-request"


def test_a_client_that_stops_sending_is_given_up(runner, make_request, monkeypatch):
    monkeypatch.setattr(app, "BODY_PATIENCE", 0.2)
    client = runner()
    too_long = {**OCTETS, "Content-Length": "1000"}
    assert code_of(ask(client, "POST", "/v1/jobs", too_long, b"{")) == "bad-request"
    assert client.health()["state"] == "idle"


def test_a_job_from_sending_to_forgetting(runner, make_request, fake):
    client = runner()
    request = make_request("uint16", 4, variants=2, seed=5)
    expected = fake.restore(request, lambda *_: None)
    job = client.submit(*planes(request))
    steps = []
    result = client.follow(job, lambda phase, fraction: steps.append((phase, fraction)))
    assert result == wire.result_json(expected)
    assert steps == sorted(steps, key=lambda step: step[1])
    for k in (1, 2):
        header, samples = client.variant(job, k)
        assert header["seed"] == expected.variants[k - 1].hypothesis.seed
        assert np.array_equal(wire.pixels_of(header, samples), expected.variants[k - 1].pixels)
    assert np.array_equal(wire.pixels_of(*client.uncertainty(job))[..., 0], expected.uncertainty)
    assert code_of(ask(client, "GET", f"/v1/jobs/{job}/variants/3")) == "unknown-resource"
    assert code_of(ask(client, "GET", f"/v1/jobs/{job}/variants/0")) == "unknown-resource"
    client.cancel(job)
    assert code_of(ask(client, "GET", f"/v1/jobs/{job}")) == "unknown-job"


def test_a_job_that_is_not_done_has_no_variants(runner, make_request, fake):
    client = runner()
    fake.gate.clear()
    job = client.submit(*planes(make_request()))
    fake.started.wait(10)
    assert code_of(ask(client, "GET", f"/v1/jobs/{job}/variants/1")) == "job-not-done"
    snapshot = json.loads(ask(client, "GET", f"/v1/jobs/{job}")[1])
    assert snapshot["state"] == "running" and snapshot["sequence"] > 1
    assert client.health()["state"] == "busy"


def test_a_failed_job_carries_its_error(runner, make_request, fake):
    client = runner()
    fake.failure = failure = StatueError("no-face", where="here", more="")
    job = client.submit(*planes(make_request()))
    with pytest.raises(StatueError) as caught:
        client.follow(job, lambda *_: None)
    assert (caught.value.code, caught.value.remedy) == ("no-face", failure.remedy)
    assert code_of(ask(client, "GET", f"/v1/jobs/{job}/variants/1")) == "no-face"


def test_a_record_that_json_cannot_hold_is_a_failure(runner, make_request, fake):
    restore = fake.restore
    fake.restore = lambda request, progress: replace(restore(request, progress), record={"odd": float("nan")})
    client = runner()
    job = client.submit(*planes(make_request()))
    with pytest.raises(StatueError) as caught:
        client.follow(job, lambda *_: None)
    assert caught.value.code == "internal"


def test_a_full_queue_says_when_to_come_again(runner, make_request, fake):
    client = runner(limits=Limits(waiting=1))
    fake.gate.clear()
    client.submit(*planes(make_request()))
    fake.started.wait(10)
    client.submit(*planes(make_request()))
    status, _, headers = answer = ask(client, "POST", "/v1/jobs", OCTETS, b"x" * 1000)
    assert (status, code_of(answer)) == (429, "runner-busy")
    assert int(headers["Retry-After"]) > 0
    large = make_request().image.repeat(40, axis=0).repeat(40, axis=1)  # 15 MB: the refusal comes while it is sent
    with pytest.raises(StatueError) as caught:
        client.submit({**planes(make_request())[0], "width": 2560, "height": 1920}, wire.samples_of(large), b"")
    assert caught.value.code == "runner-busy"


def test_a_follower_that_hangs_up_cancels_the_job(runner, make_request, fake):
    client = runner(limits=Limits(follower_grace=0.3))
    fake.gate.clear()
    job = client.submit(*planes(make_request()))
    connection = http.client.HTTPConnection("127.0.0.1", client.address["port"], timeout=10)
    connection.request("GET", f"/v1/jobs/{job}/events", headers={"Authorization": f"Bearer {client.address['token']}"})
    response = connection.getresponse()
    first = json.loads(response.readline())
    time.sleep(0.8)  # longer than the grace: the open stream alone keeps the job alive
    assert json.loads(response.readline())["sequence"] >= first["sequence"]
    assert fake.stopped == 0
    response.close()
    connection.close()
    wait_until(lambda: fake.stopped == 1)


def test_idle_connections_keep_nobody_from_working(runner, make_request):
    client = runner()
    idle = [socket.create_connection(("127.0.0.1", client.address["port"])) for _ in range(100)]
    job = client.submit(*planes(make_request()))
    assert client.follow(job, lambda *_: None)["variants"] == 1
    for connection in idle:
        connection.close()


def test_the_runner_ends_when_nobody_uses_it(runner):
    client = runner(idle_minutes=0.5 / 60)
    client.thread.join(10)
    assert not client.thread.is_alive()
    assert not (client.directory / "runner.json").exists()


def test_the_runner_ends_when_its_state_is_taken_away_but_finishes_its_work(runner, make_request, fake):
    client = runner()
    fake.gate.clear()
    job = client.submit(*planes(make_request()))
    done = []
    follower = threading.Thread(target=lambda: done.append(client.follow(job, lambda *_: None)))
    follower.start()
    fake.started.wait(10)
    (client.directory / "runner.json").unlink()
    time.sleep(0.5)
    fake.gate.set()
    follower.join(10)
    assert done[0]["variants"] == 1
    client.thread.join(10)
    assert not client.thread.is_alive()
