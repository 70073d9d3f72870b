//! Configuration: what is read, what is refused and in which words, and that the manual is the declarations.

use std::path::{Path, PathBuf};
use std::time::Duration;

use candor::config::{Config, Durability, Sources, manual};

fn load(text: &str) -> Config {
    Config::load(&Sources::of_text(text)).unwrap()
}

fn refusal(text: &str) -> String {
    Config::load(&Sources::of_text(text)).unwrap_err().to_string()
}

#[test]
fn without_a_file_the_defaults_of_the_contract_hold() {
    let config = load("");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.operations.listen.to_string(), "127.0.0.1:9090");
    assert_eq!(config.data.dir, Path::new("candor-data"));
    assert_eq!(config.keyring(), Path::new("candor-data/keyring"));
    assert_eq!(
        (config.spool.durability, config.spool.limit.bytes()),
        (Durability::Process, 1 << 30)
    );
    assert_eq!(config.money.currency.to_string(), "EUR");
    assert_eq!(config.limits.body.bytes(), 32 << 20);
    assert_eq!(config.upstream.total, Duration::from_secs(600));
    assert_eq!(config.auth.stale, Duration::from_secs(2));
    assert_eq!(config.log.level.as_str(), "info");
    assert!(config.database.url.is_none() && config.providers.is_empty() && config.models.is_empty());
}

#[test]
fn providers_and_models_are_read_with_their_secrets() {
    let text = r#"
        [[provider]]
        name = "mock"
        kind = "openai"
        base_url = "http://127.0.0.1:9100/v1/"
        key = { env = "MOCK_KEY" }
        region = "eu"

        [[model]]
        name = "gpt-4o-mini"
        routes = ["mock/gpt-4o-mini", "sandbox/sandbox-chat"]
        price = { currency = "EUR", input = "0.15", output = "0.60" }
    "#;
    let config = Config::load(&Sources::of_text(text).with("MOCK_KEY", "sk-upstream")).unwrap();
    let provider = &config.providers[0];
    assert_eq!(provider.base_url.uri().to_string(), "http://127.0.0.1:9100/v1");
    assert_eq!(provider.key.as_ref().unwrap().secret().unwrap().expose(), "sk-upstream");
    assert_eq!(config.models[0].routes[1].model, "sandbox-chat");
    assert_eq!(config.models[0].max_output.get(), 4096);
    config.check_secrets().unwrap();

    let lacking = load(text);
    let missing = lacking.check_secrets().unwrap_err().to_string();
    assert!(
        missing.starts_with("candor.toml:6: provider[1].key: the environment has no variable MOCK_KEY"),
        "{missing}"
    );
}

#[test]
fn the_environment_wins_over_the_file_and_is_named_as_origin() {
    let sources = Sources::of_text("[limits]\nhead = \"10s\"\nbody = \"1MiB\"\n")
        .with("CANDOR__LIMITS__HEAD", "7s")
        .with("CANDOR__SERVER__BEHIND_PROXY", "true")
        .with("RUST_LOG", "error");
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.limits.head, Duration::from_secs(7));
    assert!(config.server.behind_proxy);
    assert_eq!(config.log.level.as_str(), "error");
    let origin = |key: &str| config.origin(key).to_string();
    assert_eq!(origin("limits.head"), "environment CANDOR__LIMITS__HEAD");
    assert_eq!(origin("limits.body"), "candor.toml:3");
    assert_eq!(origin("limits.headers"), "default");
    assert_eq!(origin("log.level"), "environment RUST_LOG");
}

