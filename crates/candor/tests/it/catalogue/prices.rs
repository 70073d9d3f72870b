//! The price list: imported, shown, in force, on the receipt. All models are made up.

use super::*;

const LITELLM: &str = r#"{"sample_spec":{"input_cost_per_token":0.0},
    "heron":{"litellm_provider":"acme","mode":"chat","input_cost_per_token":1.5e-06,"output_cost_per_token":3e-06,"cache_read_input_token_cost":1.5000000000000002e-07},
    "other":{"litellm_provider":"acme","mode":"chat","input_cost_per_token":1e-06,"output_cost_per_token":1e-06}}"#;
const OPENROUTER: &str =
    r#"{"data":[{"id":"heron","pricing":{"prompt":"0.0000015","completion":"0.000004","image":"0.1"}}]}"#;
const MODELS_DEV: &str = r#"{"fake":{"models":{"served":{"cost":{"input":1.5,"output":5}}}}}"#;

fn save(site: &Site, name: &str, text: &str) -> String {
    let path = site.folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A place with a price list and one model that has its price from it.
fn listed(upstream: &FakeUpstream, currency: &str) -> Site {
    let address = upstream.address();
    Site::new(Database::sqlite()).config(&format!(
        "[money]\ncurrency = \"{currency}\"\nprices = \"prices.toml\"\n\n[[provider]]\nname = \"fake\"\nkind = \"openai\"\n\
         base_url = \"http://{address}/v1\"\n\n[[model]]\nname = \"heron\"\nroutes = [\"fake/served\"]\n"
    ))
}

/// What one answer cost, and what it would at these prices of a token.
fn costs(serving: &Serving<'_>, key: &str, input: i64, output: i64) -> (i64, i64) {
    let answer = serving.send(&Request::chat("heron", "Hello", Streamed::No).key(key));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let receipt = receipt(serving, key, &answer);
    let count = |name: &str| receipt["usage"][name].as_i64().unwrap();
    let exact = count("input_tokens") * input + count("output_tokens") * output;
    // Prices are given in hundredths of a micro-unit; the whole is rounded once, half up.
    (receipt["cost_micro"].as_i64().unwrap(), (exact + 50) / 100)
}

#[test]
fn an_imported_list_is_in_force_after_a_reload_and_bills_what_it_says() {
    let upstream = FakeUpstream::start();
    let site = listed(&upstream, "USD");
    let file = save(&site, "list.json", LITELLM);
    let refused = site.cli(&["config", "check"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        refused.status.code() == Some(2) && told.contains("prices.toml has no entry \"heron\""),
        "{told}"
    );

    let dry = site.cli_ok(&["price", "import", &file, "--dry-run"]);
    assert!(
        dry.contains("heron: input none → 1.50") && dry.contains("heron: output none → 3.00"),
        "{dry}"
    );
    assert!(
        dry.contains("rounded up: heron: cached 0.15000000000000002 → 0.150001"),
        "{dry}"
    );
    assert!(
        !dry.contains("other") && !site.folder().join("prices.toml").exists(),
        "{dry}"
    );

    let done = site.cli_json(&["price", "import", &file]);
    assert_eq!(
        (&done["format"], done["changed"].as_array().unwrap().len()),
        (&json!("litellm"), 3)
    );
    let list = site.cli_json(&["price", "list"]);
    let shown = &list["prices"][0];
    assert_eq!(
        (&shown["model"], &shown["price"][1]["price"]),
        (&json!("heron"), &json!("3.00"))
    );
    assert_eq!(shown["date"], today().to_string());
    assert!(
        shown["source"]
            .as_str()
            .unwrap()
            .starts_with("prices.toml:3 heron: litellm"),
        "{shown}"
    );

    let key = site.customer(EMAIL, "10.00");
    let serving = site.serve();
    let (cost, expected) = costs(&serving, &key, 150, 300);
    assert_eq!(cost, expected);
    let file = save(&site, "list.json", OPENROUTER);
    let done = site.cli_ok(&["price", "import", &file]);
    assert!(
        done.contains("heron: output 3.00 → 4.00") && done.contains("not taken over") && done.contains("image"),
        "{done}"
    );
    let (cost, expected) = costs(&serving, &key, 150, 300);
    assert_eq!(cost, expected, "what is written is not in force yet");
    let told = site.cli_json(&["config", "reload"]);
    assert_eq!(told["changed"], json!(["model \"heron\": price in the list"]));
    let (cost, expected) = costs(&serving, &key, 150, 400);
    assert_eq!(cost, expected);
}

#[test]
fn another_currency_needs_a_rate_and_a_markup_is_told_with_the_price() {
    let upstream = FakeUpstream::start();
    let site = listed(&upstream, "EUR");
    let file = save(&site, "api.json", MODELS_DEV);
    let refused = |more: &[&str]| {
        let output = site.cli(&[&["price", "import", &file], more].concat());
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&[]).contains("the list is in USD and money.currency is EUR"));
    assert!(refused(&["--rate", "0,92"]).contains("--rate: `0,92` is no decimal number"));
    assert!(refused(&["--rate", "0.92", "--markup", "10"]).contains("write it as 10%"));
    assert!(refused(&["--rate", "0.92", "--provider", "nobody"]).contains("no priced model of \"nobody\""));
    assert!(refused(&["--rate", "0.92", "--format", "openrouter"]).contains("it is no list of openrouter"));
    site.cli_ok(&[
        "price",
        "import",
        &file,
        "--rate",
        "0.92",
        "--markup",
        "10%",
        "--provider",
        "fake",
    ]);
    let list = site.cli_json(&["price", "list"]);
    let shown = &list["prices"][0];
    assert_eq!(
        shown["price"],
        json!([{"unit": "input", "price": "1.518"}, {"unit": "output", "price": "5.06"}])
    );
    assert!(
        shown["source"]
            .as_str()
            .unwrap()
            .ends_with("fake/served: models.dev, 1 USD = 0.92 EUR, +10%"),
        "{shown}"
    );
    let again = site.cli_ok(&["price", "import", &file, "--rate", "0.92", "--markup", "10%"]);
    assert!(again.contains("1 models are unchanged; nothing differs"), "{again}");
}
