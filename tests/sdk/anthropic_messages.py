"""Anthropic's Python SDK: what goes in and what comes out."""

import asyncio
import time

import anthropic
from anthropic import beta_tool
from anthropic_common import CLOCK, PDF, PNG, SCHEMA, WEATHER, ask, calls_of, client, column, say, text_of
from harness import KEYS, ROOT, SANDBOX, differs, equal, main, refused
from pydantic import BaseModel

sdk = column()


def dropped(model, *members, messages=None, max_tokens=80, **more):
    """Asks, and sees that what a translation left out is named in the response header."""
    raw = client.messages.with_raw_response.create(model=model, max_tokens=max_tokens, messages=messages or say("Hello"), **more)
    named = raw.headers.get("x-candor-dropped", "")
    equal(sorted(filter(None, named.split(", "))), sorted(members) if model.translated else [])
    return raw.parse()


@sdk.case("a plain answer")
def a_plain_answer_has_text_usage_and_ids(model):
    answer = ask(model, "Hello")
    equal((answer.type, answer.role, answer.stop_reason, answer.stop_sequence), ("message", "assistant", "end_turn", None))
    equal([block.type for block in answer.content], ["text"])
    assert answer.id and answer.model and answer._request_id.startswith("gen_")


@sdk.case("a streamed answer")
def a_stream_has_its_events_in_order_and_says_what_a_plain_answer_says(model):
    plain = ask(model, "Hello")
    events = list(ask(model, "Hello", stream=True))
    kinds = [event.type for event in events]
    equal((kinds[:2], kinds[-3:]), (["message_start", "content_block_start"], ["content_block_stop", "message_delta", "message_stop"]))
    equal(set(kinds[2:-3]) - {"ping"}, {"content_block_delta"})
    equal("".join(event.delta.text for event in events if event.type == "content_block_delta"), text_of(plain))
    equal((events[0].message.content, events[0].message.stop_reason, events[-2].delta.stop_reason), ([], None, "end_turn"))


@sdk.case("events come one by one")
def events_come_one_by_one(model):
    began = time.monotonic()
    stream = ask(model, "[[pace:150ms]] [[length:6]]", stream=True)
    next(iter(stream))
    first = time.monotonic() - began
    list(stream)
    whole = time.monotonic() - began
    assert first < whole / 2 and whole > 0.6, f"first after {first:.2f} s, all after {whole:.2f} s"


@sdk.case("stream helper")
def the_stream_helper_gathers_a_message(model):
    whole = ask(model, "Hello")
    with client.messages.stream(model=model, max_tokens=80, messages=say("Hello")) as stream:
        pieces = "".join(stream.text_stream)
        final = stream.get_final_message()
    equal((pieces, text_of(final), final.stop_reason), (text_of(whole), text_of(whole), "end_turn"))
    equal(final.usage.output_tokens, whole.usage.output_tokens)


@sdk.case("async client")
def the_async_client_is_answered(model):
    async def both():
        async with anthropic.AsyncAnthropic(base_url=ROOT, api_key=KEYS["rich"], max_retries=0) as one:
            plain = await one.messages.create(model=model, max_tokens=80, messages=say("Hello"))
            async with one.messages.stream(model=model, max_tokens=80, messages=say("Hello")) as stream:
                return text_of(plain), "".join([piece async for piece in stream.text_stream])

    plain, streamed = asyncio.run(both())
    equal(streamed, plain)


@sdk.case("many requests at once")
def many_at_once_are_all_answered(model):
    async def all_of_them():
        async with anthropic.AsyncAnthropic(base_url=ROOT, api_key=KEYS["rich"], max_retries=0) as many:
            asked = [many.messages.create(model=model, max_tokens=20, messages=say(f"{number}")) for number in range(30)]
            return await asyncio.gather(*asked)

    assert all(text_of(answer) for answer in asyncio.run(all_of_them()))


@sdk.case("cap on tokens")
def the_cap_of_tokens_is_kept(model):
    answer = ask(model, "Hello", max_tokens=5)
    equal((answer.stop_reason, answer.usage.output_tokens), ("max_tokens", 5))


@sdk.case(
    "sampling settings",
    translated=differs("`top_k` has no place in OpenAI's API: left out, and named in `x-candor-dropped`. The newest SDK has no sampling members; `extra_body` carries them."),
)
def sampling_settings_arrive(model):
    sampling = {"temperature": 0.5, "top_p": 0.9, "top_k": 5}
    assert text_of(dropped(model, "top_k", extra_body=sampling, extra_headers={"anthropic-version": "2023-06-01"}))


@sdk.case("stop texts")
def stop_texts_arrive(model):
    equal(dropped(model, stop_sequences=["zzz", "yyy"]).stop_reason, "end_turn")


@sdk.case("an answer that the client begins", translated=refused("OpenAI's API knows no answer that the client begins: it would begin another one."))
def an_answer_goes_on_from_where_the_client_began_it(model):
    messages = [*say("Hello"), {"role": "assistant", "content": "I think"}]
    assert text_of(dropped(model, messages=messages))


