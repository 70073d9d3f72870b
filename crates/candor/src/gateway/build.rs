//! Putting a gateway together from the configuration and the opened stores.

use super::Gateway;
use super::budget::Budget;
use super::lasting::Lasting;
use super::limits::Limiter;
use super::providers::{Kind, Provider, ProviderKeys, UnfitKey, anthropic, openai, sandbox};
use super::routing::{Capabilities, Catalogue, Ending, Model, Order, Route};
use crate::config::{self, Config};
use crate::filter::Screen;
use crate::money::credit::Credit;
use crate::money::prices::{ModelPrice, Prices};
use crate::people::keys::Callers;
use crate::privacy::gate::Gate;
use base::clock::Clock;
use base::limits::Limits;
use base::random::Random;
use egress::{Client, Options, Refused, Register};
use policy::Days;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::keys::Keys;
use store::spool::Spool;

/// How long an unused connection to a provider is kept: below the idle limit of common load balancers.
const KEEP_IDLE: Duration = Duration::from_secs(50);
/// Where OpenAI itself answers.
const OPENAI_HOST: &str = "api.openai.com";
/// Most unused connections a provider.
const IDLE_CONNECTIONS: usize = 1024;

/// What a gateway is made of besides the configuration.
pub struct Parts {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Who may come in.
    pub callers: Arc<Callers>,
    /// Who may be served.
    pub gate: Arc<Gate>,
    /// Sealing.
    pub keys: Arc<Keys>,
    /// Recording.
    pub spool: Arc<Spool>,
    /// Paying.
    pub credit: Arc<Credit>,
    /// The prices of all models, the sandbox's among them.
    pub prices: Prices,
    /// What it takes over from the gateway before.
    pub lasting: Lasting,
    /// Days of the generation log after the operator's overrides.
    pub generation_log: Option<Days>,
}

/// Why no gateway can be built from a configuration.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A provider's address.
    #[error("provider '{provider}': {error}")]
    Endpoint {
        /// Its name.
        provider: String,
        /// What is wrong.
        error: Refused,
    },
    /// A provider's key.
    #[error("provider '{0}': its key holds characters that no HTTP header can carry")]
    Key(String),
    /// A provider's key that can't be read.
    #[error("provider '{provider}': {error}")]
    NoKey {
        /// Its name.
        provider: String,
        /// What is wrong.
        error: String,
    },
    /// A route without a provider.
    #[error("model '{model}': there is no provider '{provider}'")]
    Route {
        /// The model.
        model: String,
        /// The name in its route.
        provider: String,
    },
    /// A model without a price.
    #[error("model '{0}' has no price")]
    Price(String),
}

impl Gateway {
    /// A gateway for `config`.
    ///
    /// # Errors
    /// If a provider or a route of the configuration can't be used.
    pub fn new(config: &Config, parts: Parts) -> Result<Arc<Self>, BuildError> {
        let register = register(config);
        let providers = providers(config, &register, &parts.clock)?;
        Ok(Arc::new(Self {
            catalogue: catalogue(config, &providers, &parts.prices)?,
            screen: Screen::new(&config.filter.block),
            limits: config.limits.clone(),
            upstream: config.upstream.clone(),
            retries: Budget::new(&config.upstream, &*parts.clock),
            currency: config.money.currency,
            meters: parts.lasting.meters,
            bodies: parts.lasting.bodies,
            heavy: parts.lasting.heavy,
            counting: parts.lasting.counting,
            draining: parts.lasting.draining,
            end_users: parts.lasting.end_users,
            limiter: Arc::new(Limiter::new(
                &config.limits,
                parts.lasting.counted,
                Arc::clone(&parts.clock),
            )),
            clock: parts.clock,
            random: parts.random,
            callers: parts.callers,
            gate: parts.gate,
            keys: parts.keys,
            spool: parts.spool,
            credit: parts.credit,
            generation_log: parts.generation_log,
        }))
    }
}

