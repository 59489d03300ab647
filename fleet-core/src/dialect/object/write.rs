use std::fmt;

use super::{Field, Shape, Target, draft::MAX_EXACT};
use crate::{
    data::EventTime,
    event::{Layout, Origin, Slot, Style},
};

/// Appends one record: as its layout says if it has one of this dialect, else in the order of the table.
pub(crate) fn write<T: Target>(shape: &Shape<T>, event: &T::Event, to: &mut Vec<u8>) {
    let own = T::is_of(event, shape.origin);
    let mut object = Object {
        to,
        first: true,
        own,
        origin: shape.origin,
        inner: None,
    };
    let layout = T::layout(event).filter(|_| own);
    object.members(shape.fields, event, layout);
    object.end();
}

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    to: &'a mut Vec<u8>,
    first: bool,
    /// Whether the event was read in this dialect, so that its style holds.
    own: bool,
    origin: Origin,
    /// The keys of the object that comes next, as they came.
    inner: Option<&'a Layout>,
}

impl<'a> Object<'a> {
    fn members<T: Target>(
        &mut self,
        fields: &'static [Field<T>],
        event: &T::Event,
        layout: Option<&'a Layout>,
    ) {
        let mut written = 0u64;
        for slot in layout.map_or(&[][..], |layout| &layout.slots) {
            let index = match slot {
                Slot::Known(index) => index,
                Slot::Object(index, layout) => {
                    self.inner = Some(layout);
                    index
                }
                Slot::Unknown(unknown) => {
                    self.comma();
                    self.json(&unknown.key);
                    self.to.push(b':');
                    self.to.extend_from_slice(unknown.json.as_bytes());
                    continue;
                }
            };
            if let Some(field) = fields.get(usize::from(*index)) {
                written |= 1 << index;
                T::write(field, event, self);
            }
            self.inner = None;
        }
        for (index, field) in fields.iter().enumerate() {
            if written >> index & 1 == 0 {
                T::write(field, event, self);
            }
        }
    }

    fn comma(&mut self) {
        self.to.push(if self.first { b'{' } else { b',' });
        self.first = false;
    }

    fn end(self) {
        if self.first {
            self.to.push(b'{');
        }
        self.to.push(b'}');
    }

    fn head<T>(&mut self, field: &Field<T>) {
        self.comma();
        self.to.extend_from_slice(field.head.text.as_bytes());
    }

    /// Whether the event was read in the dialect that writes it.
    pub(crate) fn is_own(&self) -> bool {
        self.own
    }

    /// Writes an object inside, or nothing where it has no keys and had none; whether it did.
    pub(crate) fn object<T: Target>(&mut self, field: &Field<T>, event: &T::Event) -> bool {
        let start = (self.to.len(), self.first);
        let layout = self.inner.take();
        self.head(field);
        let mut inner = Object {
            to: &mut *self.to,
            first: true,
            own: self.own,
            origin: self.origin,
            inner: None,
        };
        inner.members(field.sets.inside(), event, layout);
        let empty = inner.first && layout.is_none();
        if empty {
            self.to.truncate(start.0);
            self.first = start.1;
        } else {
            inner.end();
        }
        !empty
    }

    pub(crate) fn null<T>(&mut self, field: &Field<T>) {
        self.head(field);
        self.to.extend_from_slice(b"null");
    }

    /// A value that is JSON already.
    pub(crate) fn raw<T>(&mut self, field: &Field<T>, json: &str) {
        self.head(field);
        self.to.extend_from_slice(json.as_bytes());
    }

    /// A text, null, or nothing.
    pub(crate) fn text<T>(&mut self, field: &Field<T>, text: Option<&str>, null: bool) {
        if let Some(text) = text {
            self.head(field);
            self.json(text);
        } else if null {
            self.null(field);
        }
    }

    /// True, false, null, or nothing.
    pub(crate) fn flag<T>(&mut self, field: &Field<T>, flag: Option<bool>, null: bool) {
        if let Some(flag) = flag {
            self.head(field);
            self.json(&flag);
        } else if null {
            self.null(field);
        }
    }

    /// A list of texts, null, or nothing.
    pub(crate) fn list<T, S: serde::Serialize>(
        &mut self,
        field: &Field<T>,
        list: Option<&[S]>,
        null: bool,
    ) {
        if let Some(list) = list {
            self.head(field);
            self.json(list);
        } else if null {
            self.null(field);
        }
    }

    /// A time, in the event's style if it is of this dialect.
    pub(crate) fn time<T>(&mut self, field: &Field<T>, at: EventTime, style: Style) {
        let style = if self.own {
            style.time
        } else {
            self.origin.time_style(at)
        };
        self.head(field);
        self.to.push(b'"');
        let written = style.write(at, &mut Ascii(self.to));
        debug_assert!(written.is_ok(), "writing to memory cannot fail");
        self.to.push(b'"');
    }

    /// An id that is a number wherever it can be one, unless it came as a text.
    pub(crate) fn id<T>(&mut self, field: &Field<T>, id: &str, style: Style) {
        let came_as_text = self.own && style.has(Style::TEXT_ID);
        if came_as_text || whole_id(id).is_none() {
            self.text(field, Some(id), false);
        } else {
            self.head(field);
            self.to.extend_from_slice(id.as_bytes());
        }
    }

    /// A number; `came_whole` as the event's style says, which holds only for its own dialect, and `whole` as the
    /// dialect writes it by itself.
    pub(crate) fn number<T>(
        &mut self,
        field: &Field<T>,
        value: f64,
        came_whole: bool,
        whole: bool,
    ) {
        let whole = if self.own { came_whole } else { whole };
        if whole {
            self.whole(field, value);
        } else {
            self.head(field);
            self.json(&value);
        }
    }

    /// A number as a whole one, if it is one.
    pub(crate) fn whole<T>(&mut self, field: &Field<T>, value: f64) {
        self.head(field);
        if value.fract() == 0.0 && value.abs() <= MAX_EXACT as f64 {
            // A whole float displays as its digits alone.
            let written = fmt::Write::write_fmt(&mut Ascii(self.to), format_args!("{value}"));
            debug_assert!(written.is_ok(), "writing to memory cannot fail");
        } else {
            self.json(&value);
        }
    }

    fn json<T: serde::Serialize + ?Sized>(&mut self, value: &T) {
        let written = serde_json::to_writer(&mut *self.to, value);
        debug_assert!(written.is_ok(), "a text or a number is always JSON");
    }
}

/// The number that an id is, if it is written as JSON writes whole numbers and has an exact float.
pub(crate) fn whole_id(id: &str) -> Option<i64> {
    let number: i64 = id.parse().ok()?;
    let mut again = [0; 20];
    let mut rest = &mut again[..];
    std::io::Write::write_fmt(&mut rest, format_args!("{number}")).ok()?;
    let left = rest.len();
    let same = again.get(..again.len() - left) == Some(id.as_bytes());
    (same && number.unsigned_abs() <= MAX_EXACT).then_some(number)
}

/// Text that needs no escape, into bytes.
struct Ascii<'a>(&'a mut Vec<u8>);

impl fmt::Write for Ascii<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
