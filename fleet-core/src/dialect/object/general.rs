//! Reads any JSON object, keys in any order.

use std::fmt;

use compact_str::CompactString;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::{
    Field, Shape, UnknownKeys,
    draft::{Draft, MAX_EXACT, wrong_kind},
};
use crate::{
    dialect::Refused,
    event::{Layout, Slot, UnknownKey},
    time::TimeReader,
};

/// Completes a fresh draft, or says why the record is no event.
pub(super) fn read(
    shape: &'static Shape,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
    draft: &mut Draft,
) -> Result<(), Refused> {
    let mut from = serde_json::Deserializer::from_str(record);
    let object = Object {
        shape,
        unknown,
        times,
        draft,
    };
    let read = from.deserialize_map(object).and_then(|()| from.end());
    read.map_err(|error| Refused::of_json(&error))
}

struct Object<'a> {
    shape: &'static Shape,
    unknown: UnknownKeys,
    times: &'a mut TimeReader,
    draft: &'a mut Draft,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as a JSON object", self.shape.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = Seen::default();
        let mut slots = Vec::new();
        let mut name = CompactString::default();
        loop {
            let key = map.next_key_seed(Key {
                fields: self.shape.fields,
                expected: seen.last.map_or(0, |last| last + 1),
                name: (self.unknown == UnknownKeys::Kept).then_some(&mut name),
            })?;
            let Some(key) = key else { break };
            if let Some((index, field)) = key {
                seen.add(index)
                    .map_err(|()| A::Error::custom(twice(field.key)))?;
                map.next_value_seed(Value {
                    field,
                    draft: &mut *self.draft,
                    times: &mut *self.times,
                })?;
                if self.unknown == UnknownKeys::Kept {
                    slots.push(Slot::Known(u8::try_from(index).unwrap_or(u8::MAX)));
                }
            } else if self.unknown == UnknownKeys::Kept {
                let json = map.next_value::<&'de RawValue>()?.get();
                seen.in_order = false;
                slots.push(Slot::Unknown(UnknownKey {
                    key: std::mem::take(&mut name),
                    // Between tokens a line end is a space; inside a string it cannot be.
                    json: json.replace(['\n', '\r'], " "),
                }));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if let Some(key) = repeated(&slots) {
            return Err(A::Error::custom(twice(key)));
        }
        self.draft.finish(self.shape).map_err(A::Error::custom)?;
        if !seen.in_order && self.unknown == UnknownKeys::Kept {
            self.draft.event.set_layout(Some(Layout { slots }));
        }
        Ok(())
    }
}

/// Which keys there were.
struct Seen {
    bits: u64,
    last: Option<usize>,
    in_order: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            bits: 0,
            last: None,
            in_order: true,
        }
    }
}

impl Seen {
    fn add(&mut self, index: usize) -> Result<(), ()> {
        let bit = 1 << index;
        if self.bits & bit != 0 {
            return Err(());
        }
        self.bits |= bit;
        self.in_order &= self.last.is_none_or(|last| last < index);
        self.last = Some(index);
        Ok(())
    }
}

fn twice(key: &str) -> String {
    format!("the key {key} is there twice")
}

/// An unknown key that is there twice. Sorted, since a hostile record can have a hundred thousand keys.
fn repeated(slots: &[Slot]) -> Option<&str> {
    let mut keys: Vec<&str> = slots
        .iter()
        .filter_map(|slot| match slot {
            Slot::Unknown(unknown) => Some(unknown.key.as_str()),
            Slot::Known(_) => None,
        })
        .collect();
    keys.sort_unstable();
    keys.iter()
        .zip(keys.iter().skip(1))
        .find_map(|(a, b)| (a == b).then_some(*a))
}

/// Finds the field of a key: first where the order of the table says, then anywhere.
struct Key<'a> {
    fields: &'static [Field],
    expected: usize,
    /// Takes the name of an unknown key.
    name: Option<&'a mut CompactString>,
}

type Found = Option<(usize, &'static Field)>;

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Found;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Found, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Found;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Found, E> {
        let mut fields = self.fields.iter().enumerate();
        let expected = fields.clone().nth(self.expected);
        let found = expected
            .filter(|(_, field)| field.key == key)
            .or_else(|| fields.find(|(_, field)| field.key == key));
        if let (None, Some(name)) = (found, self.name) {
            *name = CompactString::new(key);
        }
        Ok(found)
    }
}

/// Sets the value of one known key.
struct Value<'a> {
    field: &'static Field,
    draft: &'a mut Draft,
    times: &'a mut TimeReader,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Value<'_> {
    fn integer<E: serde::de::Error>(self, value: f64, size: u64) -> Result<(), E> {
        self.draft
            .number(self.field, value, size <= MAX_EXACT)
            .map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.field.sets.takes(), self.field.key)
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.draft
            .text(self.field, text, self.times)
            .map_err(E::custom)
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.draft
            .number(self.field, value, false)
            .map_err(E::custom)
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.integer(value as f64, value)
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.integer(value as f64, value.unsigned_abs())
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.draft.null(self.field).map_err(E::custom)
    }
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Err(E::custom(wrong_kind(self.field, "true or false")))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(wrong_kind(self.field, "an array")))
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(wrong_kind(self.field, "an object")))
    }
}
