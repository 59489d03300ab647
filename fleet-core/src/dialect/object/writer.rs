//! Appends the keys and values of one JSON object.

use std::fmt;

use super::{
    number::{MAX_EXACT, whole_id},
    schema::Field,
};
use crate::{
    data::EventTime,
    event::{Layout, Origin, Style},
};

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(super) to: &'a mut Vec<u8>,
    /// Whether no key was written yet.
    pub(super) first: bool,
    /// Whether the event was read in this dialect, so that its style applies.
    pub(super) own: bool,
    pub(super) origin: Origin,
    /// The layout of the next nested object.
    pub(super) inner: Option<&'a Layout>,
}

impl Object<'_> {
    /// Opens the object before the first key, and separates the others.
    pub(super) fn comma(&mut self) {
        self.to.push(if self.first { b'{' } else { b',' });
        self.first = false;
    }

    /// Closes the object.
    pub(super) fn end(self) {
        if self.first {
            self.to.push(b'{');
        }
        self.to.push(b'}');
    }

    /// Writes the key of a field.
    pub(super) fn key<T>(&mut self, field: &Field<T>) {
        self.comma();
        self.to.extend_from_slice(field.quoted.text.as_bytes());
    }

    /// Whether the event was read in the dialect that writes it.
    pub(crate) fn is_own(&self) -> bool {
        self.own
    }

    /// Writes null.
    pub(crate) fn null<T>(&mut self, field: &Field<T>) {
        self.key(field);
        self.to.extend_from_slice(b"null");
    }

    /// Writes a value that is JSON already.
    pub(crate) fn raw<T>(&mut self, field: &Field<T>, json: &str) {
        self.key(field);
        self.to.extend_from_slice(json.as_bytes());
    }

    /// Writes a text, null, or nothing.
    pub(crate) fn text<T>(&mut self, field: &Field<T>, text: Option<&str>, null: bool) {
        if let Some(text) = text {
            self.key(field);
            self.json(text);
        } else if null {
            self.null(field);
        }
    }

    /// Writes true, false, null, or nothing.
    pub(crate) fn flag<T>(&mut self, field: &Field<T>, flag: Option<bool>, null: bool) {
        if let Some(flag) = flag {
            self.key(field);
            self.json(&flag);
        } else if null {
            self.null(field);
        }
    }

    /// Writes a list of texts, null, or nothing.
    pub(crate) fn list<T, S: serde::Serialize>(
        &mut self,
        field: &Field<T>,
        list: Option<&[S]>,
        null: bool,
    ) {
        if let Some(list) = list {
            self.key(field);
            self.json(list);
        } else if null {
            self.null(field);
        }
    }

    /// Writes a time, in the style of the event if it was read in this dialect.
    pub(crate) fn time<T>(&mut self, field: &Field<T>, at: EventTime, style: Style) {
        let style = if self.own {
            style.time
        } else {
            self.origin.time_style(at)
        };
        self.key(field);
        self.to.push(b'"');
        let written = style.write(at, &mut Ascii(self.to));
        debug_assert!(written.is_ok(), "writing to memory cannot fail");
        self.to.push(b'"');
    }

    /// Writes an id as a number if it can be one, unless it was read as a text.
    pub(crate) fn id<T>(&mut self, field: &Field<T>, id: &str, style: Style) {
        let read_as_text = self.own && style.has(Style::TEXT_ID);
        if read_as_text || whole_id(id).is_none() {
            self.text(field, Some(id), false);
        } else {
            self.key(field);
            self.to.extend_from_slice(id.as_bytes());
        }
    }

    /// Writes a number: for an event of this dialect a whole one if it was read as one
    /// (`read_whole`), for other events if the dialect writes whole numbers (`whole`).
    pub(crate) fn number<T>(
        &mut self,
        field: &Field<T>,
        value: f64,
        read_whole: bool,
        whole: bool,
    ) {
        let whole = if self.own { read_whole } else { whole };
        if whole {
            self.whole(field, value);
        } else {
            self.key(field);
            self.json(&value);
        }
    }

    /// Writes a number without a fraction if it has none.
    pub(crate) fn whole<T>(&mut self, field: &Field<T>, value: f64) {
        self.key(field);
        if value.fract() == 0.0 && value.abs() <= MAX_EXACT as f64 {
            // A whole float is displayed as digits alone.
            let written = fmt::Write::write_fmt(&mut Ascii(self.to), format_args!("{value}"));
            debug_assert!(written.is_ok(), "writing to memory cannot fail");
        } else {
            self.json(&value);
        }
    }

    pub(super) fn json<T: serde::Serialize + ?Sized>(&mut self, value: &T) {
        let written = serde_json::to_writer(&mut *self.to, value);
        debug_assert!(written.is_ok(), "a text or a number is always JSON");
    }
}

/// Appends text that needs no escape to bytes.
struct Ascii<'a>(&'a mut Vec<u8>);

impl fmt::Write for Ascii<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
