"""OpenAI's Python SDK, chat completions: what goes in and what comes out."""

import asyncio
import json
import time

import openai
from harness import BASE, KEYS, differs, equal, main, refused
from openai import AsyncOpenAI
from openai_common import CLOCK, PARAMETERS, PDF, PNG, WEATHER, ask, client, column, raises, receipt, say, text_of
from pydantic import BaseModel

sdk = column()


def dropped(model, *members, **more):
    """Asks, and sees that what a translation left out is named in the response header."""
    raw = client.chat.completions.with_raw_response.create(model=model, messages=more.pop("messages", say("Hello")), **more)
    named = raw.headers.get("x-candor-dropped", "")
    equal(sorted(filter(None, named.split(", "))), sorted(members) if model.translated else [])
    return raw.parse()


@sdk.case("a plain answer")
def a_plain_answer_has_text_usage_and_ids(model):
    answer = ask(model, "Hello")
    choice = answer.choices[0]
    equal((answer.object, choice.index, choice.message.role, choice.finish_reason), ("chat.completion", 0, "assistant", "stop"))
    assert choice.message.content and answer.id and answer.model
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)
    assert answer._request_id.startswith("gen_"), answer._request_id


@sdk.case("receipt of an answer")
def headers_lead_to_the_receipt(model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=say("Hello"))
    equal(raw.headers["content-type"].split(";")[0], "application/json")
    equal(raw.headers["x-request-id"], raw.headers["x-candor-receipt"])
    found = receipt(raw.headers["x-candor-receipt"])
    usage = raw.parse().usage
    equal((found["status"], found["model"]), ("completed", model))
    equal((found["usage"]["input_tokens"], found["usage"]["output_tokens"]), (usage.prompt_tokens, usage.completion_tokens))
    assert found["cost_micro"] > 0 and found["stored"]


@sdk.case("a streamed answer")
def a_stream_says_what_a_plain_answer_says(model):
    plain = ask(model, "Tell me a story, grüße 🦀")
    chunks = list(ask(model, "Tell me a story, grüße 🦀", stream=True))
    equal(text_of(chunks), plain.choices[0].message.content)
    equal(chunks[0].choices[0].delta.role, "assistant")
    equal([chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason], ["stop"])
    equal({chunk.id for chunk in chunks}, {chunks[0].id})
    assert all(chunk.usage is None for chunk in chunks), "usage that was not asked for"


@sdk.case("stream helper")
def the_stream_helper_gathers_events(model):
    with client.chat.completions.stream(model=model, messages=say("Hello")) as stream:
        kinds = {event.type for event in stream}
        whole = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds, kinds
    equal(whole.choices[0].message.content, ask(model, "Hello").choices[0].message.content)


@sdk.case("events come one by one")
def events_come_one_by_one(model):
    began = time.monotonic()
    stream = ask(model, "[[pace:150ms]] [[length:6]]", stream=True)
    next(iter(stream))
    first = time.monotonic() - began
    list(stream)
    whole = time.monotonic() - began
    assert first < whole / 2 and whole > 0.6, f"first after {first:.2f} s, all after {whole:.2f} s"


@sdk.case("cap on tokens")
def the_cap_of_tokens_is_kept(model):
    for cap in ({"max_tokens": 5}, {"max_completion_tokens": 5}):
        answer = ask(model, "Hello", **cap)
        equal((answer.choices[0].finish_reason, answer.usage.completion_tokens), ("length", 5))
    error = raises(openai.BadRequestError, lambda: ask(model, "Hello", max_tokens=5, max_completion_tokens=5))
    equal(error.code, "unsupported_parameter")


