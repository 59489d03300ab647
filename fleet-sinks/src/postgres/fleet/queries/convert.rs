//! Between the server's types and ours.

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

/// A column of times.
pub(super) fn time(row: &Row, column: &str) -> Result<EventTime, tokio_postgres::Error> {
    row.try_get::<_, SystemTime>(column).map(EventTime::from)
}

/// A column of times that may be null.
pub(super) fn maybe_time(
    row: &Row,
    column: &str,
) -> Result<Option<EventTime>, tokio_postgres::Error> {
    Ok(row
        .try_get::<_, Option<SystemTime>>(column)?
        .map(EventTime::from))
}

/// A column of counts, which are never negative.
pub(super) fn count(row: &Row, column: &str) -> Result<u64, tokio_postgres::Error> {
    let count: i64 = row.try_get(column)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A number as the systems' messages have it; null where there is none, or none that is finite.
pub(super) fn number(value: Option<f64>) -> Maybe<Number> {
    Maybe::or_null(value.and_then(Number::from_f64))
}

/// A mean; none of nothing.
pub(super) fn mean(sum: Option<f64>, count: u64) -> Option<f64> {
    sum.filter(|_| count > 0).map(|sum| sum / count as f64)
}

/// A text that is an id or a word of ours.
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

/// A column of ids or words.
pub(super) fn text<T: DeserializeOwned>(
    row: &Row,
    column: &str,
) -> Result<T, tokio_postgres::Error> {
    row.try_get(column).map(|Text(value)| value)
}

/// A column of ids or words that may be null.
pub(super) fn maybe_text<T: DeserializeOwned>(
    row: &Row,
    column: &str,
) -> Result<Option<T>, tokio_postgres::Error> {
    Ok(row
        .try_get::<_, Option<Text<T>>>(column)?
        .map(|Text(value)| value))
}
