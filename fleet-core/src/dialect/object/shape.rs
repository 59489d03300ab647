use crate::{dialect::unit::Unit, event::Signal};

/// The keys of one dialect, in the order in which its system writes them.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What a record is called in messages.
    pub(crate) name: &'static str,
    /// At most 64.
    pub(crate) fields: &'static [Field],
}

/// One key and what it sets.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) head: Head,
    pub(crate) sets: Sets,
}

/// A key as JSON and the colon, ready to be compared.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) text: &'static str,
    /// Its first and its last eight bytes, if that is all of it.
    pub(super) words: Option<(u64, u64)>,
}

impl Head {
    pub(crate) const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let words = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) if bytes.len() <= 16 => {
                Some((u64::from_le_bytes(*first), u64::from_le_bytes(*last)))
            }
            _ => None,
        };
        Self { text, words }
    }
}

/// What a key sets in the event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sets {
    /// The vehicle's id: a text, required.
    Vehicle,
    /// The fleet's id: a text.
    Fleet,
    /// The event time: a text, required.
    Time,
    /// The one-word state: a text.
    Status,
    /// A signal: a number in `unit`.
    Number {
        signal: Signal,
        unit: Unit,
        /// The places that are written; `None` writes all there are.
        decimals: Option<u8>,
    },
}

impl Sets {
    /// A signal in the model's own unit.
    pub(crate) const fn signal(signal: Signal) -> Self {
        Self::Number {
            signal,
            unit: Unit::Canonical,
            decimals: None,
        }
    }
    /// A signal in another unit, written with so many places.
    pub(crate) const fn converted(signal: Signal, unit: Unit, decimals: u8) -> Self {
        Self::Number {
            signal,
            unit,
            decimals: Some(decimals),
        }
    }
    /// What it takes, in words.
    pub(crate) const fn takes(self) -> &'static str {
        match self {
            Self::Vehicle | Self::Time => "a text",
            Self::Fleet | Self::Status => "a text or null",
            Self::Number { .. } => "a number or null",
        }
    }
}

/// A table of keys that need no escape in JSON.
macro_rules! fields {
    ($($key:literal => $sets:expr,)*) => {
        &[$($crate::dialect::object::Field {
            key: $key,
            head: $crate::dialect::object::Head::new(concat!("\"", $key, "\":")),
            sets: $sets,
        },)*]
    };
}
pub(crate) use fields;
