//! The one place for settings.

use std::time::Duration;

use criterion::Criterion;

/// Short enough for a laptop's patience, long enough to see a change of a tenth.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(20)
}
