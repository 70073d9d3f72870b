//! Configuration: one struct a file, each key declared once.
//!
//! Promises: every value has an origin that `config show` names; every mistake is one sentence with file, line, key, what is wrong and
//! what to write; no secret is ever printed; the reference and the sample file are made from the same declarations.
//! Leaves out: what the values do. Nothing is opened and nobody is asked, so that `config check` is safe anywhere.

mod calling;
pub mod credential;
pub mod filter;
pub mod key;
pub mod limits;
pub mod live;
pub mod log;
pub mod manual;
pub mod modality;
pub mod model;
pub mod money;
pub mod nearest;
pub mod policy;
pub mod price;
pub mod prices;
pub mod problem;
pub mod provider;
pub mod reader;
mod rules;
pub mod server;
pub mod sources;
pub mod storage;
pub mod value;

use std::path::PathBuf;

use toml::de::DeTable;

use self::key::{Key, Section};
use self::problem::{Origin, Problem, Problems};
use self::reader::{Reader, Shown};
use self::value::Value;

pub use self::credential::Credential;
pub use self::modality::Modality;
pub use self::model::{Model, OnRetirement, Route};
pub use self::policy::Policy;
pub use self::price::ListPrice;
pub use self::prices::PriceList;
pub use self::provider::{Kind, Provider};
pub use self::sources::Sources;
pub use self::storage::Durability;

/// Declares the tables of single keys, in the order of the reference.
macro_rules! configuration {
    ($($field:ident: $Section:ty),+ $(,)?) => {
        /// Everything that an operator may decide, checked.
        #[derive(Debug, Clone)]
        pub struct Config {
            $( #[doc = concat!("`[", stringify!($field), "]`.")] pub $field: $Section, )+
            /// `[[provider]]`, in the order of the file.
            pub providers: Vec<Provider>,
            /// `[[model]]`, in the order of the file.
            pub models: Vec<Model>,
            /// `[policy]`: the numbers in force, and who answers.
            pub policy: Policy,
            /// What `money.prices` names.
            pub price_list: PriceList,
            /// The file that was read, as it was named; none if there was none.
            pub file: Option<String>,
            /// Every value with its origin, for `config show`.
            pub shown: Vec<Shown>,
        }

        /// The tables of single keys: name, about, keys.
        fn tables() -> Vec<Table> {
            vec![$( Table { name: <$Section>::NAME, about: <$Section>::ABOUT, keys: <$Section>::KEYS } ),+]
        }

        fn read_tables(reader: &mut Reader<'_>, lists: Option<Lists>) -> Option<Config> {
            $( let $field = <$Section>::read(reader); )+
            let Lists { providers, models, policy } = lists?;
            Some(Config { $( $field: $field?, )+ providers, models, policy, price_list: PriceList::default(), file: None, shown: Vec::new() })
        }
    };
}

configuration! {
    server: server::Server,
    operations: server::Operations,
    data: storage::Data,
    database: storage::Database,
    cache: storage::Cache,
    objects: storage::Objects,
    keys: storage::Keys,
    spool: storage::Spool,
    money: money::Money,
    limits: limits::Limits,
    upstream: limits::Upstream,
    auth: limits::Auth,
    serve: limits::Serve,
    filter: filter::Filter,
    log: log::Log,
}

/// What stands in lists, and what others declare.
struct Lists {
    providers: Vec<Provider>,
    models: Vec<Model>,
    policy: Policy,
}

impl Lists {
    fn read<'a>(reader: &mut Reader<'a>, table: &'a DeTable<'a>) -> Option<Self> {
        let providers = reader.items::<Provider>(table);
        let models = reader.items::<Model>(table);
        let written = reader.foreign(table, policy::SECTION);
        match Policy::read(&written) {
            Ok((policy, mut shown)) => {
                reader.shown.append(&mut shown);
                Some(Self {
                    providers,
                    models,
                    policy,
                })
            }
            Err(problem) => {
                reader.problems.push(problem);
                None
            }
        }
    }
}

/// A declared table, for the manual.
#[derive(Debug, Clone, Copy)]
struct Table {
    name: &'static str,
    about: &'static [&'static str],
    keys: &'static [Key],
}

impl Config {
    /// Reads and checks a configuration, its price list among it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let config = Self::load_without_prices(sources)?;
        let problems = config.check_prices();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(Problems::in_order(problems))
        }
    }

    /// The same for whoever makes the price list: models may lack a price.
    ///
    /// # Errors
    /// Everything else that is wrong with it.
    pub fn load_without_prices(sources: &Sources) -> Result<Self, Problems> {
        let config = Self::load_alone(sources)?;
        let price_list = match &config.money.prices {
            Some(path) => PriceList::load(path, sources)?,
            None => PriceList::default(),
        };
        Ok(Self { price_list, ..config })
    }

    fn load_alone(sources: &Sources) -> Result<Self, Problems> {
        let text = sources.file.as_ref().map_or("", |(_, text)| text.as_str());
        let table = DeTable::parse(text).map_err(|e| not_toml(sources, text, &e))?;
        let table = table.get_ref();
        let keys: Vec<Key> = tables().iter().flat_map(|table| table.keys).copied().collect();
        let mut reader = Reader::new(sources, table, &keys, &[Provider::NAME, Model::NAME, policy::SECTION]);
        let lists = Lists::read(&mut reader, table);
        let config = read_tables(&mut reader, lists);
        if let (Some(config), true) = (&config, reader.problems.is_empty()) {
            rules::check(config, &mut reader);
        }
        let shown = std::mem::take(&mut reader.shown);
        match config {
            Some(config) if reader.problems.is_empty() => {
                let file = sources.file.as_ref().map(|(name, _)| name.clone());
                Ok(Self { file, shown, ..config })
            }
            _ => Err(Problems::in_order(reader.problems)),
        }
    }

    /// The keyring's place.
    pub fn keyring(&self) -> PathBuf {
        self.keys
            .keyring
            .clone()
            .unwrap_or_else(|| self.data.dir.join("keyring"))
    }

    /// Whether all secrets that `serve` needs are there.
    ///
    /// # Errors
    /// Each variable or file that is missing.
    pub fn check_secrets(&self) -> Result<(), Problems> {
        let mut missing = Vec::new();
        let database = self.database.url.iter().map(|url| ("database.url".to_owned(), url));
        let keys = self.keys.url.iter().map(|url| ("keys.url".to_owned(), url));
        let providers = self.providers.iter().enumerate();
        let providers = providers.flat_map(|(at, provider)| {
            let name = if provider.key.is_some() { "key" } else { "keys" };
            let key = format!("provider[{}].{name}", at + 1);
            provider.all_keys().map(move |(secret, _)| (key.clone(), secret))
        });
        for (key, credential) in database.chain(keys).chain(providers) {
            if let Err(wrong) = credential.secret() {
                missing.push(Problem::new(self.origin(&key), key, wrong, Credential::EXPECTS));
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Problems::in_order(missing))
        }
    }

    /// Where a key was written.
    pub fn origin(&self, key: &str) -> Origin {
        self.shown
            .iter()
            .find(|shown| shown.key == key)
            .map_or(Origin::Default, |shown| shown.origin.clone())
    }
}

fn not_toml(sources: &Sources, text: &str, error: &toml::de::Error) -> Problem {
    let file = sources.file.as_ref().map(|(name, _)| name.clone()).unwrap_or_default();
    let line = reader::line_of(text, error.span().map_or(0, |span| span.start));
    Problem::new(
        Origin::File { file, line },
        "",
        format!("this is no TOML: {}", error.message().replace('\n', ", ")),
        "",
    )
}
