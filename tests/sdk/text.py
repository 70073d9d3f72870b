"""The text APIs beside chat completions, by the official SDKs: OpenAI's responses, completions, embeddings and moderations,
Anthropic's messages. Each through the sandbox, and as far as it can be through a second Candor, whose provider speaks only
OpenAI's format: what a client of the other format gets then was translated both ways.

Called by `run`, which sets the environment.
"""
import os
import sys
import traceback

import anthropic
import openai

BASE = os.environ["CANDOR_BASE_URL"]
KEY = os.environ["CANDOR_KEY_RICH"]
MODELS = os.environ["CANDOR_MODELS"].split()
TOOL = {
    "name": "weather",
    "description": "The weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0, timeout=30)
claude = anthropic.Anthropic(base_url=BASE.removesuffix("/v1"), api_key=KEY, max_retries=0, timeout=30)
CASES = []


def case(function):
    """For every model."""
    CASES.append((function, MODELS))
    return function


def once(function):
    """Without a model of its own."""
    CASES.append((function, [None]))
    return function


def equal(found, expected):
    assert found == expected, f"{found!r} in place of {expected!r}"


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def said(model, **more):
    return claude.messages.create(model=model, max_tokens=40, messages=[{"role": "user", "content": "Hello"}], **more)


@case
def a_response_streamed_is_the_response_whole(model):
    whole = client.responses.create(model=model, input="Hello [[length:12]]")
    assert whole.output_text and whole.usage.output_tokens > 0 and whole.id.startswith("resp_")
    with client.responses.stream(model=model, input="Hello [[length:12]]") as stream:
        pieces = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    equal((pieces, final.output_text), (whole.output_text, whole.output_text))
    equal(final.usage.output_tokens, whole.usage.output_tokens)


@case
def a_message_streamed_is_the_message_whole(model):
    whole = said(model)
    assert whole.content[0].text and whole.usage.output_tokens > 0 and whole.stop_reason in ("end_turn", "max_tokens")
    with claude.messages.stream(model=model, max_tokens=40, messages=[{"role": "user", "content": "Hello"}]) as stream:
        pieces = "".join(stream.text_stream)
        final = stream.get_final_message()
    equal((pieces, final.content[0].text, final.stop_reason), (whole.content[0].text, whole.content[0].text, whole.stop_reason))
    equal(final.usage.output_tokens, whole.usage.output_tokens)


@case
def a_forced_tool_is_called_and_its_result_taken(model):
    asked = {"role": "user", "content": "What is the weather in Oslo?"}
    call = claude.messages.create(
        model=model, max_tokens=80, messages=[asked], tools=[TOOL], tool_choice={"type": "tool", "name": "weather"}
    )
    used = next(block for block in call.content if block.type == "tool_use")
    equal((call.stop_reason, used.name, list(used.input)), ("tool_use", "weather", ["city"]))
    result = {"type": "tool_result", "tool_use_id": used.id, "content": "rain"}
    history = [asked, {"role": "assistant", "content": call.content}, {"role": "user", "content": [result]}]
    after = claude.messages.create(model=model, max_tokens=40, messages=history, tools=[TOOL])
    assert after.content[0].text


@case
def an_anthropic_client_gets_its_own_errors(model):
    error = raises(anthropic.BadRequestError, lambda: claude.messages.create(model=model, max_tokens=0, messages=[]))
    equal((error.body["type"], error.body["error"]["type"]), ("error", "invalid_request_error"))
    missing = raises(anthropic.NotFoundError, lambda: said("gpt-none"))
    equal(missing.body["error"]["type"], "not_found_error")
    wrong = anthropic.Anthropic(base_url=claude.base_url, api_key="cdr_wrong", max_retries=0)
    raises(anthropic.AuthenticationError, lambda: wrong.messages.create(model=model, max_tokens=9, messages=[]))
    blocked = [{"role": "user", "content": "candor-filter-test-phrase-block-me"}]
    raises(anthropic.BadRequestError, lambda: claude.messages.create(model=model, max_tokens=9, messages=blocked))


@once
def tokens_are_counted_and_models_listed_in_anthropics_shape():
    counted = claude.messages.count_tokens(model="sandbox-chat", messages=[{"role": "user", "content": "Hello there"}])
    assert counted.input_tokens > 0
    listed = [model.id for model in claude.models.list()]
    assert "sandbox-chat" in listed, listed


@once
def what_would_have_to_be_kept_is_refused():
    error = raises(openai.BadRequestError, lambda: client.responses.create(model="sandbox-chat", input="x", store=True))
    equal((error.param, error.code), ("store", "unsupported_parameter"))


@once
def completions_embeddings_and_moderations_answer():
    completion = client.completions.create(model="sandbox-chat", prompt="Hello", max_tokens=8)
    assert completion.choices[0].text and completion.usage.completion_tokens == 8
    numbers = client.embeddings.create(model="sandbox-embed", input=["a", "b"], encoding_format="float")
    packed = client.embeddings.create(model="sandbox-embed", input=["a", "b"])
    equal(len(numbers.data), 2)
    assert all(abs(one - other) < 1e-6 for one, other in zip(numbers.data[1].embedding, packed.data[1].embedding))
    clean = client.moderations.create(input="Hello").results[0]
    flagged = client.moderations.create(input="candor-filter-test-phrase-block-me").results[0]
    equal((clean.flagged, flagged.flagged), (False, True))


def main():
    print(f"openai {openai.__version__}, anthropic {anthropic.__version__}, Python {sys.version.split()[0]}")
    passed, failed = 0, []
    for function, models in CASES:
        for model in models:
            name = function.__name__.replace("_", " ") + (f" ({model})" if model else "")
            try:
                function(*([model] if model else []))
                passed += 1
                print(f"  ok      {name}")
            except Exception:
                failed.append(name)
                print(f"  FAILED  {name}\n{traceback.format_exc()}")
    print(f"Python, other APIs: {passed} passed, {len(failed)} failed")
    sys.exit(1 if failed or not passed else 0)


main()
