//! What a response costs by its vendor's price list: pure, exact, and by the prices of its own day.

mod catalog;
mod embedded;
mod litellm;
mod names;
mod price;
mod renewal;

pub use catalog::{Catalog, CatalogError, Dated, Found};
pub use litellm::{litellm, price};
pub use price::{Mode, Price, Rates, Tier};
pub use renewal::renewal;