@sdk.case("system prompts")
def system_prompts_stand_at_the_start_and_in_the_middle(model):
    blocks = [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be brief."}]
    assert text_of(dropped(model, system=blocks)) and text_of(dropped(model, system="Be brief."))
    later = [*say("Hello"), {"role": "assistant", "content": "Hi."}, {"role": "system", "content": "Be briefer."}, *say("Go on")]
    assert text_of(dropped(model, messages=later))


@sdk.case(
    "unknown members pass",
    translated=differs("What Candor doesn't know, it can't translate: left out, and named in `x-candor-dropped`."),
)
def members_that_candor_does_not_know_pass(model):
    message = {"role": "user", "content": "Hello", "mood": "good"}
    dropped(model, "messages[0].mood", "made_up", messages=[message], metadata={"user_id": "ada"}, extra_body={"made_up": 1})


@sdk.case("a forced tool")
def a_forced_tool_is_called_with_arguments_that_fit(model):
    for choice in ({"type": "tool", "name": "weather"}, {"type": "any"}):
        answer = ask(model, "Rain?", tools=[WEATHER], tool_choice=choice)
        [call] = calls_of(answer)
        equal((answer.stop_reason, call.name, sorted(call.input)), ("tool_use", "weather", ["city", "days"]))
    equal(ask(model, "[[tool]]", tools=[WEATHER], tool_choice={"type": "none"}).stop_reason, "end_turn")


@sdk.case("a tool of the model's choice")
def a_tool_is_called_by_choice_after_some_words(model):
    answer = ask(model, "[[length:3]] [[tool]]", tools=[WEATHER])
    equal(([block.type for block in answer.content], text_of(answer)), (["text", "tool_use"], "This is a"))
    equal(ask(model, "Hello", tools=[WEATHER]).stop_reason, "end_turn")


@sdk.case("parallel tools")
def tools_are_called_in_parallel(model):
    calls = calls_of(ask(model, "[[tool:clock]] [[tool:weather]]", tools=[WEATHER, CLOCK]))
    equal([call.name for call in calls], ["clock", "weather"])
    equal(len({call.id for call in calls}), 2)
    single = {"type": "auto", "disable_parallel_tool_use": True}
    equal(len(calls_of(ask(model, "[[tool:clock]] [[tool:weather]]", tools=[WEATHER, CLOCK], tool_choice=single))), 1)


@sdk.case("streamed tool arguments")
def arguments_of_tools_come_in_pieces(model):
    more = dict(model=model, max_tokens=80, messages=say("[[length:3]] [[tool:clock]] [[tool:weather]]"), tools=[WEATHER, CLOCK])
    with client.messages.stream(**more) as stream:
        pieces = [event.partial_json for event in stream if event.type == "input_json"]
        final = stream.get_final_message()
    equal([block.type for block in final.content], ["text", "tool_use", "tool_use"])
    clock, weather = calls_of(final)
    assert len(pieces) > 2 and clock.input == {} and weather.input["days"] >= 2, (pieces, final.content)


@sdk.case("results of tools, next turn")
def results_of_tools_are_taken(model):
    asked = say("[[tool:clock]] [[tool:weather]]")
    called = client.messages.create(model=model, max_tokens=80, messages=asked, tools=[WEATHER, CLOCK])
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "no"}]} for call in calls_of(called)]
    history = [*asked, {"role": "assistant", "content": called.content}, *say(results)]
    after = client.messages.create(model=model, max_tokens=80, messages=history, tools=[WEATHER, CLOCK])
    assert after.stop_reason == "end_turn" and text_of(after)


@sdk.case("tool runner, agent loop")
def the_tool_runner_calls_a_tool_and_goes_on(model):
    asked = []

    @beta_tool
    def weather(city: str) -> str:
        """The weather of a place.

        Args:
            city: The place.
        """
        asked.append(city)
        return f"dry in {city}"

    runner = client.beta.messages.tool_runner(model=model, max_tokens=80, messages=say("[[tool]]"), tools=[weather])
    last = runner.until_done()
    assert asked and last.stop_reason == "end_turn" and last.content[0].text, (asked, last)


@sdk.case(
    "tools that the provider runs",
    translated=differs("Searching is the provider's own: the tool is left out, and named in `x-candor-dropped`."),
)
def tools_of_the_provider_may_be_given(model):
    dropped(model, "tools[0]", tools=[{"type": "web_search_20250305", "name": "web_search"}])


@sdk.case("JSON that fits a schema")
def json_fits_the_schema(model):
    text = text_of(ask(model, "x", output_config={"format": {"type": "json_schema", "schema": SCHEMA}}))
    assert text.startswith('{"city"'), text


@sdk.case("parse helper")
def the_parse_helper_yields_an_object(model):
    class Event(BaseModel):
        name: str
        year: int

    parsed = client.messages.parse(model=model, max_tokens=80, messages=say("x"), output_format=Event)
    assert isinstance(parsed.parsed_output, Event), parsed


@sdk.case("images")
def images_go_in(model):
    sources = [{"type": "base64", "media_type": "image/png", "data": PNG}, {"type": "url", "url": "https://example.org/a.png"}]
    content = [{"type": "text", "text": "What is this?"}, *({"type": "image", "source": source} for source in sources)]
    assert text_of(dropped(model, messages=say(content)))


