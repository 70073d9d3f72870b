// What the official Node SDK sees of Candor; see chat.py for the models and tests/sdk/run for how it is started.
// Prints a line a case; exit status 1 if one fails.

import assert from "node:assert/strict";
import OpenAI, * as sdk from "openai";
import { VERSION } from "openai/version";

const { CANDOR_BASE_URL: baseURL, CANDOR_MODELS, CANDOR_KEY_RICH: rich } = process.env;
const MODELS = CANDOR_MODELS.split(" ");
const client = new OpenAI({ baseURL, apiKey: rich, maxRetries: 0, timeout: 30_000 });
const say = (content) => [{ role: "user", content }];
const ask = (model, content, more = {}, options = {}) => client.chat.completions.create({ model, messages: say(content), ...more }, options);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function refused(kind, call) {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof kind, `${error?.constructor?.name} in place of ${kind.name}: ${error}`);
    return error;
  }
  assert.fail(`no ${kind.name}`);
}

async function receipt(id) {
  for (const deadline = Date.now() + 5_000; ; await sleep(100)) {
    try {
      return await client.get(`/candor/receipts/${id}`);
    } catch (error) {
      if (!(error instanceof sdk.NotFoundError) || Date.now() > deadline) throw error;
    }
  }
}

// A client and the list of the statuses that it was answered.
function counting(apiKey, maxRetries = 2) {
  const statuses = [];
  const counted = async (...request) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  return [new OpenAI({ baseURL, apiKey, maxRetries, fetch: counted }), statuses];
}

const WEATHER = {
  type: "function",
  function: {
    name: "weather",
    parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer", minimum: 2 } }, required: ["city", "days"] },
  },
};

const forEachModel = {
  async "a plain answer has text, usage and ids"(model) {
    const { data, response, request_id } = await ask(model, "Hello").withResponse();
    assert.equal(data.object, "chat.completion");
    assert.equal(data.choices[0].finish_reason, "stop");
    assert.ok(data.choices[0].message.content);
    assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
    assert.match(request_id, /^gen_/);
    assert.equal(data._request_id, request_id);
    const found = await receipt(response.headers.get("x-candor-receipt"));
    assert.equal(found.status, "completed");
    assert.equal(found.usage.output_tokens, data.usage.completion_tokens);
    assert.ok(found.cost_micro > 0);
  },

  async "a stream says what a plain answer says"(model) {
    const plain = await ask(model, "Tell me a story, grüße 🦀");
    const chunks = [];
    for await (const chunk of await ask(model, "Tell me a story, grüße 🦀", { stream: true })) chunks.push(chunk);
    assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), plain.choices[0].message.content);
    assert.ok(chunks.every((chunk) => !chunk.usage));
    const options = { stream: true, stream_options: { include_usage: true } };
    let last;
    for await (const chunk of await ask(model, "Tell me a story, grüße 🦀", options)) last = chunk;
    assert.deepEqual(last.choices, []);
    assert.deepEqual(last.usage, plain.usage);
  },

  async "the stream helper gathers events"(model) {
    const runner = client.chat.completions.stream({ model, messages: say("Hello") });
    let text = "";
    runner.on("content", (delta) => (text += delta));
    const whole = await runner.finalChatCompletion();
    assert.equal(text, whole.choices[0].message.content);
    assert.equal(text, (await ask(model, "Hello")).choices[0].message.content);
  },

  async "a broken stream throws and is settled"(model) {
    const { data: stream, response } = await ask(model, "[[cut]]", { stream: true }).withResponse();
    const chunks = [];
    const error = await refused(sdk.APIError, async () => {
      for await (const chunk of stream) chunks.push(chunk);
    });
    assert.equal(error.code, "upstream_cut");
    assert.equal(error.type, "upstream_error");
    assert.ok(chunks.length > 0 && chunks.every((chunk) => !chunk.choices[0].finish_reason));
    assert.equal((await receipt(response.headers.get("x-candor-receipt"))).status, "interrupted");
  },

  async "a client that leaves is settled"(model) {
    const { data: stream, response } = await ask(model, "[[pace:50ms]] [[length:200]]", { stream: true }).withResponse();
    let seen = 0;
    for await (const _ of stream) if (++seen === 5) break;
    assert.equal((await receipt(response.headers.get("x-candor-receipt"))).status, "interrupted");
  },

  async "several choices come apart"(model) {
    assert.deepEqual((await ask(model, "Hello", { n: 3 })).choices.map((choice) => choice.index), [0, 1, 2]);
    const indices = new Set();
    for await (const chunk of await ask(model, "Hello", { n: 3, stream: true })) for (const choice of chunk.choices) indices.add(choice.index);
    assert.deepEqual([...indices].sort(), [0, 1, 2]);
  },

  async "the tool runner calls a tool and goes on"(model) {
    const calls = [];
    const parse = (text) => (calls.push(text), JSON.parse(text));
    const tool = { type: "function", function: { ...WEATHER.function, parse, function: ({ city }) => `dry in ${city}` } };
    const runner = client.chat.completions.runTools(
      { model, messages: say("[[tool]]"), tools: [tool], stream: true },
      { maxChatCompletions: 2 },
    );
    await runner.done();
    assert.ok(calls.length >= 1 && JSON.parse(calls[0]).days >= 2, `${calls}`);
    assert.ok(runner.messages.some((message) => message.role === "tool" && message.content === "dry in test"));
  },

  async "json formats are kept"(model) {
    const schema = { type: "object", properties: { year: { type: "integer" } }, required: ["year"], additionalProperties: false };
    const response_format = { type: "json_schema", json_schema: { name: "event", strict: true, schema } };
    const parsed = await client.chat.completions.parse({ model, messages: say("x"), response_format });
    assert.equal(typeof parsed.choices[0].message.parsed.year, "number");
  },

  async "statuses of the provider become exceptions"(model) {
    const here = model === "sandbox-chat";
    const expected = [
      [400, sdk.BadRequestError, 400], [422, sdk.UnprocessableEntityError, 422], [409, sdk.ConflictError, 409],
      [429, sdk.RateLimitError, 429], [503, sdk.InternalServerError, 503], [500, sdk.InternalServerError, here ? 500 : 502],
      [401, here ? sdk.AuthenticationError : sdk.InternalServerError, here ? 401 : 502],
    ]; // prettier-ignore
    for (const stream of [false, true])
      for (const [status, kind, seen] of expected) {
        const error = await refused(kind, () => ask(model, `[[error:${status}]]`, { stream }));
        assert.equal(error.status, seen);
        assert.match(error.requestID, /^gen_/);
        assert.ok(error.message && error.code && error.type);
      }
  },

  async "time limits and tries are the client's"(model) {
    await refused(sdk.APIConnectionTimeoutError, () => ask(model, "[[delay:5s]]", {}, { timeout: 400 }));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    await refused(sdk.APIUserAbortError, () => ask(model, "[[delay:5s]]", {}, { signal: abort.signal }));
    const [retrying, statuses] = counting(rich, 1);
    await refused(sdk.RateLimitError, () => retrying.chat.completions.create({ model, messages: say("[[error:429]]") }));
    assert.deepEqual(statuses, [429, 429]);
  },

  async "a large prompt arrives"(model) {
    const answer = await ask(model, "candor ".repeat((4 * 1024 * 1024) / 7), { max_completion_tokens: 8 });
    assert.ok(answer.usage.prompt_tokens > 100_000);
    assert.equal((await refused(sdk.APIError, () => ask(model, "x".repeat(33 * 1024 * 1024)))).status, 413);
  },

  async "many at once are all answered"(model) {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => ask(model, `${number}`)));
    assert.ok(answers.every((answer) => answer.choices[0].message.content));
  },
};

