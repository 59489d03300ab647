//! Running a pipeline to its end on a single-threaded runtime.

use std::future::Future;

use fleet_core::{Result, pipeline::Report};

/// Returns the pipeline's report, after checking that it balances.
pub(crate) fn block_on(run: impl Future<Output = Result<Report>>) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let report = runtime.block_on(run).unwrap();
    assert!(report.balances(), "{report:?}");
    report
}
