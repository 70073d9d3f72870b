//! Every documented parameter: what becomes of it where client and provider speak one API, and where they don't. A walk over
//! `documented.txt` through the running program; `docs/reference/parameters.md` shows what it found (`CANDOR_BLESS=1` writes
//! it; a person then reads the difference).
//!
//! Held whatever the page says: a parameter is sent, or listed as dropped, or refused by its name; none is lost in silence.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Map, Value, json};
use testkit::upstream::FakeUpstream;
use testkit::{Answer, Database, Request, Serving, Site};

const DOCUMENTED: &str = include_str!("documented.txt");
const PAGE: &str = "docs/reference/parameters.md";
const BLESS: &str = "CANDOR_BLESS";

/// What need not be said to a provider of another API, since it is so anyway or is done here: path, parameter, what is special.
const IMPLIED: &[(&str, &str, &str)] = &[
    ("/v1/chat/completions", "modalities", ""),
    ("/v1/chat/completions", "store", ""),
    ("/v1/chat/completions", "stream_options", ""),
    ("/v1/chat/completions", "stream_options", "padding"),
    ("/v1/responses", "background", ""),
    ("/v1/responses", "include", ""),
    ("/v1/responses", "store", ""),
    ("/v1/responses", "stream_options", ""),
    ("/v1/messages", "thinking", "adaptive"),
];

/// An endpoint with what is documented of it.
struct Endpoint {
    path: &'static str,
    /// The parameter that every request has.
    base: Value,
    /// The kinds of providers that are asked, that of the same API first; none where the program answers by itself.
    providers: &'static [&'static str],
    parameters: Vec<Parameter>,
}

struct Parameter {
    name: &'static str,
    /// What is special about the example.
    special: &'static str,
    example: Value,
    /// Other members that the request needs then.
    beside: Map<String, Value>,
}

/// What became of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It went on as it was.
    Passed,
    /// The same member went on with another value.
    Replaced,
    /// It went on in the provider's words.
    Said,
    /// The same, but for these places, which are listed.
    SaidBut(String),
    /// Left out, and listed.
    Dropped,
    /// Refused by name with this code.
    Refused(String),
    /// The provider does so anyway.
    Implied,
    /// No provider is asked; it was taken.
    Taken,
}

fn endpoints() -> Vec<Endpoint> {
    let sections = DOCUMENTED.split("\n## POST ").skip(1);
    sections
        .map(|section| {
            let (path, lines) = section.split_once('\n').unwrap();
            let (base, providers): (_, &[&str]) = match path {
                "/v1/chat/completions" => (
                    json!({"messages": [{"role": "user", "content": "x"}]}),
                    &["compatible", "anthropic"],
                ),
                "/v1/responses" => (json!({"input": "x"}), &["openai", "compatible", "anthropic"]),
                "/v1/responses/input_tokens" => (json!({"input": "x"}), &["openai"]),
                "/v1/completions" => (json!({"prompt": "x"}), &["compatible"]),
                "/v1/embeddings" => (json!({"input": "x"}), &["compatible"]),
                "/v1/moderations" => (json!({"input": "x"}), &[]),
                "/v1/messages" => (
                    json!({"max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}),
                    &["anthropic", "compatible"],
                ),
                "/v1/messages/count_tokens" => {
                    (json!({"messages": [{"role": "user", "content": "x"}]}), &["anthropic"])
                }
                other => panic!("what is {other}?"),
            };
            let parameters = lines.lines().filter(|line| !line.is_empty()).map(parameter).collect();
            Endpoint {
                path,
                base,
                providers,
                parameters,
            }
        })
        .collect()
}

fn parameter(line: &'static str) -> Parameter {
    let mut columns = line.split(" | ");
    let name = columns.next().unwrap();
    let (name, special) = name
        .split_once(" (")
        .map_or((name, ""), |(name, rest)| (name, rest.trim_end_matches(')')));
    let example = serde_json::from_str(columns.next().unwrap()).unwrap_or_else(|error| panic!("{line}: {error}"));
    let beside = columns
        .next()
        .map_or_else(Map::new, |beside| serde_json::from_str(beside).unwrap());
    Parameter {
        name,
        special,
        example,
        beside,
    }
}

/// What asks, and what is asked.
struct Walk<'a> {
    serving: &'a Serving<'a>,
    upstream: &'a FakeUpstream,
    key: &'a str,
}

impl Walk<'_> {
    /// Sends a request; also gives what the provider read, if it was asked.
    fn ask(&self, path: &str, body: &Map<String, Value>) -> (Answer, Option<Value>) {
        let before = self.upstream.request_count();
        let request = Request::post(path, Value::Object(body.clone()).to_string()).key(self.key);
        let answer = self.serving.send(&request);
        let asked = (self.upstream.request_count() > before).then(|| self.upstream.requests().pop().unwrap().json());
        (answer, asked)
    }

    fn fate(&self, endpoint: &Endpoint, model: &str, parameter: &Parameter) -> Result<Fate, String> {
        let mut body = endpoint.base.as_object().unwrap().clone();
        body.insert("model".to_owned(), json!(model));
        body.extend(parameter.beside.clone());
        let (_, without) = self.ask(endpoint.path, &body);
        body.insert(parameter.name.to_owned(), parameter.example.clone());
        let (answer, asked) = self.ask(endpoint.path, &body);
        let told = format!(
            "{} {} to {model}: {} {}",
            endpoint.path,
            parameter.name,
            answer.status,
            answer.text().lines().next().unwrap_or_default()
        );
        let Some(asked) = asked else {
            return match answer.status {
                200 => Ok(Fate::Taken),
                400 => refused(&answer, parameter).ok_or(told),
                _ => Err(told),
            };
        };
        if endpoint.providers.first() == Some(&model) {
            return match asked.get(parameter.name) {
                Some(value) if *value == parameter.example => Ok(Fate::Passed),
                Some(_) => Ok(Fate::Replaced),
                None => Err(told),
            };
        }
        let dropped = places(&answer, parameter.name);
        let differs = without.as_ref() != Some(&asked);
        if answer.status != 200 {
            Err(told)
        } else if !dropped.is_empty() {
            Ok(if differs {
                Fate::SaidBut(dropped.join(", "))
            } else {
                Fate::Dropped
            })
        } else if differs {
            Ok(Fate::Said)
        } else if IMPLIED.contains(&(endpoint.path, parameter.name, parameter.special)) {
            Ok(Fate::Implied)
        } else {
            Err(format!("{told}; the provider read {asked}"))
        }
    }
}