/// What somebody wrote, and how the sentence about it begins.
const MISTAKES: &[(&str, &str)] = &[
    (
        "[limits]\nhead = \"30 seconds\"",
        "candor.toml:2: limits.head: \"30 seconds\" is no span of time; write a duration such as",
    ),
    (
        "[limits]\nheaders = \"100\"",
        "candor.toml:2: limits.headers: \"100\" is a text in quotes; write a whole number from 1 on, without quotes",
    ),
    (
        "[limits]\nheaders = 0",
        "candor.toml:2: limits.headers: the number is too small or too large; write",
    ),
    (
        "[limit]\nhead = \"30s\"",
        "candor.toml:1: limit: there is no such key; write limits",
    ),
    (
        "[limits]\nhaed = \"30s\"",
        "candor.toml:2: limits.haed: there is no such key; write limits.head",
    ),
    ("x = 1", "candor.toml:1: x: there is no such key"),
    (
        "[server]\nlisten = \"0.0.0.0:8080\"",
        "candor.toml:2: server.listen: 0.0.0.0:8080 can be reached from outside in plain text; write a loopback",
    ),
    (
        "[server.tls]\ncertificate = \"a.pem\"",
        "candor.toml:2: server.tls.certificate: the certificate has no key; write server.tls.key",
    ),
    (
        "[database]\nurl = \"mysql://h/d\"",
        "candor.toml:2: database.url: the address is of no PostgreSQL database; write",
    ),
    (
        "[cache]\nurl = \"redis://h\"",
        "candor.toml:2: cache.url: a shared cache is not part of this version yet",
    ),
    (
        "[spool]\ndurability = \"maybe\"",
        "candor.toml:2: spool.durability: \"maybe\" is no durability; write \"process\" or \"disk\"",
    ),
    (
        "[[provider]]\nname = \"a\"\nkind = \"stability\"\nbase_url = \"https://a\"",
        "candor.toml:3: provider[1].kind: providers of kind \"stability\" are not part of this version yet",
    ),
    (
        "[[provider]]\nname = \"a\"\nkind = \"openai\"\nbase_url = \"http://10.0.0.1/v1\"",
        "candor.toml:4: provider[1].base_url: http:// to another machine",
    ),
    (
        "[[provider]]\nkind = \"openai\"\nbase_url = \"https://a/v1\"",
        "candor.toml:1: provider[1].name: it is missing; write",
    ),
    (
        "[provider]\nname = \"a\"",
        "candor.toml:1: provider: there is a table where a list belongs; write [[provider]]",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"nobody/m\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }",
        "candor.toml:3: model[1].routes: there is no provider named \"nobody\"; write one of sandbox",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"USD\", input = \"1\", output = \"1\" }",
        "candor.toml:4: model[1].price: the price is in USD, the books are in EUR",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\n[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }",
        "candor.toml:6: model[2].name: there are two models named \"m\"; the other one stands in candor.toml:2",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\naliases = [\"a\"]\n[[model]]\nname = \"n\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\naliases = [\"b\", \"a\"]",
        "candor.toml:10: model[2].aliases: \"a\" is a name of the model \"m\" already, in candor.toml:5",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\nretires = \"2027-02-30\"",
        "candor.toml:5: model[1].retires: \"2027-02-30\" is no day; write a day in quotes",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\nretires = \"2027-01-31\"\nsuccessor = \"n\"",
        "candor.toml:6: model[1].successor: there is no model named \"n\"",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\nretires = \"2027-01-31\"\nsuccessor = \"m\"",
        "candor.toml:6: model[1].successor: following successors from \"m\" leads back here",
    ),
    (
        "[[model]]\nname = \"m\"\nroutes = [\"sandbox/sandbox-chat\"]\nprice = { currency = \"EUR\", input = \"1\", output = \"1\" }\ninput_modalities = [\"smell\"]",
        "candor.toml:5: model[1].input_modalities: there is no modality \"smell\"; write a list of text, image",
    ),
    ("[limits\nhead = 3", "candor.toml:1: this is no TOML"),
];

#[test]
fn every_mistake_is_one_sentence_with_place_key_and_remedy() {
    for (text, expected) in MISTAKES {
        let said = refusal(text);
        assert!(
            said.starts_with(expected),
            "{text}\n  said     {said}\n  expected {expected}"
        );
        assert!(!said.contains('\n'), "one sentence: {said}");
    }
}

#[test]
fn unknown_and_unfit_variables_of_the_environment_are_refused() {
    let said = |name: &str, value: &str| {
        Config::load(&Sources::of_text("").with(name, value))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        said("CANDOR__LIMITS__HAED", "1s"),
        "CANDOR__LIMITS__HAED: there is no such key; write CANDOR__LIMITS__HEAD"
    );
    assert!(
        said("CANDOR__LIMITS__HEAD", "soon")
            .starts_with("CANDOR__LIMITS__HEAD: limits.head: \"soon\" is no span of time")
    );
    assert!(said("CANDOR__PROVIDER__NAME", "x").contains("lists stand in the file alone"));
}

#[test]
fn an_http_address_is_taken_on_loopback_or_with_a_reason() {
    let provider =
        |url: &str, more: &str| format!("[[provider]]\nname = \"a\"\nkind = \"openai\"\nbase_url = \"{url}\"\n{more}");
    for url in [
        "http://localhost:1/v1",
        "http://127.0.0.1:1/v1",
        "http://[::1]:1/v1",
        "https://example.org/v1",
    ] {
        load(&provider(url, ""));
    }
    load(&provider(
        "http://10.0.0.1/v1",
        "insecure = \"a cable between two machines\"",
    ));
    assert!(refusal(&provider("http://10.0.0.1/v1", "insecure = \" \"")).contains("base_url"));
}

#[test]
fn all_mistakes_are_found_at_once_and_counted() {
    let problems = Config::load(&Sources::of_text("[limits]\nhead = 1\nbody = 2\n[spool]\nlimit = 3\n")).unwrap_err();
    assert_eq!(problems.iter().count(), 3);
    assert!(
        problems
            .to_string()
            .ends_with("(and 2 more: `candor config check` lists them)"),
        "{problems}"
    );
}

#[test]
fn secrets_never_show() {
    let text = "[database]\nurl = \"postgres://u:hunter2@h/d\"\n[[provider]]\nname = \"a\"\nkind = \"openai\"\nbase_url = \"https://a/v1\"\nkey = \"hunter2\"\n";
    let config = load(text);
    let shown: Vec<&str> = config.shown.iter().map(|shown| shown.value.as_str()).collect();
    assert_eq!(shown.iter().filter(|value| value.contains("<redacted>")).count(), 2);
    assert!(!format!("{shown:?} {config:?}").contains("hunter2"));
}

#[test]
fn a_stricter_number_of_the_policy_is_taken_and_a_weaker_one_names_promise_and_both_values() {
    let file = "[policy]\nretention.generation_log = \"7d\"\naggregates.k = 50\n[policy.controller]\nname = \"Ada\"\n";
    let config = load(file);
    assert_eq!(config.policy.parameters.retention_generation_log.unwrap().get(), 7);
    assert_eq!(
        (
            config.policy.parameters.aggregates_k,
            config.policy.controller.name.as_deref()
        ),
        (50, Some("Ada"))
    );
    assert_eq!(
        config.origin("policy.retention.generation_log").to_string(),
        "candor.toml:2"
    );
    assert_eq!(config.origin("policy.backup.life").to_string(), "default");

    let said = refusal("[policy]\naggregates.k = 50\nretention.generation_log = \"60d\"\n");
    assert!(said.starts_with("candor.toml:3: ") && said.contains("P-13.3"), "{said}");
    assert!(said.contains("60d") && said.contains("30d"), "{said}");
    let said = refusal("[policy]\nretention.generaton_log = \"7d\"\n");
    assert!(
        said.starts_with("candor.toml:2: ") && said.contains("policy.retention.generation_log"),
        "{said}"
    );
    let sources = Sources::of_text("").with("CANDOR__POLICY__RETENTION__GENERATION_LOG", "none");
    assert_eq!(
        Config::load(&sources)
            .unwrap()
            .policy
            .parameters
            .retention_generation_log,
        None
    );
}

#[test]
fn the_reference_is_what_is_declared() {
    same_as_file("docs/reference/configuration.md", &manual::reference());
}

#[test]
fn the_sample_file_is_what_is_declared_and_every_line_of_it_loads() {
    let sample = manual::sample();
    same_as_file("candor.sample.toml", &sample);
    load(&sample);
    let mut uncommented = 0;
    let all: Vec<&str> = sample
        .lines()
        .map(|line| match line.strip_prefix("# ").filter(|rest| is_setting(rest)) {
            Some(setting) => {
                uncommented += 1;
                setting
            }
            None => line,
        })
        .collect();
    let config = load(&all.join("\n"));
    assert!(uncommented > 25, "only {uncommented} settings were found");
    assert_eq!(config.providers.len() + config.models.len(), 2);
}

fn is_setting(line: &str) -> bool {
    let is_key = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
    line.starts_with("[[")
        || line
            .split_once(" = ")
            .is_some_and(|(key, value)| is_key(key) && !value.starts_with('…'))
}

/// Compares with a file of the repository; `CANDOR_BLESS=1` writes it.
fn same_as_file(path: &str, text: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("CANDOR_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "{} is out of date: run CANDOR_BLESS=1 cargo test -p candor --test it config",
        path.display()
    );
}
