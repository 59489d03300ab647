//! Converts columns of the server to types of the library.

use std::{error::Error, time::SystemTime};

use fleet_core::{EventTime, dialect::Maybe};
use serde::de::{
    DeserializeOwned,
    value::{self, StrDeserializer},
};
use serde_json::Number;
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};

/// Reads a column of times.
pub(super) fn time(row: &Row, column: &str) -> Result<EventTime, tokio_postgres::Error> {
    row.try_get::<_, SystemTime>(column).map(EventTime::from)
}

/// Reads a nullable column of times.
pub(super) fn maybe_time(
    row: &Row,
    column: &str,
) -> Result<Option<EventTime>, tokio_postgres::Error> {
    Ok(row
        .try_get::<_, Option<SystemTime>>(column)?
        .map(EventTime::from))
}

/// Reads a column of counts, which are never negative.
pub(super) fn count(row: &Row, column: &str) -> Result<u64, tokio_postgres::Error> {
    let count: i64 = row.try_get(column)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A number of a response; null if there is none or it is not finite.
pub(super) fn number(value: Option<f64>) -> Maybe<Number> {
    Maybe::or_null(value.and_then(Number::from_f64))
}

/// A mean; `None` for a count of 0.
pub(super) fn mean(sum: Option<f64>, count: u64) -> Option<f64> {
    sum.filter(|_| count > 0).map(|sum| sum / count as f64)
}

/// A text that is parsed as an id or an enumeration.
pub(super) struct Text<T>(pub(super) T);

impl<'a, T: DeserializeOwned> FromSql<'a> for Text<T> {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let text = StrDeserializer::<value::Error>::new(<&str>::from_sql(of, raw)?);
        Ok(Self(T::deserialize(text)?))
    }
    fn accepts(of: &Type) -> bool {
        <&str as FromSql<'_>>::accepts(of)
    }
}

/// Reads a column of ids or enumerations.
pub(super) fn text<T: DeserializeOwned>(
    row: &Row,
    column: &str,
) -> Result<T, tokio_postgres::Error> {
    row.try_get(column).map(|Text(value)| value)
}

/// Reads a nullable column of ids or enumerations.
pub(super) fn maybe_text<T: DeserializeOwned>(
    row: &Row,
    column: &str,
) -> Result<Option<T>, tokio_postgres::Error> {
    Ok(row
        .try_get::<_, Option<Text<T>>>(column)?
        .map(|Text(value)| value))
}