const once = {
  async "models are listed and found"() {
    const listed = [];
    for await (const model of client.models.list()) listed.push(model.id);
    for (const model of MODELS) {
      assert.ok(listed.includes(model));
      assert.equal((await client.models.retrieve(model)).id, model);
    }
    await refused(sdk.NotFoundError, () => client.models.retrieve("no/such:model"));
  },

  async "keys, filter and what is not spoken yet decide once"() {
    const expected = [
      ["cdr_wrong", sdk.AuthenticationError, "invalid_api_key"],
      [process.env.CANDOR_KEY_REVOKED, sdk.AuthenticationError, "invalid_api_key"],
      [process.env.CANDOR_KEY_FROZEN, sdk.PermissionDeniedError, "account_frozen"],
      [process.env.CANDOR_KEY_POOR, sdk.APIError, "insufficient_quota"],
    ];
    for (const [key, kind, code] of expected) {
      const [retrying, statuses] = counting(key);
      const error = await refused(kind, () => retrying.chat.completions.create({ model: "sandbox-chat", messages: say("x") }));
      assert.equal(error.code, code);
      assert.equal(statuses.length, 1, code);
    }
    const [retrying, statuses] = counting(rich);
    const blocked = { model: "sandbox-chat", messages: say("candor-filter-test-phrase-block-me") };
    assert.equal((await refused(sdk.BadRequestError, () => retrying.chat.completions.create(blocked))).code, "content_policy_violation");
    await refused(sdk.NotFoundError, () => retrying.images.generate({ model: "sandbox-image", prompt: "x" }));
    await refused(sdk.NotFoundError, () => retrying.batches.list());
    assert.deepEqual(statuses, [400, 404, 404]);
  },

  async "controls are honoured or refused"() {
    for (const [headers, isKept] of [[{}, true], [{ "x-candor-retention": "none" }, false]]) {
      const answer = await ask("sandbox-chat", "x", {}, { headers });
      const { stored } = await receipt(answer._request_id);
      assert.equal(stored.some((part) => part.what === "prompt and answer"), isKept);
    }
    const error = await refused(sdk.BadRequestError, () => ask("sandbox-chat", "x", {}, { headers: { "x-candor-region": "eu" } }));
    assert.equal(error.param, "x-candor-region");
  },
};

const real = {
  // Asks for few tokens: a small model on this machine's cores.
  async "a real model answers"() {
    const exact = { temperature: 0, seed: 1, max_completion_tokens: 12 };
    const plain = await ask(process.env.CANDOR_REAL_MODEL, "Say hello.", exact);
    let text = "";
    for await (const chunk of await ask(process.env.CANDOR_REAL_MODEL, "Say hello.", { ...exact, stream: true })) text += chunk.choices[0].delta.content ?? "";
    assert.ok(text.trim());
    assert.equal(text, plain.choices[0].message.content);
    assert.equal(plain.usage.completion_tokens, 12);
  },
};

console.log(`openai ${VERSION}, Node ${process.version}`);
const cases = [
  ...Object.entries(forEachModel).flatMap(([name, run]) => MODELS.map((model) => [`${name} (${model})`, () => run(model)])),
  ...Object.entries({ ...once, ...(process.env.CANDOR_REAL_MODEL ? real : {}) }),
];
let failed = 0;
for (const [name, run] of cases) {
  try {
    await run();
    console.log(`  ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`  FAILED  ${name}\n${error.stack}`);
  }
}
console.log(`Node: ${cases.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && cases.length > 0 ? 0 : 1);