@sdk.case("documents")
def documents_go_in(model):
    sources = [
        {"type": "base64", "media_type": "application/pdf", "data": PDF},
        {"type": "text", "media_type": "text/plain", "data": "Once upon a time."},
    ]
    content = [*({"type": "document", "source": source, "title": "page"} for source in sources), {"type": "text", "text": "Sum it up."}]
    assert text_of(dropped(model, messages=say(content)))


@sdk.case("large prompts")
def a_large_prompt_arrives(model):
    answer = ask(model, "candor " * (4 * 1024 * 1024 // 7), max_tokens=8)
    assert answer.usage.input_tokens > 100_000


@sdk.case(
    "cache marks and keys",
    translated=differs("Marks on texts are said in OpenAI's words; a mark on a tool, and how long a prefix is kept, are left out and named in `x-candor-dropped`."),
)
def cache_marks_arrive(model):
    mark = {"cache_control": {"type": "ephemeral"}}
    system = [{"type": "text", "text": "Be brief.", **mark}]
    answer = dropped(model, "tools[0].cache_control", system=system, tools=[{**WEATHER, **mark}])
    equal(answer.usage.cache_read_input_tokens or 0, 0)


THINKING = {"type": "enabled", "budget_tokens": 1024}


@sdk.case("thinking, plain")
def thoughts_come_in_a_block_of_their_own(model):
    answer = ask(model, "Hello", max_tokens=2048, thinking=THINKING)
    kinds = [block.type for block in answer.content]
    # Chat completions have no place for thoughts.
    equal(kinds, ["text"] if model == "relayed" and kinds == ["text"] else ["thinking", "text"])
    assert model.translated or answer.content[0].signature


@sdk.case("thinking, streamed")
def thoughts_are_streamed(model):
    with client.messages.stream(model=model, max_tokens=2048, messages=say("Hello"), thinking=THINKING) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_message()
    if not model.translated:
        assert {"thinking", "signature"} <= kinds, kinds
    assert text_of(final)


@sdk.case("thinking sent back")
def thoughts_are_taken_back(model):
    first = ask(model, "Hello", max_tokens=2048, thinking=THINKING)
    history = [*say("Hello"), {"role": "assistant", "content": first.content}, *say("Go on")]
    assert text_of(client.messages.create(model=model, max_tokens=2048, messages=history, thinking=THINKING))


@sdk.case("usage")
def usage_is_in_disjoint_parts(model):
    usage = ask(model, "Hello").usage
    assert usage.input_tokens > 0 and usage.output_tokens > 0
    equal((usage.cache_creation_input_tokens or 0, usage.cache_read_input_tokens or 0), (0, 0))


@sdk.case("usage at a stream's end")
def a_streams_usage_is_that_of_a_plain_answer(model):
    plain = ask(model, "Hello").usage
    last = [event for event in ask(model, "Hello", stream=True) if event.type == "message_delta"][-1]
    equal(last.usage.output_tokens, plain.output_tokens)


@sdk.case("request id and raw headers")
def raw_headers_have_the_request_id(model):
    raw = client.messages.with_raw_response.create(model=model, max_tokens=80, messages=say("Hello"))
    equal((raw.status_code, raw.headers["request-id"], raw.request_id), (200, raw.headers["x-request-id"], raw.headers["x-candor-receipt"]))


@sdk.case("messages, count of tokens")
def tokens_are_counted_before(model):
    few = client.messages.count_tokens(model=model, messages=say("Hello there"))
    many = client.messages.count_tokens(model=model, messages=say("Hello there"), system="Be brief. " * 50, tools=[WEATHER])
    assert 0 < few.input_tokens < many.input_tokens


@sdk.case("beta namespace")
def the_beta_namespace_is_the_same_api(model):
    answer = client.beta.messages.create(model=model, max_tokens=80, messages=say("Hello"), betas=["made-up-2026-01-01"])
    assert answer.content[0].text and answer.stop_reason == "end_turn"
    with client.beta.messages.stream(model=model, max_tokens=80, messages=say("Hello")) as stream:
        equal("".join(stream.text_stream), answer.content[0].text)
    assert client.beta.messages.count_tokens(model=model, messages=say("Hello")).input_tokens > 0


@sdk.once("list and find models")
def models_are_listed_in_anthropics_shape():
    first = client.models.list(limit=2)
    assert first.has_more and len(first.data) == 2
    listed = [model.id for model in client.models.list(limit=2)]
    assert {"sandbox-chat", "relayed", "relayed-messages"} <= set(listed), listed
    found = client.models.retrieve("relayed")
    equal((found.id, found.type), ("relayed", "model"))


@sdk.once("batches", always=refused("Not yet one of Candor's APIs: 404 `unknown_url`, which no SDK tries again."))
def batches_are_listed():
    client.messages.batches.list()


@sdk.once("files", always=refused("Not yet one of Candor's APIs: 404 `unknown_url`, which no SDK tries again."))
def files_are_listed():
    client.beta.files.list()


main(sdk)
