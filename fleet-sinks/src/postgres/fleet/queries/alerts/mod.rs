//! Lists and acknowledges alerts.

mod acknowledge;
mod item;
mod list;
mod row;

pub use acknowledge::{AlertAcknowledgement, acknowledge_alert};
pub use item::AlertItem;
pub use list::{AlertFilter, alerts};
pub(super) use row::alert;
