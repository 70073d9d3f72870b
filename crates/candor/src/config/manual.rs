//! The reference and the sample file, made from the declarations. A test compares them with `docs/reference/configuration.md` and
//! `candor.sample.toml`; `CANDOR_BLESS=1` rewrites those.

use super::key::{Default, Key, Section};
use super::model::Model;
use super::provider::Provider;
use super::{Table, policy, tables};
use ::policy::Document;

/// What `[[provider]]` and `[[model]]` look like.
const EXAMPLE: &str = r#"# [[provider]]
# name = "openai"
# kind = "openai"
# base_url = "https://api.openai.com/v1"
# key = { env = "OPENAI_API_KEY" }
# region = "us"
#
# [[model]]
# name = "gpt-4o-mini"
# routes = ["openai/gpt-4o-mini"]
# price = { currency = "EUR", input = "0.15", output = "0.60" }
"#;

/// `docs/reference/configuration.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n<!-- Made from the declarations in crates/candor/src/config; `CANDOR_BLESS=1 cargo test -p candor` rewrites it. -->\n\n\
         Candor reads `candor.toml` in the folder that it is started in, or the file that `--config` names; without a file every default below\n\
         holds. The environment wins over the file: `CANDOR__SECTION__KEY`, for instance `CANDOR__SERVER__LISTEN`. Providers and models stand in\n\
         the file alone. `candor config check` says what is wrong, `candor config show` where each value comes from.\n",
    );
    for table in tables() {
        page.push_str(&format!("\n## `[{}]`\n\n{}\n\n", table.name, sentences(table.about)));
        rows(&mut page, table.keys, Environment::Shown);
    }
    for list in lists() {
        page.push_str(&format!("\n## `[[{}]]`\n\n{}\n\n", list.name, sentences(list.about)));
        rows(&mut page, list.keys, Environment::None);
    }
    policy_rows(&mut page);
    page
}

/// `candor.sample.toml`: every key with its default, commented out.
pub fn sample() -> String {
    let mut text = String::from(
        "# Every key of Candor with its default. Copy what you change into candor.toml.\n\
         # Any single key can also be set in the environment: CANDOR__SECTION__KEY.\n",
    );
    for table in tables() {
        text.push('\n');
        comment(&mut text, table.about);
        text.push_str(&format!("[{}]\n", table.name));
        for key in table.keys {
            comment(&mut text, key.about);
            match key.default {
                Default::Toml(default) => text.push_str(&format!("# {} = {default}\n", key.name)),
                Default::Unset | Default::Required => text.push_str(&format!("# {} = … # {}\n", key.name, key.expects)),
            }
        }
    }
    for list in lists() {
        text.push('\n');
        comment(&mut text, list.about);
    }
    text.push_str(EXAMPLE);
    text
}

fn policy_rows(page: &mut String) {
    let Ok(document) = Document::embedded() else { return };
    page.push_str(&format!(
        "\n## `[{}]`\n\nNumbers that people are promised. Only stricter ones are taken, and the page shows them; a weaker one ends every command.\n\n\
         | key | promised | meaning | promise | environment |\n| --- | --- | --- | --- | --- |\n",
        policy::SECTION
    ));
    for parameter in &document.parameters {
        let environment = parameter.key.replace('.', "__").to_uppercase();
        page.push_str(&format!(
            "| `{}` | `{}` | {} | {} | `CANDOR__POLICY__{environment}` |\n",
            parameter.key, parameter.value, parameter.means, parameter.promise
        ));
    }
    let controller = &document.controller;
    page.push_str(&format!(
        "\n`{}`, `{}` and `{}` say who answers for the data; a policy can't be published without them.\n",
        controller.name, controller.address, controller.privacy_contact
    ));
}

#[derive(Clone, Copy)]
enum Environment {
    Shown,
    None,
}

fn lists() -> [Table; 2] {
    [
        Table {
            name: Provider::NAME,
            about: Provider::ABOUT,
            keys: Provider::KEYS,
        },
        Table {
            name: Model::NAME,
            about: Model::ABOUT,
            keys: Model::KEYS,
        },
    ]
}

fn rows(page: &mut String, keys: &[Key], environment: Environment) {
    let (head, line) = match environment {
        Environment::Shown => (" environment |", " --- |"),
        Environment::None => ("", ""),
    };
    page.push_str(&format!(
        "| key | default | meaning | write |{head}\n| --- | --- | --- | --- |{line}\n"
    ));
    for key in keys {
        let default = match key.default {
            Default::Required => "required".to_owned(),
            Default::Unset => "not set".to_owned(),
            Default::Toml(text) => format!("`{text}`"),
        };
        page.push_str(&format!(
            "| `{}` | {default} | {} | {} |",
            key.name,
            sentences(key.about),
            key.expects
        ));
        if let Environment::Shown = environment {
            let also = key.also.map_or_else(String::new, |name| format!(" or `{name}`"));
            page.push_str(&format!(" `{}`{also} |", key.environment()));
        }
        page.push('\n');
    }
}

fn sentences(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        text.push_str(&format!("# {}\n", line.trim()));
    }
}
