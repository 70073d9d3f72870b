//! Keys with options of their own: which models they see and use, when they end, what they tell of themselves.

use serde_json::{Value, json};
use testkit::http::{Request, Streamed};
use testkit::{Database, Site, both_databases, wait};

use super::{EMAIL, TWO_SECONDS, sandbox_site};

fn key(site: &Site, options: &[&str]) -> String {
    site.cli_ok(&[&["key", "create", "--account", EMAIL][..], options].concat())
}

#[test]
fn a_key_for_some_models_sees_and_uses_no_other_one() {
    let (site, all) = sandbox_site();
    let one = key(&site, &["--model", "sandbox-embed"]);
    let serving = site.serve();
    let ask = |request: Request| serving.send(&request.key(&one));
    let ids = |models: Value| -> Vec<String> {
        let data = models["data"].as_array().unwrap().clone();
        data.iter()
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(ask(Request::get("/v1/models")).json()), ["sandbox-embed"]);
    let anthropic = Request::get("/v1/models").header("anthropic-version", "2023-06-01");
    assert_eq!(ids(ask(anthropic).json()), ["sandbox-embed"]);
    assert_eq!(ids(serving.send(&Request::get("/v1/models").key(&all)).json()).len(), 2);

    let embed = Request::post(
        "/v1/embeddings",
        json!({ "model": "sandbox-embed", "input": "x" }).to_string(),
    );
    assert_eq!(ask(embed).status, 200);
    assert_eq!(ask(Request::get("/v1/models/sandbox-chat")).status, 404);
    let refused = ask(Request::chat("sandbox-chat", "x", Streamed::No));
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (404, &"model_not_found".into())
    );
    let refused = ask(Request::messages("sandbox-chat", "x", Streamed::No));
    assert_eq!(
        (refused.status, &refused.json()["error"]["type"]),
        (404, &"not_found_error".into())
    );
}

both_databases! {
    fn a_key_ends_at_its_time_and_says_so(database) {
        let site = Site::new(database);
        site.customer(EMAIL, "1.00");
        let serving = site.serve();
        let brief = key(&site, &["--name", "brief", "--expires", "5s"]);
        let ask = Request::chat("sandbox-chat", "x", Streamed::No).key(&brief);
        wait::until_true(TWO_SECONDS, "the key works", || serving.send(&ask).status == 200);
        let refused = wait::until(TWO_SECONDS * 4, "the key is refused", || {
            Some(serving.send(&ask)).filter(|answer| answer.status != 200)
        });
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (401, &"invalid_api_key".into()));
        assert!(refused.text().contains("This API key ended at 20"), "{}", refused.text());
        assert_eq!(serving.send(&Request::get("/v1/candor/key").key(&brief)).status, 401);
        let listed = site.cli_json(&["key", "list", "--account", EMAIL]);
        let states: Vec<&Value> = listed["keys"].as_array().unwrap().iter().map(|key| &key["state"]).collect();
        assert_eq!(states, ["live", "expired"]);
    }
}

#[test]
fn a_key_tells_what_it_may_do() {
    let site = Site::new(Database::sqlite());
    let all = site.customer(EMAIL, "1.00");
    let limits = "requests=60/m,tokens=100000/h,concurrent=8";
    let narrow = key(
        &site,
        &[
            "--name",
            "narrow",
            "--scope",
            "sandbox",
            "--model",
            "sandbox-chat",
            "--limit",
            "concurrent=8,tokens=100000/h",
            "--limit",
            "requests=60/m",
            "--expires",
            "2999-01-31",
        ],
    );
    let listed = site.cli_json(&["key", "list", "--account", EMAIL]);
    let key = &listed["keys"][1];
    assert_eq!(
        (&key["models"], &key["limits"]),
        (&json!(["sandbox-chat"]), &json!(limits)),
        "{listed}"
    );
    assert_eq!(
        (&key["scope"], &key["expires_at"]),
        (&json!("sandbox"), &json!("2999-01-31T00:00:00Z"))
    );
    let lines = site.cli_ok(&["key", "list", "--account", EMAIL]);
    assert!(
        lines.contains(&format!(
            "live, until 2999-01-31T00:00:00Z, {limits}, only sandbox-chat"
        )),
        "{lines}"
    );

    let serving = site.serve();
    let tell = |key: &str| serving.send(&Request::get("/v1/candor/key").key(key)).json();
    let told = tell(&narrow);
    assert_eq!(
        (&told["scope"], &told["models"]),
        (&json!("sandbox"), &json!(["sandbox-chat"]))
    );
    assert_eq!(
        (&told["limits"]["requests"]["limit"], &told["limits"]["requests"]["per"]),
        (&json!(60), &json!("minute"))
    );
    assert_eq!(
        (&told["limits"]["tokens"]["limit"], &told["limits"]["tokens"]["per"]),
        (&json!(100_000), &json!("hour"))
    );
    assert_eq!(told["limits"]["concurrent"]["limit"], 8);
    assert_eq!(
        (&tell(&all)["limits"], &tell(&all)["expires_at"]),
        (&json!({}), &Value::Null)
    );
}