@sdk.case("large prompts")
def a_large_prompt_arrives(model):
    words = "candor " * (4 * 1024 * 1024 // 7)
    answer = ask(model, words, max_completion_tokens=8)
    assert answer.usage.prompt_tokens > 100_000
    error = raises(openai.APIStatusError, lambda: ask(model, "x" * (33 * 1024 * 1024)))
    equal((error.status_code, error.code), (413, "request_too_large"))


@sdk.case("many requests at once")
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


@sdk.case("usage")
def usage_adds_up_and_has_its_details(model):
    usage = ask(model, "Hello", reasoning_effort="low").usage
    equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
    assert 0 < usage.completion_tokens_details.reasoning_tokens < usage.completion_tokens, usage
    assert not usage.prompt_tokens_details or usage.prompt_tokens_details.cached_tokens == 0


@sdk.case("usage at a stream's end")
def usage_comes_with_a_stream_that_asks_for_it(model):
    plain = ask(model, "Hello").usage
    chunks = list(ask(model, "Hello", stream=True, stream_options={"include_usage": True}))
    equal(chunks[-1].choices, [])
    equal((chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens), (plain.prompt_tokens, plain.completion_tokens))
    assert all(chunk.usage is None for chunk in chunks[:-1])


@sdk.case("request id and raw headers")
def raw_headers_have_the_request_id(model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=say("Hello"))
    equal((raw.status_code, raw.headers["x-request-id"]), (200, raw.parse()._request_id))
    with client.chat.completions.with_streaming_response.create(model=model, messages=say("Hello"), stream=True) as streamed:
        assert streamed.headers["content-type"].startswith("text/event-stream")
        assert streamed.headers["x-request-id"].startswith("gen_")
        assert text_of(streamed.parse())


@sdk.case("several answers at once (`n`)", translated=refused("Anthropic's API gives one answer a request."))
def several_choices_come_apart(model):
    equal([choice.index for choice in ask(model, "Hello", n=3).choices], [0, 1, 2])
    texts = {}
    for chunk in ask(model, "Hello", n=3, stream=True):
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    equal(sorted(texts), [0, 1, 2])
    assert all(texts.values())


@sdk.case(
    "sampling settings",
    translated=differs("`seed`, `logit_bias` and both penalties have no place in Anthropic's API: left out, and named in `x-candor-dropped`."),
)
def sampling_settings_arrive(model):
    penalties = {"frequency_penalty": 0.1, "presence_penalty": 0.2}
    left_out = ["seed", "logit_bias", *penalties]
    assert dropped(model, *left_out, temperature=0.1, seed=7, logit_bias={"1": 1}, **penalties).choices[0].message.content


@sdk.case("stop texts")
def stop_texts_arrive(model):
    assert dropped(model, stop=["zzz"]).choices[0].finish_reason == "stop"
    assert dropped(model, stop="zzz").choices[0].message.content


@sdk.case(
    "log probabilities",
    translated=differs("Anthropic's API tells no probabilities: the members are left out, and named in `x-candor-dropped`."),
)
def log_probabilities_may_be_asked_for(model):
    assert dropped(model, "logprobs", "top_logprobs", logprobs=True, top_logprobs=2).choices[0].message.content


@sdk.case("system prompts")
def system_prompts_stand_at_the_start_and_in_the_middle(model):
    messages = [{"role": "system", "content": "Be kind."}, {"role": "developer", "content": "Be brief."}, *say("Hello")]
    assert dropped(model, messages=messages).choices[0].message.content
    later = [*messages, {"role": "assistant", "content": "Hi."}, {"role": "system", "content": "Be briefer."}, *say("Go on")]
    assert dropped(model, messages=later).choices[0].message.content


@sdk.case(
    "unknown members pass",
    translated=differs("What Candor doesn't know, it can't translate: left out, and named in `x-candor-dropped`."),
)
def members_that_candor_does_not_know_pass(model):
    message = {"role": "user", "content": "Hello", "name": "ada", "mood": "good"}
    left_out = ["messages[0].name", "messages[0].mood", "made_up", "metadata", "service_tier", "store"]
    dropped(model, *left_out, messages=[message], metadata={"a": "b"}, service_tier="priority", user="ada", store=True,
            extra_body={"made_up": {"x": [1, 2]}})  # fmt: skip


@sdk.case("a forced tool")
def a_forced_tool_is_called_with_arguments_that_fit(model):
    forced = {"type": "function", "function": {"name": "weather"}}
    for choice in (forced, "required"):
        message = ask(model, "Rain?", tools=[WEATHER], tool_choice=choice).choices[0].message
        call = message.tool_calls[0]
        equal((call.type, call.function.name, len(message.tool_calls)), ("function", "weather", 1))
        arguments = json.loads(call.function.arguments)
        assert isinstance(arguments["city"], str) and arguments["days"] >= 2
    equal(ask(model, "[[tool]]", tools=[WEATHER], tool_choice="none").choices[0].finish_reason, "stop")


@sdk.case("a tool of the model's choice")
def a_tool_is_called_by_choice(model):
    choice = ask(model, "[[length:3]] [[tool]]", tools=[WEATHER]).choices[0]
    equal((choice.finish_reason, choice.message.content), ("tool_calls", "This is a"))
    equal(ask(model, "Hello", tools=[WEATHER]).choices[0].finish_reason, "stop")


@sdk.case("parallel tools")
def tools_are_called_in_parallel(model):
    both = [WEATHER, CLOCK]
    calls = ask(model, "[[tool:clock]] [[tool:weather]]", tools=both).choices[0].message.tool_calls
    equal([call.function.name for call in calls], ["clock", "weather"])
    equal(len({call.id for call in calls}), 2)
    one = ask(model, "[[tool:clock]] [[tool:weather]]", tools=both, parallel_tool_calls=False).choices[0].message.tool_calls
    equal(len(one), 1)


@sdk.case("streamed tool arguments")
def arguments_of_tools_come_in_pieces_by_index(model):
    calls, pieces = {}, 0
    for chunk in ask(model, "[[tool:clock]] [[tool:weather]]", tools=[WEATHER, CLOCK], stream=True):
        for part in chunk.choices[0].delta.tool_calls or []:
            call = calls.setdefault(part.index, {"name": part.function.name, "id": part.id, "arguments": ""})
            call["arguments"] += part.function.arguments or ""
            pieces += part.index == 1
        reason = chunk.choices[0].finish_reason
    equal(([call["name"] for _, call in sorted(calls.items())], reason), (["clock", "weather"], "tool_calls"))
    assert pieces > 2 and json.loads(calls[0]["arguments"]) == {} and json.loads(calls[1]["arguments"])["days"] >= 2, calls
    with client.chat.completions.stream(model=model, messages=say("[[tool]]"), tools=[WEATHER]) as stream:
        whole = stream.get_final_completion()
    equal(json.loads(whole.choices[0].message.tool_calls[0].function.arguments), json.loads(calls[1]["arguments"]))


@sdk.case("results of tools, next turn")
def results_of_tools_are_taken(model):
    asked = say("[[tool:clock]] [[tool:weather]]")
    message = client.chat.completions.create(model=model, messages=asked, tools=[WEATHER, CLOCK]).choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": "no"} for call in message.tool_calls]
    told = [*asked, message.model_dump(exclude_none=True), *results]
    after = client.chat.completions.create(model=model, messages=told, tools=[WEATHER, CLOCK]).choices[0]
    assert after.finish_reason == "stop" and after.message.content


@sdk.case("legacy `functions`")
def legacy_functions_are_called_in_their_own_words(model):
    functions = [{"name": "weather", "parameters": PARAMETERS}]
    choice = ask(model, "Rain?", functions=functions, function_call={"name": "weather"}).choices[0]
    equal((choice.finish_reason, choice.message.function_call.name), ("function_call", "weather"))
    assert json.loads(choice.message.function_call.arguments)["days"] >= 2


@sdk.case(
    "tools for free text (`custom`)",
    translated=differs("Anthropic has only functions: the tool becomes one with a text, its grammar is left out; the call comes back as free text."),
)
def tools_for_free_text_are_called_with_text(model):
    patch = {"type": "custom", "custom": {"name": "patch", "description": "Patches a file"}}
    call = ask(model, "[[tool]]", tools=[patch]).choices[0].message.tool_calls[0]
    equal((call.type, call.custom.name, call.custom.input), ("custom", "patch", "test"))


@sdk.case(
    "tools that the provider runs",
    translated=differs("Searching is the provider's own: `web_search_options` is left out, and named in `x-candor-dropped`."),
)
def tools_of_the_provider_may_be_asked_for(model):
    dropped(model, "web_search_options", web_search_options={})


@sdk.case("JSON that fits a schema")
def json_fits_the_schema(model):
    schema = {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "event", "strict": True, "schema": schema}}
    equal(type(json.loads(ask(model, "x", response_format=form).choices[0].message.content)["year"]), int)
    equal(type(json.loads(text_of(ask(model, "x", response_format=form, stream=True)))["year"]), int)