/// The places in `x-candor-dropped` that lie in this parameter.
fn places(answer: &Answer, name: &str) -> Vec<String> {
    let listed = answer.header("x-candor-dropped").unwrap_or_default();
    let within = |place: &&str| {
        place
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    listed
        .split(", ")
        .filter(within)
        .map(|place| format!("`{place}`"))
        .collect()
}

/// The refusal of a parameter, or of one that it needs, by its name.
fn refused(answer: &Answer, parameter: &Parameter) -> Option<Fate> {
    let error = &answer.json()["error"];
    let is_meant = |name: &str| name == parameter.name || parameter.beside.contains_key(name);
    // Anthropic's errors have no place for it but the message.
    let name = error["param"]
        .as_str()
        .or_else(|| error["message"].as_str()?.split('\'').nth(1))?;
    let code = [&error["code"], &error["details"]["error_code"]]
        .into_iter()
        .find_map(Value::as_str)?;
    is_meant(name.split(['.', '[']).next()?).then(|| Fate::Refused(code.to_owned()))
}

impl Fate {
    fn words(&self) -> String {
        match self {
            Self::Passed => "as sent".to_owned(),
            Self::Replaced => "with another value".to_owned(),
            Self::Said => "said".to_owned(),
            Self::SaidBut(places) => format!("said, **dropped**: {places}"),
            Self::Dropped => "**dropped**".to_owned(),
            Self::Refused(code) => format!("**refused**: `{code}`"),
            Self::Implied => "so anyway".to_owned(),
            Self::Taken => "taken".to_owned(),
        }
    }
}

/// A column's title.
fn to(endpoint: &Endpoint, number: usize) -> &'static str {
    match (number, endpoint.providers.get(number)) {
        (0, None) => "here",
        (0, Some(_)) => "to the same API",
        (_, Some(&"anthropic")) => "to messages",
        _ => "to chat completions",
    }
}

#[test]
fn every_documented_parameter_is_sent_or_listed_or_refused_by_its_name() {
    let upstream = FakeUpstream::start();
    let site = ["compatible", "openai", "anthropic"]
        .iter()
        .fold(Site::new(Database::sqlite()), |site, kind| {
            site.provider(kind, kind, &upstream)
        });
    let key = site.customer("ada@example.org", "1000.00");
    let serving = site.serve();
    let walk = Walk {
        serving: &serving,
        upstream: &upstream,
        key: &key,
    };
    let (mut page, mut fates, mut looked_at, mut lost) = (String::new(), BTreeSet::new(), 0, Vec::new());
    for endpoint in endpoints() {
        let models = if endpoint.providers.is_empty() {
            &["sandbox-chat"]
        } else {
            endpoint.providers
        };
        let titles: Vec<&str> = (0..models.len()).map(|number| to(&endpoint, number)).collect();
        write!(
            page,
            "\n## `POST {}`\n\n| parameter | {} |\n|---{}|\n",
            endpoint.path,
            titles.join(" | "),
            "|---".repeat(titles.len())
        )
        .unwrap();
        for parameter in &endpoint.parameters {
            let mut found = Vec::new();
            for model in models {
                match walk.fate(&endpoint, model, parameter) {
                    Ok(fate) => found.push(fate),
                    Err(told) => lost.push(told),
                }
            }
            let special = if parameter.special.is_empty() {
                String::new()
            } else {
                format!(", {}", parameter.special)
            };
            let words: Vec<String> = found.iter().map(Fate::words).collect();
            writeln!(page, "| `{}`{special} | {} |", parameter.name, words.join(" | ")).unwrap();
            looked_at += found.len();
            fates.extend(words.iter().map(|words| words.split(':').next().unwrap().to_owned()));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    assert!(looked_at > 200 && fates.len() >= 6, "{looked_at} fates: {fates:?}");
    same_as_page(&page);
}

/// Compares with the part of the page that was found, or writes it.
fn same_as_page(found: &str) {
    const MARK: &str = "<!-- found by `CANDOR_BLESS=1 cargo test -p candor --test it parameters` -->\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, _) = page.split_once(MARK).unwrap();
    let expected = format!("{before}{MARK}{found}");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert!(
            page == expected,
            "{PAGE} is out of date: {BLESS}=1 cargo test -p candor --test it parameters"
        );
    }
}
