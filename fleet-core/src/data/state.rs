//! The trait of values that a snapshot can hold, and the encodings of basic types.

/// A value that survives a restart, such as the state of a key or a buffered event.
///
/// # Guarantees
/// `decode(VERSION, encode(x)) == x`. A newer version decodes what older versions wrote, or returns
/// `None`. Then the pipeline stops with an error instead of continuing from a wrong state.
///
/// # Examples
/// ```
/// use fleet_core::State;
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Trip { started: i64, km: f64 }
/// fleet_core::state_by_serde!(Trip, 1);
///
/// let (trip, mut bytes) = (Trip { started: 5, km: 1.5 }, Vec::new());
/// trip.encode(&mut bytes);
/// assert_eq!(Trip::decode(Trip::VERSION, &mut bytes.as_slice()), Some(trip));
/// ```
pub trait State: Clone + Send + Sync + 'static {
    /// The version of the encoding. Increase it when [`encode`](Self::encode) changes.
    const VERSION: u16;
    /// Appends the encoded value.
    fn encode(&self, to: &mut Vec<u8>);
    /// Decodes a value and advances `from` past it. Returns `None` if the bytes are truncated or
    /// the version is unknown.
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self>;
}

/// Implements [`State`] for a type that implements serde's traits.
///
/// The encoding is MessagePack with named fields, so every serde attribute works (skipped fields,
/// defaults, tagged and flattened types), and so do numbers that are not finite. For events that
/// wait in order buffers in large numbers, a hand-written codec is smaller and faster.
#[macro_export]
macro_rules! state_by_serde {
    ($name:ty, $version:literal) => {
        impl $crate::State for $name {
            const VERSION: u16 = $version;
            fn encode(&self, to: &mut Vec<u8>) {
                $crate::state::encode_by_serde(self, to);
            }
            fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
                if version == $version {
                    $crate::state::decode_by_serde(from)
                } else {
                    None
                }
            }
        }
    };
}
pub use crate::state_by_serde;

/// Appends a value as MessagePack. [`state_by_serde!`](crate::state_by_serde) expands to this.
///
/// If the value's `Serialize` fails, the entry is empty and a restart rejects it. A round-trip test
/// of the type, `decode(encode(x))`, detects this.
pub fn encode_by_serde(value: &impl serde::Serialize, to: &mut Vec<u8>) {
    put_bytes(&rmp_serde::to_vec_named(value).unwrap_or_default(), to);
}

/// The inverse of [`encode_by_serde`].
pub fn decode_by_serde<T: serde::de::DeserializeOwned>(from: &mut &[u8]) -> Option<T> {
    rmp_serde::from_slice(take_bytes(from)?).ok()
}

/// Appends the length of the bytes, then the bytes.
pub fn put_bytes(bytes: &[u8], to: &mut Vec<u8>) {
    put_length(bytes.len(), to);
    to.extend_from_slice(bytes);
}

/// Takes the bytes that [`put_bytes`] appended.
pub fn take_bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_length(from)?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}

/// Appends a count as four bytes.
pub fn put_length(length: usize, to: &mut Vec<u8>) {
    u32::try_from(length).unwrap_or(u32::MAX).encode(to);
}

/// Takes a count. Do not allocate by it: the bytes may be damaged.
pub fn take_length(from: &mut &[u8]) -> Option<usize> {
    usize::try_from(u32::decode(0, from)?).ok()
}

macro_rules! plain {
    ($($name:ty),*) => {$(
        impl State for $name {
            const VERSION: u16 = 0;
            fn encode(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
            fn decode(_: u16, from: &mut &[u8]) -> Option<Self> {
                let (head, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*head))
            }
        }
    )*};
}
plain!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64);

impl State for crate::data::EventTime {
    const VERSION: u16 = 0;
    fn encode(&self, to: &mut Vec<u8>) {
        self.as_micros().encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        i64::decode(version, from).map(Self::from_micros)
    }
}

/// The empty state, for operators that look at one row at a time.
impl State for () {
    const VERSION: u16 = 0;
    fn encode(&self, _: &mut Vec<u8>) {}
    fn decode(_: u16, _: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}
