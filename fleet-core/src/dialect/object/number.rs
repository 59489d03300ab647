//! Numbers of JSON, and which of them are whole.

/// Whole numbers up to this one have an exact float, so only they are written without a fraction.
pub(crate) const MAX_EXACT: u64 = 1 << 53;

/// A number, and whether it was written as a whole number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    pub(crate) integer: bool,
}

/// Returns the number that an id is, if JSON would write it in the same way and it has an exact
/// float.
pub(crate) fn whole_id(id: &str) -> Option<i64> {
    let number: i64 = id.parse().ok()?;
    let mut again = [0; 20];
    let mut rest = &mut again[..];
    std::io::Write::write_fmt(&mut rest, format_args!("{number}")).ok()?;
    let left = rest.len();
    let same = again.get(..again.len() - left) == Some(id.as_bytes());
    (same && number.unsigned_abs() <= MAX_EXACT).then_some(number)
}
