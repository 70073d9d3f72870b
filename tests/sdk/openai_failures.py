"""OpenAI's Python SDK: what goes wrong, and what the client gets to know of it. `scripted` is a provider in this script."""

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
from harness import KEYS, PHRASE, equal, main
from openai_common import ask, client, column, counting, raises, receipt, say

sdk = column()


@sdk.case("broken stream")
def a_broken_stream_raises_and_is_settled(model):
    with client.chat.completions.with_streaming_response.create(model=model, messages=say("[[cut]]"), stream=True) as raw:
        id, pieces = raw.headers["x-candor-receipt"], []
        error = raises(openai.APIError, lambda: pieces.extend(raw.parse()))
    assert pieces and not any(piece.choices[0].finish_reason for piece in pieces)
    equal((error.code, error.type), ("upstream_cut", "upstream_error"))
    found = receipt(id)
    equal(found["status"], "interrupted")
    assert found["cost_micro"] > 0


@sdk.case("broken plain answer")
def a_plain_answer_that_breaks_is_an_error_of_the_server(model):
    error = raises(openai.InternalServerError, lambda: ask(model, "[[cut]]"))
    equal((error.status_code, error.code), (502, "upstream_failed"))


@sdk.case("cancelled in mid-stream")
def a_client_that_leaves_is_settled(model):
    stream = ask(model, "[[pace:50ms]] [[length:200]]", stream=True)
    id = stream.response.headers["x-candor-receipt"]
    for _ in range(5):
        next(stream)
    stream.close()
    equal(receipt(id)["status"], "interrupted")


@sdk.case("provider's error 5xx")
def statuses_of_the_provider_become_exceptions(model):
    here = model == "sandbox-chat"
    expected = [
        (400, openai.BadRequestError, 400), (422, openai.UnprocessableEntityError, 422), (409, openai.ConflictError, 409),
        (429, openai.RateLimitError, 429), (503, openai.InternalServerError, 503),
        (500, openai.InternalServerError, 500 if here else 502),
        # The operator's key and the operator's model are no business of the client.
        (401, openai.AuthenticationError if here else openai.InternalServerError, 401 if here else 502),
        (404, openai.NotFoundError if here else openai.InternalServerError, 404 if here else 502),
    ]  # fmt: skip
    for stream in (False, True):
        for status, kind, seen in expected:
            error = raises(kind, lambda: ask(model, f"[[error:{status}]]", stream=stream))
            equal(error.status_code, seen)
            assert error.request_id.startswith("gen_") and error.message and error.code and error.type, vars(error)


@sdk.case("time limit of the client")
def a_slow_answer_times_out_on_the_clients_side(model):
    began = time.monotonic()
    raises(openai.APITimeoutError, lambda: ask(model, "[[delay:5s]]", timeout=0.4))
    assert time.monotonic() - began < 2


@sdk.case("SDK tries again")
def what_may_pass_is_tried_again(model):
    retrying, statuses = counting(max_retries=1)
    raises(openai.RateLimitError, lambda: retrying.chat.completions.create(model=model, messages=say("[[error:429]]")))
    equal(statuses, [429, 429])


@sdk.once("wrong request, named member")
def requests_that_are_wrong_say_what_is_wrong():
    def refused(code, param, **body):
        error = raises(openai.BadRequestError, lambda: client.post("/chat/completions", body=body, cast_to=dict[str, object]))
        equal((error.code, error.param, error.type), (code, param, "invalid_request_error"))
        assert error.request_id.startswith("gen_") and str(error)

    refused("missing_required_parameter", "messages", model="sandbox-chat")
    refused("missing_required_parameter", "model", messages=say("x"))
    refused("invalid_type", "messages", model="sandbox-chat", messages=[])
    refused("invalid_type", "n", model="sandbox-chat", messages=say("x"), n="two")
    refused("unsupported_parameter", "stream_options", model="sandbox-chat", messages=say("x"), stream_options={"include_usage": True})
    error = raises(openai.NotFoundError, lambda: ask("gpt-none", "x"))
    equal((error.code, error.param), ("model_not_found", "model"))
    # What this version does not speak is told as such, and not tried again.
    again, statuses = counting()
    for call in (
        lambda: again.images.generate(model="sandbox-image", prompt="x"),
        lambda: again.audio.speech.create(model="sandbox-speech", voice="alloy", input="x"),
        lambda: again.batches.list(),
        lambda: again.files.list(),
    ):
        equal(raises(openai.NotFoundError, call).code, "unknown_url")
    equal(statuses, [404] * 4)


