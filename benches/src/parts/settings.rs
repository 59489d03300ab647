//! The criterion settings that all groups share.

use std::time::Duration;

use criterion::Criterion;

/// Short enough to run on a laptop, long enough to detect a change of 10 %.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(20)
}
