"""What the official Python SDK sees of Candor: every model of CANDOR_MODELS goes through every case.

Started by tests/sdk/run, which says in the environment where Candor answers and which keys there are. `sandbox-chat` is answered in the
process that is asked, `relayed` by a second Candor behind it, over HTTP, as by any OpenAI-compatible provider; `scripted` by this script.
Prints a line a case; exit status 1 if one fails.
"""

import asyncio
import json
import os
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import openai
from openai import AsyncOpenAI, DefaultHttpxClient, OpenAI
from pydantic import BaseModel

BASE = os.environ["CANDOR_BASE_URL"]
KEYS = {name: os.environ["CANDOR_KEY_" + name.upper()] for name in ("rich", "poor", "revoked", "frozen", "sandbox")}
MODELS = os.environ["CANDOR_MODELS"].split()
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
            "required": ["city", "days"],
        },
    },
}

client = OpenAI(base_url=BASE, api_key=KEYS["rich"], max_retries=0, timeout=30)
CASES = []


def case(function):
    """For every model."""
    CASES.append((function, True))
    return function


def once(function):
    """Without a model of its own."""
    CASES.append((function, False))
    return function


def say(text):
    return [{"role": "user", "content": text}]


def ask(model, text, **more):
    return client.chat.completions.create(model=model, messages=say(text), **more)


def raises(kind, call):
    try:
        call()
    except openai.APIError as error:
        assert type(error) is kind, f"{type(error).__name__} in place of {kind.__name__}: {error}"
        return error
    raise AssertionError(f"no {kind.__name__}")


def equal(found, expected):
    assert found == expected, f"{found!r} in place of {expected!r}"


