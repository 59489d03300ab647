//! Runs a pipeline to its end.

use std::future::Future;

use fleet_core::{Result, pipeline::Report};

/// What the pipeline reports, which balances.
pub(crate) fn block_on(run: impl Future<Output = Result<Report>>) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let report = runtime.block_on(run).unwrap();
    assert!(report.balances(), "{report:?}");
    report
}
