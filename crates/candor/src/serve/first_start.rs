//! What a first start prints: a key that may only use sandbox models, with test credit, and a command line that works.
//!
//! Promises: only with an empty store and only on loopback, so that no key of an instance that others can reach lands in a log;
//! printed once, because the token is stored nowhere.

use base::money::Micro;
use store::keys::Found;

use super::{Greeting, ServeError};
use crate::gateway::providers::sandbox;
use crate::instance::Instance;
use crate::people::accounts::NewAccount;
use crate::people::keys::Scope;
use crate::people::{Email, PeopleError, Role};

/// An address that no mail can reach (RFC 2606).
const EMAIL: &str = "sandbox@candor.invalid";
const KEY_NAME: &str = "first start";
const TEST_CREDIT: &str = "10.00";
/// How people get in.
const FIRST_COMMANDS: [&str; 3] = [
    "account create --email you@example.org --admin",
    "credit grant --account you@example.org --amount 10.00",
    "key create --account you@example.org",
];

/// Makes and prints the key, if this is a first start.
pub(super) async fn greet(instance: &Instance, greeting: &mut Greeting<'_>) -> Result<(), ServeError> {
    if !instance.config.server.listen.ip().is_loopback() || !instance.people.is_empty().await? {
        return Ok(());
    }
    let email = Email::parse(EMAIL)?;
    let new = NewAccount {
        email,
        username: Some("Sandbox".to_owned()),
        role: Role::Member,
        password: None,
    };
    let account = match instance.people.create_account(new).await {
        // Another process that started at the same moment greets.
        Err(PeopleError::AccountExists) => return Ok(()),
        made => made?,
    };
    let credit: Micro = TEST_CREDIT.parse().expect("the amount above is a decimal number");
    let currency = instance.config.money.currency;
    instance
        .credit()
        .await?
        .grant(account.org, credit, currency, &*instance.machine.random)
        .await?;
    let key = instance
        .people
        .create_key(account, Some(KEY_NAME), Scope::Sandbox)
        .await?;
    let words = words(instance, &greeting.program, key.token.expose());
    if let Err(error) = greeting
        .out
        .write_all(words.as_bytes())
        .and_then(|()| greeting.out.flush())
    {
        tracing::warn!(error = %error, "the first key could not be printed: make one with `candor key create`");
    }
    Ok(())
}

fn words(instance: &Instance, program: &str, token: &str) -> String {
    let config = &instance.config;
    let scheme = if config.server.tls_certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let (listen, currency, model) = (config.server.listen, config.money.currency, sandbox::CHAT_MODEL);
    let and = match config.needed_variables().as_slice() {
        [] => String::new(),
        variables => format!(", with {} set as here", variables.join(", ")),
    };
    let mut words = format!(
        "Candor answers on {scheme}://{listen}\n\n\
         This key may only use the built-in test model and has {TEST_CREDIT} {currency} of test credit. It is shown this once:\n\n  \
         {token}\n\n\
         Try it in another terminal:\n\n  \
         curl -N {scheme}://{listen}/v1/chat/completions \\\n    \
         -H 'authorization: Bearer {token}' \\\n    \
         -H 'content-type: application/json' \\\n    \
         -d '{{\"model\":\"{model}\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'\n\n\
         Each answer names its receipt in the header x-candor-receipt (curl -i shows it): {scheme}://{listen}/v1/candor/receipts/…\n\n\
         For models of your own, see candor.sample.toml; for people, while this runs or not{and}:\n\n"
    );
    for arguments in FIRST_COMMANDS {
        words.push_str(&format!("  {}\n", config.command_line(program, arguments)));
    }
    words.push('\n');
    if instance.keyring == Found::New {
        words.push_str(&format!(
            "Keep {} safe, apart from backups: whoever loses it loses all sealed data, whoever copies it keeps what should end.\n\n",
            config.keyring().display()
        ));
    }
    words
}
