//! Results as text for people and as JSON for programs.

mod closing;
mod driving;
pub(crate) mod format;
mod lag;
mod pipelines;
mod scores;
pub(crate) mod trip;

pub(crate) use closing::ClosingReport;
pub(crate) use driving::DrivingTotals;
pub(crate) use lag::Lags;
pub(crate) use pipelines::{pipeline_json, pipeline_text, tables_text};
pub(crate) use scores::ScoreTotals;
