//! The closing check.

use super::{Fallible, input::Plain, place::Place};

/// Compares what is stored with the plain loop, and says what it is.
pub(crate) async fn check(plain: &Plain, place: &Place) -> Fallible<String> {
    let expected = plain.totals();
    assert_eq!(place.totals().await?, expected);
    let (waiting, written) = place.log().await?;
    assert_eq!(
        (waiting, written),
        (0, plain.trips),
        "each trip went through the log once"
    );
    Ok(format!(
        "{} trips of {} drivers",
        plain.trips,
        expected.len()
    ))
}
