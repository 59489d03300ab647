//! Lists and acknowledges alerts.

mod acknowledge;
mod list;
mod row;

pub use acknowledge::acknowledge_alert;
pub use list::{AlertFilter, alerts};
pub(super) use row::alert;