/// The hosts that this instance may reach: those of the configured providers and no others.
fn register(config: &Config) -> Register {
    let mut register = Register::default();
    for provider in &config.providers {
        if let Some(host) = egress::register::host_of(&provider.base_url.uri().to_string()) {
            register.allow(&host, &provider.name, provider.insecure.as_deref());
        }
    }
    register
}

fn providers(
    config: &Config,
    register: &Register,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Arc<Provider>>, BuildError> {
    let options = Options {
        connect: config.upstream.connect,
        first_byte: config.upstream.first_byte,
        keep_idle: KEEP_IDLE,
        idle_connections: IDLE_CONNECTIONS,
    };
    let mut providers = BTreeMap::from([(sandbox::NAME.to_owned(), Arc::new(Provider::sandbox()))]);
    for provider in &config.providers {
        let endpoint = register
            .endpoint(&provider.base_url.uri().to_string())
            .map_err(|error| BuildError::Endpoint {
                provider: provider.name.clone(),
                error,
            })?;
        let client = Client::new(endpoint, options, Arc::clone(clock));
        let keys = provider
            .all_keys()
            .map(|(key, weight)| Ok((key.secret()?.clone(), weight)));
        let keys = keys
            .collect::<Result<Vec<_>, &str>>()
            .map_err(|error| BuildError::NoKey {
                provider: provider.name.clone(),
                error: error.to_owned(),
            })?;
        let kind =
            kind(provider, client, ProviderKeys::new(keys)).map_err(|_| BuildError::Key(provider.name.clone()))?;
        let built = Provider {
            name: provider.name.clone(),
            region: provider.region.clone(),
            kind,
        };
        providers.insert(provider.name.clone(), Arc::new(built));
    }
    Ok(providers)
}

fn kind(provider: &config::Provider, client: Arc<Client>, keys: ProviderKeys) -> Result<Kind, UnfitKey> {
    let facts = match provider.kind {
        config::Kind::Anthropic => return anthropic::Upstream::new(client, keys).map(Kind::Anthropic),
        config::Kind::OpenAi if client.endpoint().authority().host() == OPENAI_HOST => &openai::OPENAI,
        config::Kind::OpenAi => &openai::SERVER,
        config::Kind::Compatible => &openai::COMPATIBLE,
        config::Kind::Mistral => &openai::MISTRAL,
    };
    openai::Upstream::new(client, keys, facts).map(Kind::OpenAi)
}

fn catalogue(
    config: &Config,
    providers: &BTreeMap<String, Arc<Provider>>,
    prices: &Prices,
) -> Result<Catalogue, BuildError> {
    let price = |name: &str| {
        prices
            .of(name)
            .cloned()
            .ok_or_else(|| BuildError::Price(name.to_owned()))
    };
    let mut models = Vec::with_capacity(sandbox::MODELS.len() + config.models.len());
    for name in sandbox::MODELS {
        models.push(sandbox_model(name, &providers[sandbox::NAME], price(name)?));
    }
    for model in &config.models {
        let routes = model.routes.iter().map(|route| {
            let provider = providers.get(&route.provider).ok_or_else(|| BuildError::Route {
                model: model.name.clone(),
                provider: route.provider.clone(),
            })?;
            Ok(Route::new(Arc::clone(provider), route.model.clone()))
        });
        models.push(Model {
            price: price(&model.name)?,
            routes: routes.collect::<Result<_, BuildError>>()?,
            order: Order::new(model.routes.iter().map(|route| route.weight)),
            max_output: model.max_output.get().into(),
            limits: model.limits.unwrap_or_default(),
            name: model.name.clone(),
            aliases: model.aliases.clone(),
            capabilities: Capabilities::of(model),
            ending: Ending::of(model),
        });
    }
    Ok(Catalogue::new(models))
}

fn sandbox_model(name: &str, provider: &Arc<Provider>, price: ModelPrice) -> Model {
    let route = Route::new(Arc::clone(provider), name.to_owned());
    Model {
        name: name.to_owned(),
        aliases: Vec::new(),
        capabilities: Capabilities::default(),
        ending: None,
        price,
        max_output: sandbox::MAX_OUTPUT,
        limits: Limits::NONE,
        routes: vec![route],
        order: Order::default(),
    }
}
