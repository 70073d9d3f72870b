//! The prices of everything that can be asked for: the configured models' and the sandbox's test price.

use base::unit::Unit;

use crate::config::Config;
use crate::gateway::providers::sandbox;
use crate::money::prices::{ModelPrice, PriceError, Prices};

/// What a million tokens of a sandbox model cost, in the currency of the books: a test price, charged to test credit.
const SANDBOX_INPUT: &str = "1.00";
const SANDBOX_OUTPUT: &str = "2.00";

/// Every price, in the currency of the books.
///
/// # Errors
/// A model stands twice, or is priced in another currency; the configuration's rules have refused both before.
pub(super) fn prices(config: &Config) -> Result<Prices, PriceError> {
    let currency = config.money.currency;
    let test = |amount: &str| amount.parse().expect("the test prices above are decimal numbers");
    let listed = [(Unit::Input, test(SANDBOX_INPUT)), (Unit::Output, test(SANDBOX_OUTPUT))];
    let sandbox = sandbox::MODELS.map(|model| ModelPrice::new(model, currency, &listed));
    let configured = config.models.iter().filter_map(|model| {
        let price = config.price_of(model)?.price;
        Some(ModelPrice::new(&model.name, price.currency, &price.units))
    });
    Prices::new(currency, configured.chain(sandbox).collect())
}
