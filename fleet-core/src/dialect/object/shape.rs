use super::target::Target;
use crate::event::Origin;

/// The keys of one message, in the order in which its system writes them.
#[derive(Debug)]
pub(crate) struct Shape<T: Target> {
    /// What a record is called in messages.
    pub(crate) name: &'static str,
    /// Whose messages these are.
    pub(crate) origin: Origin,
    /// At most 64.
    pub(crate) fields: &'static [Field<T>],
}

/// One key and what it sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<T> {
    pub(crate) key: &'static str,
    pub(crate) head: Head,
    pub(crate) sets: T,
}

/// A key as JSON and the colon, ready to be compared.
#[derive(Clone, Copy, Debug)]
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
