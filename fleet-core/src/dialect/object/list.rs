//! Lists of objects, passed on one by one, so that a list need not fit into memory.

use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use super::{
    UnknownKeys,
    draft::Draft,
    fast,
    general::Object,
    scan::Scan,
    schema::Schema,
    target::{Target, check_required},
};
use crate::{data::time::TimeReader, dialect::Refused};

/// Reads a list, passes each object on, and returns their number.
///
/// # Errors
/// Refuses what is not a list of such objects, and a list with more than `most`.
pub(crate) fn each<T: Target>(
    schema: &'static Schema<T>,
    unknown: UnknownKeys,
    list: &str,
    most: usize,
    mut each: impl FnMut(T::Event),
) -> Result<usize, Refused> {
    let (count, whole) = plain(schema, list, most, &mut each);
    if whole {
        return Ok(count);
    }
    // Something is unusual, or there are too many objects: the general reader decides.
    general(schema, unknown, list, (count, most), &mut each)
}

/// Passes on the objects that the fast reader can read, up to the first that it cannot. Returns
/// their number, and whether that was the whole list.
fn plain<T: Target>(
    schema: &'static Schema<T>,
    list: &str,
    most: usize,
    each: &mut impl FnMut(T::Event),
) -> (usize, bool) {
    let mut text = Scan::new(list);
    let mut times = TimeReader::default();
    let mut count = 0;
    if !text.byte(b'[') {
        return (0, false);
    }
    while count < most {
        let mut event = T::blank(schema.origin);
        let mut draft = Draft::new(&mut event);
        let read = fast::members(&mut text, schema.fields, &mut times, &mut draft);
        if read.is_none() || check_required(schema, &draft).is_err() {
            return (count, false);
        }
        each(event);
        count += 1;
        if !text.byte(b',') {
            return (count, text.byte(b']') && text.at_end());
        }
        text.byte(b' ');
    }
    (count, false)
}

/// Reads a list of objects and passes each on, except the first `skipped`, which were passed on
/// already.
fn general<T: Target>(
    schema: &'static Schema<T>,
    unknown: UnknownKeys,
    list: &str,
    (skipped, most): (usize, usize),
    each: &mut dyn FnMut(T::Event),
) -> Result<usize, Refused> {
    let mut from = serde_json::Deserializer::from_str(list);
    let objects = Objects {
        schema,
        unknown,
        skipped,
        most,
        each,
    };
    let count = from.deserialize_seq(objects).and_then(|count| {
        from.end()?;
        Ok(count)
    });
    count.map_err(|error| Refused::of_json(&error))
}

struct Objects<'a, T: Target> {
    schema: &'static Schema<T>,
    unknown: UnknownKeys,
    skipped: usize,
    most: usize,
    each: &'a mut dyn FnMut(T::Event),
}

impl<'de, T: Target> Visitor<'de> for Objects<'_, T> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each {} as a JSON object", self.schema.name)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<usize, A::Error> {
        for _ in 0..self.skipped {
            from.next_element::<IgnoredAny>()?;
        }
        let mut count = self.skipped;
        let mut times = TimeReader::default();
        loop {
            let mut event = T::blank(self.schema.origin);
            let mut draft = Draft::new(&mut event);
            let object = Object {
                name: self.schema.name,
                fields: self.schema.fields,
                unknown: self.unknown,
                times: &mut times,
                draft: &mut draft,
            };
            let Some(layout) = from.next_element_seed(object)? else {
                return Ok(count);
            };
            if count == self.most {
                return Err(A::Error::custom(too_many(self.most)));
            }
            check_required(self.schema, &draft).map_err(A::Error::custom)?;
            if let Some(layout) = layout {
                T::set_layout(draft.event, layout);
            }
            (self.each)(event);
            count += 1;
        }
    }
}

#[cold]
fn too_many(most: usize) -> String {
    format!("there are more than {most}, which is the limit")
}
