//! Each code: its page, and the body that each API's clients read. `CANDOR_BLESS=1` writes both; a person then reads the
//! difference.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use candor::gateway::api::{Api, Family};
use candor::gateway::codes::{Code, Told, manual};
use candor::gateway::refusal::Refusal;
use http::StatusCode;
use http_body_util::BodyExt;
use wire::feature::Feature;
use wire::neutral::Format;
use wire::openai::chat::request::RequestError;
use wire::problem::Problem;

const BLESS: &str = "CANDOR_BLESS";

/// Compares with a file of the repository, or writes it.
fn same_as_file(path: &str, text: &str) {
    let path = repository(path);
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "{} is out of date: {BLESS}=1 cargo test -p candor --test it errors",
        path.display()
    );
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
fn each_code_has_its_section_in_the_documentation() {
    const PAGE: &str = "docs/reference/errors.md";
    const BEGIN: &str = "by `CANDOR_BLESS=1 cargo test -p candor --test it errors` -->\n";
    const END: &str = "<!-- end of codes -->";
    let page = std::fs::read_to_string(repository(PAGE)).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}\n{}\n{END}{after}", manual::reference());
    same_as_file(PAGE, &expected);
    let sections: Vec<&str> = expected
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(sections, codes, "a code without a section, or a section without a code");
}

/// Every refusal that this program makes, each as it may be met.
fn refusals() -> Vec<Refusal> {
    let provider = "The model's provider failed.";
    vec![
        Refusal::unknown_key(),
        Refusal::revoked_key(),
        Refusal::frozen_account(),
        Refusal::denied(),
        Refusal::unreadable(StatusCode::BAD_REQUEST, 32_768),
        Refusal::unreadable(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, 32_768),
        Refusal::unknown_url("POST", "/v1/chat/completion", Some("/v1/chat/completions")),
        Refusal::wrong_method("GET", "/v1/chat/completions", "POST"),
        Refusal::not_json(),
        Refusal::encoded(),
        Refusal::bad_header("anthropic-version", "one of 2023-06-01, 2026-10-21"),
        Refusal::bad_control("x-candor-retention", "none"),
        Refusal::unsupported_control("x-candor-region"),
        Refusal::too_large(1024, Some(2048)),
        Refusal::too_large(1024, None),
        Refusal::body_too_slow(),
        Refusal::body_broken(),
        Refusal::bad(&Problem::Syntax("expected value at line 2 column 3".to_owned())),
        Refusal::bad(&Problem::NotAnObject),
        Refusal::bad_request(&RequestError::Missing("messages")),
        Refusal::bad(&Problem::Value {
            at: "temperature".to_owned(),
            expected: "a number from 0 to 2",
        }),
        Refusal::bad(&Problem::Doubled("metadata.user_id".to_owned())),
        Refusal::bad(&Problem::Without("stream_options", "stream")),
        Refusal::bad(&Problem::Unsayable {
            feature: Feature::SeveralAnswers,
            at: "n".to_owned(),
            target: Format::Messages,
        }),
        Refusal::needs_keeping("store"),
        Refusal::unknown_model("gpt-4o-mnii", Some("gpt-4o-mini")),
        Refusal::unsupported_model("gpt-4o-mini", Api::Embeddings),
        Refusal::blocked_by_filter(),
        Refusal::unknown_receipt(),
        Refusal::no_credit("1.20", "0.35", "EUR"),
        Refusal::upstream(Code::RateLimitExceeded, provider),
        Refusal::upstream(Code::UpstreamFailed, provider),
        Refusal::upstream(Code::UpstreamOverloaded, provider),
        Refusal::upstream(Code::UpstreamTimeout, provider),
        Refusal::stale_authentication(),
        Refusal::store_unavailable(),
        Refusal::spool_full(120),
        Refusal::too_much_to_read(),
        Refusal::too_many_connections(),
        Refusal::shutting_down(),
        Refusal::internal(),
    ]
}

async fn told(refusal: Refusal, family: Family) -> String {
    let response = refusal.into_response(family, "gen_1");
    let mut text = format!("{}", response.status().as_u16());
    for name in ["retry-after", "x-should-retry", "allow"] {
        if let Some(value) = response.headers().get(name) {
            write!(text, " {name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    let body = response.into_body().collect().await.unwrap().to_bytes();
    text + "\n" + std::str::from_utf8(&body).unwrap()
}

#[tokio::test]
async fn every_refusal_has_the_body_and_the_headers_of_each_api() {
    let (mut snapshot, mut made) = (String::new(), BTreeSet::new());
    for refusal in refusals() {
        let code = refusal.code().expect("a code of our own");
        made.insert(code.name());
        writeln!(snapshot, "{}", code.name()).unwrap();
        for family in [Family::OpenAi, Family::Anthropic] {
            writeln!(snapshot, "{family:?} {}", told(refusal.clone(), family).await).unwrap();
        }
        snapshot.push('\n');
    }
    let awaited = Code::ALL
        .iter()
        .filter(|code| matches!(code.row().told, Told::Status(_)))
        .map(|code| code.name())
        .collect();
    assert_eq!(made, awaited, "a code that nothing shows here");
    same_as_file("crates/candor/tests/it/errors/bodies.txt", &snapshot);
}
