//! Lists of objects, handed on one by one: a list can be larger than memory wants it.

use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use super::{Draft, Shape, Target, UnknownKeys, fast, general::Object, scan::Scan};
use crate::{data::time::TimeReader, dialect::Refused};

/// Reads a list and hands on each object; how many there were.
pub(crate) fn each<T: Target>(
    shape: &'static Shape<T>,
    unknown: UnknownKeys,
    list: &str,
    most: usize,
    mut each: impl FnMut(T::Event),
) -> Result<usize, Refused> {
    let (count, whole) = plain(shape, list, most, &mut each);
    if whole {
        return Ok(count);
    }
    // Something was not written plainly, or there are too many: the general reader finds out.
    general(shape, unknown, list, (count, most), &mut each)
}

/// Hands on what is written plainly, from the beginning; how many, and whether that was all.
fn plain<T: Target>(
    shape: &'static Shape<T>,
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
        let mut event = T::blank(shape.origin);
        let mut draft = Draft::new(&mut event);
        let read = fast::members(&mut text, shape.fields, &mut times, &mut draft);
        if read.is_none() || draft.finish(shape).is_err() {
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

/// Reads a list of objects and hands on each one; the first `skipped` were handed on already.
fn general<T: Target>(
    shape: &'static Shape<T>,
    unknown: UnknownKeys,
    list: &str,
    (skipped, most): (usize, usize),
    each: &mut dyn FnMut(T::Event),
) -> Result<usize, Refused> {
    let mut from = serde_json::Deserializer::from_str(list);
    let objects = Objects {
        shape,
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
    shape: &'static Shape<T>,
    unknown: UnknownKeys,
    skipped: usize,
    most: usize,
    each: &'a mut dyn FnMut(T::Event),
}

impl<'de, T: Target> Visitor<'de> for Objects<'_, T> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each {} as a JSON object", self.shape.name)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<usize, A::Error> {
        for _ in 0..self.skipped {
            from.next_element::<IgnoredAny>()?;
        }
        let mut count = self.skipped;
        let mut times = TimeReader::default();
        loop {
            let mut event = T::blank(self.shape.origin);
            let mut draft = Draft::new(&mut event);
            let object = Object {
                name: self.shape.name,
                fields: self.shape.fields,
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
            draft.finish(self.shape).map_err(A::Error::custom)?;
            if let Some(layout) = layout {
                T::keep(draft.event, layout);
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
