//! The general reader: any JSON object, with keys in any order.

use std::fmt;

use compact_str::CompactString;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::value::RawValue;

use super::{
    UnknownKeys,
    draft::Draft,
    number::{MAX_EXACT, Number},
    schema::{Field, Schema},
    target::{Target, check_required, wrong_kind},
};
use crate::{
    data::time::TimeReader,
    dialect::Refused,
    event::{Layout, Slot, UnknownKey},
};

/// Reads a record into a blank event.
///
/// # Errors
/// Returns why the record is not an event.
pub(super) fn read<T: Target>(
    schema: &'static Schema<T>,
    unknown: UnknownKeys,
    record: &str,
    times: &mut TimeReader,
    event: &mut T::Event,
) -> Result<(), Refused> {
    let mut draft = Draft::new(event);
    let mut from = serde_json::Deserializer::from_str(record);
    let name = schema.name;
    let object = Object {
        name,
        fields: schema.fields,
        unknown,
        times,
        draft: &mut draft,
    };
    let layout = from.deserialize_map(object).and_then(|layout| {
        from.end()?;
        Ok(layout)
    });
    let layout = layout.map_err(|error| Refused::of_json(&error))?;
    check_required(schema, &draft).map_err(Refused)?;
    if let Some(layout) = layout {
        T::set_layout(draft.event, layout);
    }
    Ok(())
}

/// An object to read: the whole record, or a nested object.
pub(super) struct Object<'a, 'e, T: Target> {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field<T>],
    pub(super) unknown: UnknownKeys,
    pub(super) times: &'a mut TimeReader,
    pub(super) draft: &'a mut Draft<'e, T::Event>,
}

impl<'de, T: Target> Visitor<'de> for Object<'_, '_, T> {
    /// The layout, if unknown keys are kept and the order differs from the schema's.
    type Value = Option<Layout>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as a JSON object", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Layout>, A::Error> {
        let mut seen = SeenKeys::default();
        let mut slots = Vec::new();
        let mut name = CompactString::default();
        let kept = self.unknown == UnknownKeys::Kept;
        loop {
            let key = map.next_key_seed(Key {
                fields: self.fields,
                expected: seen.last.map_or(0, |last| last + 1),
                name: kept.then_some(&mut name),
            })?;
            let Some(key) = key else { break };
            if let Some((index, field)) = key {
                seen.add(index)
                    .map_err(|()| A::Error::custom(twice(field.key)))?;
                let inner = map.next_value_seed(Value {
                    field,
                    unknown: self.unknown,
                    draft: &mut *self.draft,
                    times: &mut *self.times,
                })?;
                if kept {
                    let index = u8::try_from(index).unwrap_or(u8::MAX);
                    seen.in_order &= inner.is_none();
                    slots.push(
                        inner.map_or(Slot::Known(index), |layout| Slot::Object(index, layout)),
                    );
                }
            } else if kept {
                let json = map.next_value::<&'de RawValue>()?.get();
                seen.in_order = false;
                slots.push(Slot::Unknown(UnknownKey {
                    key: std::mem::take(&mut name),
                    // A line end between tokens may become a space; strings cannot contain one.
                    json: json.replace(['\n', '\r'], " "),
                }));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if let Some(key) = repeated(&slots) {
            return Err(A::Error::custom(twice(key)));
        }
        // Only the layout distinguishes an empty object from a missing one.
        Ok((kept && (!seen.in_order || slots.is_empty())).then_some(Layout { slots }))
    }
}

impl<'de, T: Target> DeserializeSeed<'de> for Object<'_, '_, T> {
    type Value = Option<Layout>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

/// The keys that were read.
struct SeenKeys {
    bits: u64,
    last: Option<usize>,
    in_order: bool,
}

impl Default for SeenKeys {
    fn default() -> Self {
        Self {
            bits: 0,
            last: None,
            in_order: true,
        }
    }
}

impl SeenKeys {
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

/// Finds an unknown key that occurs twice. Sorts the keys, because a hostile record can have a
/// hundred thousand of them.
fn repeated(slots: &[Slot]) -> Option<&str> {
    let mut keys: Vec<&str> = slots
        .iter()
        .filter_map(|slot| match slot {
            Slot::Unknown(unknown) => Some(unknown.key.as_str()),
            Slot::Known(_) | Slot::Object(..) => None,
        })
        .collect();
    keys.sort_unstable();
    keys.iter()
        .zip(keys.iter().skip(1))
        .find_map(|(a, b)| (a == b).then_some(*a))
}

/// Finds the field of a key: first the expected one in the order of the schema, then any.
struct Key<'a, T: Target> {
    fields: &'static [Field<T>],
    expected: usize,
    /// Receives the name of an unknown key.
    name: Option<&'a mut CompactString>,
}

type KnownField<T> = Option<(usize, &'static Field<T>)>;

impl<'de, T: Target> DeserializeSeed<'de> for Key<'_, T> {
    type Value = KnownField<T>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<KnownField<T>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<T: Target> Visitor<'_> for Key<'_, T> {
    type Value = KnownField<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<KnownField<T>, E> {
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

/// Sets the value of one known key, and returns the layout of a nested object.
struct Value<'a, 'e, T: Target> {
    field: &'static Field<T>,
    unknown: UnknownKeys,
    draft: &'a mut Draft<'e, T::Event>,
    times: &'a mut TimeReader,
}

impl<'de, T: Target> DeserializeSeed<'de> for Value<'_, '_, T> {
    type Value = Option<Layout>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        if self.field.target.is_raw() {
            let json = <&'de RawValue>::deserialize(from)?.get();
            T::raw(self.field, self.draft, json).map_err(D::Error::custom)?;
            return Ok(None);
        }
        from.deserialize_any(self)
    }
}

impl<T: Target> Value<'_, '_, T> {
    fn number<E: serde::de::Error>(self, value: f64, integer: bool) -> Result<Option<Layout>, E> {
        let number = Number { value, integer };
        T::number(self.field, self.draft, number).map_err(E::custom)?;
        Ok(None)
    }
}

impl<'de, T: Target> Visitor<'de> for Value<'_, '_, T> {
    type Value = Option<Layout>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.field.target.takes(), self.field.key)
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::text(self.field, self.draft, text, self.times).map_err(E::custom)?;
        Ok(None)
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        self.number(value, false)
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        self.number(value as f64, value <= MAX_EXACT)
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        self.number(value as f64, value.unsigned_abs() <= MAX_EXACT)
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        T::null(self.field, self.draft).map_err(E::custom)?;
        Ok(None)
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        T::flag(self.field, self.draft, value).map_err(E::custom)?;
        Ok(None)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        if !self.field.target.is_list() {
            return Err(A::Error::custom(wrong_kind(self.field, "an array")));
        }
        let mut texts = Vec::new();
        while let Some(text) = from.next_element()? {
            texts.push(text);
        }
        T::list(self.field, self.draft, texts).map_err(A::Error::custom)?;
        Ok(None)
    }
    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Self::Value, A::Error> {
        let fields = self.field.target.inside();
        if fields.is_empty() {
            return Err(A::Error::custom(wrong_kind(self.field, "an object")));
        }
        let object = Object {
            name: self.field.key,
            fields,
            unknown: self.unknown,
            times: self.times,
            draft: self.draft,
        };
        object.visit_map(from)
    }
}