@sdk.once("no valid key")
def keys_decide():
    def refusal(kind, key, **more):
        retrying, statuses = counting(key, **more)
        error = raises(kind, lambda: retrying.chat.completions.create(model="sandbox-chat", messages=say("x")))
        equal(len(statuses), 1)
        assert error.request_id.startswith("gen_")
        return error.code

    KEYS["wrong"] = "cdr_wrong"
    equal(refusal(openai.AuthenticationError, "wrong"), "invalid_api_key")
    equal(refusal(openai.AuthenticationError, "revoked"), "invalid_api_key")
    equal(refusal(openai.PermissionDeniedError, "frozen"), "account_frozen")
    # The SDK has no class of its own for 402.
    equal(refusal(openai.APIStatusError, "poor"), "insufficient_quota")
    standing = client.get("/candor/key", cast_to=dict[str, object])
    assert standing["balance_micro"] > 0 and standing["currency"] == "EUR" and standing["usage"]["requests"] > 0


@sdk.once("refused by the filter")
def the_filter_refuses_and_nothing_tries_again():
    retrying, statuses = counting()
    phrase = say("please candor-filter-test-phrase-block-me")
    error = raises(openai.BadRequestError, lambda: retrying.chat.completions.create(model="sandbox-chat", messages=phrase))
    equal((error.code, statuses), ("content_policy_violation", [400]))
    equal(error.response.headers["x-should-retry"], "false")
    equal(receipt(error.request_id)["status"], "refused")


@sdk.once("Candor's own controls")
def controls_are_honoured_or_refused():
    kept, unkept = ask("sandbox-chat", "x"), ask("sandbox-chat", "x", extra_headers={"x-candor-retention": "none"})
    for answer, is_kept in ((kept, True), (unkept, False)):
        stored = [part["what"] for part in receipt(answer._request_id)["stored"]]
        equal("prompt and answer" in stored, is_kept)
    for name, code in (("x-candor-region", "unsupported_control"), ("x-candor-made-up", "unsupported_control")):
        error = raises(openai.BadRequestError, lambda: ask("sandbox-chat", "x", extra_headers={name: "eu"}))
        equal((error.code, error.param), (code, name))


class Scripted(BaseHTTPRequestHandler):
    """A provider that refuses twice, with a time to wait, then answers; its body of 401 tells secrets."""

    protocol_version = "HTTP/1.1"
    seen = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append((time.monotonic(), dict(self.headers.items()), body))
        if "secret" in body["messages"][0]["content"]:
            return self.answer(400, {"error": {"message": f"bad: {self.headers['authorization']} at {self.headers['host']}"}})
        if len(self.seen) < 3:
            return self.answer(429, {"error": {"message": "slow down"}}, {"retry-after": "1"})
        message = {"role": "assistant", "content": "after all"}
        self.answer(200, {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
                          "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})  # fmt: skip

    def answer(self, status, document, headers=None):
        text = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(text)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@sdk.once("provider's time to wait is kept")
def a_providers_time_to_wait_reaches_the_client_and_its_secrets_do_not():
    provider = ThreadingHTTPServer(("127.0.0.1", int(os.environ["CANDOR_SCRIPTED_PORT"])), Scripted)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    retrying, statuses = counting(max_retries=2)
    answer = retrying.chat.completions.create(model="scripted", messages=say("x"), user="ada@example.org")
    equal((answer.choices[0].message.content, statuses), ("after all", [429, 429, 200]))
    assert answer.usage.completion_tokens > 0, "no usage was counted for a provider that tells none"
    times = [at for at, _, _ in Scripted.seen]
    assert all(0.9 < later - earlier < 3 for earlier, later in zip(times, times[1:])), times
    _, headers, body = Scripted.seen[0]
    assert KEYS["rich"] not in str(headers) and not any("stainless" in name.lower() for name in headers), headers
    assert body["model"] == "m" and body["user"] != "ada@example.org", body
    error = raises(openai.BadRequestError, lambda: ask("scripted", "secret"))
    assert "operators-own-key" not in error.message and "127.0.0.1" not in error.message, error.message
    provider.shutdown()


main(sdk)