def text_of(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def receipt(id):
    """The receipt is there within two seconds; until then the SDK waits as it is told."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return client.get(f"/candor/receipts/{id}", cast_to=dict[str, object])
        except openai.NotFoundError:
            assert time.monotonic() < deadline, "no receipt"
            time.sleep(0.1)


def counting(key="rich", **more):
    """A client and the list of the statuses that it was answered."""
    statuses = []
    http = DefaultHttpxClient(event_hooks={"response": [lambda response: statuses.append(response.status_code)]})
    return OpenAI(base_url=BASE, api_key=KEYS[key], http_client=http, **more), statuses


@once
def models_are_listed_and_found():
    listed = [model.id for model in client.models.list()]
    for model in MODELS:
        assert model in listed, f"{model} not in {listed}"
        found = client.models.retrieve(model)
        equal((found.id, found.object, type(found.created), type(found.owned_by)), (model, "model", int, str))
    raises(openai.NotFoundError, lambda: client.models.retrieve("no/such:model"))
    sandboxed = OpenAI(base_url=BASE, api_key=KEYS["sandbox"])
    equal([model.id for model in sandboxed.models.list()], ["sandbox-chat", "sandbox-embed"])


@case
def a_plain_answer_has_text_usage_and_ids(model):
    answer = ask(model, "Hello")
    choice = answer.choices[0]
    equal((answer.object, choice.index, choice.message.role, choice.finish_reason), ("chat.completion", 0, "assistant", "stop"))
    assert choice.message.content and answer.id and answer.model
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)
    assert answer._request_id.startswith("gen_"), answer._request_id


@case
def headers_lead_to_the_receipt(model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=say("Hello"))
    equal(raw.headers["content-type"].split(";")[0], "application/json")
    equal(raw.headers["x-request-id"], raw.headers["x-candor-receipt"])
    found = receipt(raw.headers["x-candor-receipt"])
    usage = raw.parse().usage
    equal((found["status"], found["model"]), ("completed", model))
    equal((found["usage"]["input_tokens"], found["usage"]["output_tokens"]), (usage.prompt_tokens, usage.completion_tokens))
    assert found["cost_micro"] > 0 and found["stored"]


@case
def a_stream_says_what_a_plain_answer_says(model):
    plain = ask(model, "Tell me a story, grüße 🦀")
    chunks = list(ask(model, "Tell me a story, grüße 🦀", stream=True))
    equal(text_of(chunks), plain.choices[0].message.content)
    equal(chunks[0].choices[0].delta.role, "assistant")
    equal([chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason], ["stop"])
    equal({chunk.id for chunk in chunks}, {chunks[0].id})
    assert all(chunk.usage is None for chunk in chunks), "usage that was not asked for"


@case
def usage_comes_with_a_stream_that_asks_for_it(model):
    plain = ask(model, "Hello").usage
    chunks = list(ask(model, "Hello", stream=True, stream_options={"include_usage": True}))
    equal(chunks[-1].choices, [])
    equal((chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens), (plain.prompt_tokens, plain.completion_tokens))
    assert all(chunk.usage is None for chunk in chunks[:-1])


@case
def the_stream_helper_gathers_events(model):
    with client.chat.completions.stream(model=model, messages=say("Hello")) as stream:
        kinds = {event.type for event in stream}
        whole = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds, kinds
    equal(whole.choices[0].message.content, ask(model, "Hello").choices[0].message.content)


@case
def events_come_one_by_one(model):
    began = time.monotonic()
    stream = ask(model, "[[pace:150ms]] [[length:6]]", stream=True)
    next(iter(stream))
    first = time.monotonic() - began
    list(stream)
    whole = time.monotonic() - began
    assert first < whole / 2 and whole > 0.6, f"first after {first:.2f} s, all after {whole:.2f} s"


@case
def a_broken_stream_raises_and_is_settled(model):
    with client.chat.completions.with_streaming_response.create(model=model, messages=say("[[cut]]"), stream=True) as raw:
        id, pieces = raw.headers["x-candor-receipt"], []
        error = raises(openai.APIError, lambda: pieces.extend(raw.parse()))
    assert pieces and not any(piece.choices[0].finish_reason for piece in pieces)
    equal((error.code, error.type), ("upstream_cut", "upstream_error"))
    found = receipt(id)
    equal(found["status"], "interrupted")
    assert found["cost_micro"] > 0


@case
def a_plain_answer_that_breaks_is_an_error_of_the_server(model):
    error = raises(openai.InternalServerError, lambda: ask(model, "[[cut]]"))
    equal((error.status_code, error.code), (502, "upstream_failed"))


@case
def a_client_that_leaves_is_settled(model):
    stream = ask(model, "[[pace:50ms]] [[length:200]]", stream=True)
    id = stream.response.headers["x-candor-receipt"]
    for _ in range(5):
        next(stream)
    stream.close()
    equal(receipt(id)["status"], "interrupted")


@case
def several_choices_come_apart(model):
    equal([choice.index for choice in ask(model, "Hello", n=3).choices], [0, 1, 2])
    texts = {}
    for chunk in ask(model, "Hello", n=3, stream=True):
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    equal(sorted(texts), [0, 1, 2])
    assert all(texts.values())


@case
def tools_are_called(model):
    forced = {"type": "function", "function": {"name": "weather"}}
    choice = ask(model, "Rain?", tools=[WEATHER], tool_choice=forced).choices[0]
    call = choice.message.tool_calls[0]
    equal((call.type, call.function.name), ("function", "weather"))
    arguments = json.loads(call.function.arguments)
    assert isinstance(arguments["city"], str) and arguments["days"] >= 2
    told = [*say("Rain?"), choice.message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "no"}]
    assert client.chat.completions.create(model=model, messages=told, tools=[WEATHER]).choices[0].message.content
    streamed, name = "", None
    for chunk in ask(model, "[[tool]]", tools=[WEATHER], stream=True):
        for part in chunk.choices[0].delta.tool_calls or []:
            name = name or part.function.name
            streamed += part.function.arguments or ""
        reason = chunk.choices[0].finish_reason or None
    equal((name, json.loads(streamed), reason), ("weather", arguments, "tool_calls"))


@case
def json_formats_are_kept(model):
    assert isinstance(json.loads(ask(model, "x", response_format={"type": "json_object"}).choices[0].message.content), dict)

    class Event(BaseModel):
        name: str
        participants: list[str]
        year: int | None

    parsed = client.chat.completions.parse(model=model, messages=say("x"), response_format=Event)
    assert isinstance(parsed.choices[0].message.parsed, Event)


@case
def the_cap_of_tokens_is_kept(model):
    for cap in ({"max_tokens": 5}, {"max_completion_tokens": 5}):
        answer = ask(model, "Hello", **cap)
        equal((answer.choices[0].finish_reason, answer.usage.completion_tokens), ("length", 5))
    error = raises(openai.BadRequestError, lambda: ask(model, "Hello", max_tokens=5, max_completion_tokens=5))
    equal(error.code, "unsupported_parameter")


@case
def members_that_candor_does_not_know_pass(model):
    parts = [{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    client.chat.completions.create(
        model=model, messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts, "name": "ada"}],
        temperature=0.1, top_p=0.5, seed=7, stop=["zzz"], user="ada", metadata={"a": "b"}, store=True, logit_bias={"1": 1},
        reasoning_effort="low", service_tier="auto", extra_body={"made_up": {"x": [1, 2]}},
    )  # fmt: skip


@case
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


@case
def a_slow_answer_times_out_on_the_clients_side(model):
    began = time.monotonic()
    raises(openai.APITimeoutError, lambda: ask(model, "[[delay:5s]]", timeout=0.4))
    assert time.monotonic() - began < 2


@case
def what_may_pass_is_tried_again(model):
    retrying, statuses = counting(max_retries=1)
    raises(openai.RateLimitError, lambda: retrying.chat.completions.create(model=model, messages=say("[[error:429]]")))
    equal(statuses, [429, 429])


@case
def a_large_prompt_arrives(model):
    words = "candor " * (4 * 1024 * 1024 // 7)
    answer = ask(model, words, max_completion_tokens=8)
    assert answer.usage.prompt_tokens > 100_000
    error = raises(openai.APIStatusError, lambda: ask(model, "x" * (33 * 1024 * 1024)))
    equal((error.status_code, error.code), (413, "request_too_large"))


@case
def many_at_once_are_all_answered(model):
    async def all_of_them():
        async with AsyncOpenAI(base_url=BASE, api_key=KEYS["rich"], max_retries=0) as many:

            async def one(number):
                if number % 2:
                    answer = await many.chat.completions.create(model=model, messages=say(f"{number}"))
                    return answer.choices[0].message.content
                stream = await many.chat.completions.create(model=model, messages=say(f"{number}"), stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

            return await asyncio.gather(*[one(number) for number in range(40)])

    answers = asyncio.run(all_of_them())
    assert len(answers) == 40 and all(answers)


@once
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


@once
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


@once
def the_filter_refuses_and_nothing_tries_again():
    retrying, statuses = counting()
    phrase = say("please candor-filter-test-phrase-block-me")
    error = raises(openai.BadRequestError, lambda: retrying.chat.completions.create(model="sandbox-chat", messages=phrase))
    equal((error.code, statuses), ("content_policy_violation", [400]))
    equal(error.response.headers["x-should-retry"], "false")
    equal(receipt(error.request_id)["status"], "refused")


@once
def controls_are_honoured_or_refused():
    kept, unkept = ask("sandbox-chat", "x"), ask("sandbox-chat", "x", extra_headers={"x-candor-retention": "none"})
    for answer, is_kept in ((kept, True), (unkept, False)):
        stored = [part["what"] for part in receipt(answer._request_id)["stored"]]
        equal("prompt and answer" in stored, is_kept)
    for name, code in (("x-candor-region", "unsupported_control"), ("x-candor-made-up", "unsupported_control")):
        error = raises(openai.BadRequestError, lambda: ask("sandbox-chat", "x", extra_headers={name: "eu"}))
        equal((error.code, error.param), (code, name))


@once
def a_real_model_answers():
    """Asks for few tokens: a small model on this machine's cores."""
    model, prompt, exact = os.environ["CANDOR_REAL_MODEL"], "Say hello.", {"temperature": 0, "seed": 1, "max_completion_tokens": 12}
    plain = ask(model, prompt, **exact)
    chunks = list(ask(model, prompt, **exact, stream=True, stream_options={"include_usage": True}))
    assert plain.choices[0].message.content.strip()
    equal(text_of(chunks), plain.choices[0].message.content)
    equal((plain.usage.completion_tokens, chunks[-1].usage.completion_tokens), (12, 12))
    found = receipt(plain._request_id)
    equal((found["status"], found["usage"]["output_tokens"], found["usage"]["estimated"]), ("completed", 12, False))
    # The model's cap, which the request doesn't name, is told to the provider.
    counted = ask(model, "Count from one to a hundred.", temperature=0, seed=1)
    assert counted.usage.completion_tokens <= 16, counted.usage
    assert "context" in raises(openai.BadRequestError, lambda: ask(model, "word " * 4000, max_completion_tokens=4)).message
    stream = ask(model, "Count from one to a hundred.", stream=True)
    next(stream)
    id = stream.response.headers["x-candor-receipt"]
    stream.close()
    # It is so fast that it may have been at its end.
    assert receipt(id)["status"] in ("interrupted", "completed")


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


@once
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


def main():
    print(f"openai {openai.__version__}, httpx2 {httpx2.__version__}, Python {sys.version.split()[0]}")
    if "CANDOR_REAL_MODEL" not in os.environ:
        CASES.remove((a_real_model_answers, False))
    passed, failed = 0, []
    for function, each in CASES:
        for arguments in [(model,) for model in MODELS] if each else [()]:
            name = " ".join([function.__name__.replace("_", " "), *(f"({model})" for model in arguments)])
            try:
                function(*arguments)
                passed += 1
                print(f"  ok      {name}")
            except Exception:
                failed.append(name)
                print(f"  FAILED  {name}\n{traceback.format_exc()}")
    print(f"Python: {passed} passed, {len(failed)} failed")
    sys.exit(1 if failed or not passed else 0)


main()
