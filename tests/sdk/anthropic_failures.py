"""Anthropic's Python SDK: what goes wrong, and what the client gets to know of it."""

import time

import anthropic
from anthropic import DefaultHttpxClient
from anthropic_common import ask, client, column, raises, say
from harness import KEYS, PHRASE, ROOT, equal, main
from openai_common import receipt

sdk = column()


def counting(key="rich", **more):
    """A client and the list of the statuses that it was answered."""
    statuses = []
    http = DefaultHttpxClient(event_hooks={"response": [lambda response: statuses.append(response.status_code)]})
    return anthropic.Anthropic(base_url=ROOT, api_key=KEYS[key], http_client=http, **more), statuses


def refusal(kind, key, content="Hello", model="sandbox-chat"):
    """What a client with every try gets, after one request."""
    retrying, statuses = counting(key)
    error = raises(kind, lambda: retrying.messages.create(model=model, max_tokens=9, messages=say(content)))
    equal((len(statuses), error.body["type"]), (1, "error"))
    assert error.request_id.startswith("gen_")
    return error.body["error"]["type"]


@sdk.once("no valid key")
def a_wrong_or_revoked_key_is_refused():
    KEYS["wrong"] = "cdr_wrong"
    for key in ("wrong", "revoked"):
        equal(refusal(anthropic.AuthenticationError, key), "authentication_error")
    bearer = anthropic.Anthropic(base_url=ROOT, api_key=None, auth_token=KEYS["rich"], max_retries=0)
    assert bearer.messages.create(model="sandbox-chat", max_tokens=9, messages=say("Hello")).content


@sdk.once("account without credit, or frozen")
def an_account_that_cannot_pay_or_is_frozen_is_refused():
    equal(refusal(anthropic.PaymentRequiredError, "poor"), "billing_error")
    equal(refusal(anthropic.PermissionDeniedError, "frozen"), "permission_error")


@sdk.once("unknown model")
def an_unknown_model_is_not_found():
    equal(refusal(anthropic.NotFoundError, "rich", model="claude-none"), "not_found_error")


@sdk.case("wrong request, named member")
def a_wrong_request_says_what_is_wrong(model):
    error = raises(anthropic.BadRequestError, lambda: client.messages.create(model=model, max_tokens=0, messages=[]))
    equal((error.body["type"], error.body["error"]["type"]), ("error", "invalid_request_error"))
    assert "messages" in error.message, error.message


@sdk.once("refused by the filter")
def the_filter_refuses_and_nothing_tries_again():
    equal(refusal(anthropic.BadRequestError, "rich", PHRASE), "invalid_request_error")


@sdk.case("too large")
def what_is_too_large_is_refused(model):
    error = raises(anthropic.ContentTooLargeError, lambda: ask(model, "x" * (33 * 1024 * 1024)))
    equal(error.body["error"]["type"], "request_too_large")


@sdk.case("provider's rate limit")
def the_providers_rate_limit_reaches_the_client(model):
    error = raises(anthropic.RateLimitError, lambda: ask(model, "[[error:429]]"))
    equal(error.body["error"]["type"], "rate_limit_error")


@sdk.case("provider's error 5xx")
def statuses_of_the_provider_become_exceptions(model):
    for stream in (False, True):
        for status in (500, 529):
            error = raises(anthropic.InternalServerError if status == 500 else anthropic.OverloadedError,
                           lambda: ask(model, f"[[error:{status}]]", stream=stream))  # fmt: skip
            assert error.body["error"]["type"] and error.request_id.startswith("gen_"), vars(error)


@sdk.case("SDK tries again")
def what_may_pass_is_tried_again(model):
    retrying, statuses = counting(max_retries=1)
    raises(anthropic.RateLimitError, lambda: retrying.messages.create(model=model, max_tokens=9, messages=say("[[error:429]]")))
    equal(statuses, [429, 429])


@sdk.case("broken stream")
def a_broken_stream_raises_and_is_settled(model):
    with client.messages.with_streaming_response.create(model=model, max_tokens=80, messages=say("[[cut]]"), stream=True) as raw:
        id, events = raw.headers["x-candor-receipt"], []
        error = raises(anthropic.APIStatusError, lambda: events.extend(raw.parse()))
    assert events and not any(event.type == "message_stop" for event in events)
    equal((error.body["error"]["type"], error.body["error"]["details"]["error_code"]), ("api_error", "upstream_cut"))
    found = receipt(id)
    equal(found["status"], "interrupted")
    assert found["cost_micro"] > 0


@sdk.case("broken plain answer")
def a_plain_answer_that_breaks_is_an_error_of_the_server(model):
    equal(raises(anthropic.InternalServerError, lambda: ask(model, "[[cut]]")).body["error"]["type"], "api_error")


@sdk.case("time limit of the client")
def a_slow_answer_times_out_on_the_clients_side(model):
    began = time.monotonic()
    raises(anthropic.APITimeoutError, lambda: ask(model, "[[delay:5s]]", timeout=0.4))
    assert time.monotonic() - began < 2


@sdk.case("cancelled in mid-stream")
def a_client_that_leaves_is_settled(model):
    stream = ask(model, "[[pace:50ms]] [[length:200]]", max_tokens=300, stream=True)
    id = stream.response.headers["x-candor-receipt"]
    for _ in range(5):
        next(stream)
    stream.close()
    equal(receipt(id)["status"], "interrupted")


@sdk.once("receipt of an answer")
def an_answer_leads_to_its_receipt():
    answer = ask("sandbox-chat", "Hello")
    found = receipt(answer._request_id)
    equal((found["status"], found["usage"]["output_tokens"]), ("completed", answer.usage.output_tokens))


main(sdk)