@sdk.case(
    "some JSON object (`json_object`)",
    translated=differs("Anthropic's API knows JSON only by a schema: the member is left out, and named in `x-candor-dropped`."),
)
def some_json_object_comes(model):
    text = dropped(model, "response_format", response_format={"type": "json_object"}).choices[0].message.content
    assert model.translated or isinstance(json.loads(text), dict), text


@sdk.case("parse helper")
def the_parse_helper_yields_an_object(model):
    class Event(BaseModel):
        name: str
        participants: list[str]
        year: int | None

    parsed = client.chat.completions.parse(model=model, messages=say("x"), response_format=Event)
    assert isinstance(parsed.choices[0].message.parsed, Event)


@sdk.case("images", translated=differs("How closely an image is looked at (`detail`) is left out, and named in `x-candor-dropped`."))
def images_go_in(model):
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
    ]
    messages = [{"role": "user", "content": parts}]
    assert dropped(model, "messages[0].content[1].image_url.detail", messages=messages).choices[0].message.content


@sdk.case("documents")
def documents_go_in(model):
    file = {"filename": "page.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
    parts = [{"type": "text", "text": "Sum it up."}, {"type": "file", "file": file}]
    assert dropped(model, messages=[{"role": "user", "content": parts}]).choices[0].message.content


@sdk.case(
    "cache marks and keys",
    translated=differs("`prompt_cache_key` and `prompt_cache_retention` are OpenAI's own: left out, and named in `x-candor-dropped`."),
)
def cache_keys_arrive(model):
    keys = {"prompt_cache_key": "k", "prompt_cache_retention": "24h"}
    usage = dropped(model, *keys, **keys).usage
    assert not usage.prompt_tokens_details or usage.prompt_tokens_details.cached_tokens == 0


@sdk.case("thinking, plain")
def thinking_may_be_asked_for(model):
    message = ask(model, "Hello", reasoning_effort="high").choices[0].message
    # OpenAI's chat has no place for thoughts; where they come at all, they come beside the text, never in it.
    assert message.content.startswith("This is a test model") and "thinks" not in message.content


@sdk.case("thinking, streamed")
def thoughts_are_no_part_of_the_text(model):
    assert text_of(ask(model, "Hello", reasoning_effort="high", stream=True)).startswith("This is a test model")


@sdk.case("thinking sent back")
def thoughts_come_back_to_who_had_them(model):
    message = ask(model, "Hello", reasoning_effort="high").choices[0].message.model_dump(exclude_none=True)
    dropped(model, messages=[*say("Hello"), message, *say("Go on")], reasoning_effort="high")


@sdk.case("async client")
def the_async_client_is_answered(model):
    async def both():
        async with AsyncOpenAI(base_url=BASE, api_key=KEYS["rich"], max_retries=0) as one:
            plain = await one.chat.completions.create(model=model, messages=say("Hello"))
            stream = await one.chat.completions.create(model=model, messages=say("Hello"), stream=True)
            return plain.choices[0].message.content, "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    plain, streamed = asyncio.run(both())
    equal(streamed, plain)


main(sdk)
