use std::fmt;

use super::{Field, Sets, Shape};
use crate::{
    event::{NullField, Slot, Telemetry},
    units::round_decimals,
};

/// Appends one record: as its layout says if it has one, else in the order of the table.
pub(crate) fn write(shape: &Shape, event: &Telemetry, to: &mut Vec<u8>) {
    let mut object = Object { to, first: true };
    let mut written = 0u64;
    for slot in event.layout().map_or(&[][..], |layout| &layout.slots) {
        match slot {
            Slot::Known(index) => {
                if let Some(field) = shape.fields.get(usize::from(*index)) {
                    written |= 1 << index;
                    object.field(field, event);
                }
            }
            Slot::Unknown(unknown) => {
                object.comma();
                object.json(&unknown.key);
                object.to.push(b':');
                object.to.extend_from_slice(unknown.json.as_bytes());
            }
        }
    }
    for (index, field) in shape.fields.iter().enumerate() {
        if written >> index & 1 == 0 {
            object.field(field, event);
        }
    }
    object.end();
}

struct Object<'a> {
    to: &'a mut Vec<u8>,
    first: bool,
}

impl Object<'_> {
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

    /// Writes a key and its value, or nothing where the value is missing.
    fn field(&mut self, field: &Field, event: &Telemetry) {
        match field.sets {
            Sets::Vehicle => self.text(field, Some(event.vehicle().as_str()), false),
            Sets::Fleet => {
                let fleet = event.fleet().map(crate::FleetId::as_str);
                self.text(field, fleet, event.is_null(NullField::Fleet));
            }
            Sets::Status => {
                let status = event.status();
                let word = status.as_ref().map(crate::event::Status::as_word);
                self.text(field, word, event.is_null(NullField::Status));
            }
            Sets::Time => {
                self.head(field);
                self.to.push(b'"');
                let written = event.style().time.write(event.at(), &mut Ascii(self.to));
                debug_assert!(written.is_ok(), "writing to memory cannot fail");
                self.to.push(b'"');
            }
            Sets::Number {
                signal,
                unit,
                decimals,
            } => {
                let reading = event.reading(signal);
                let Some(value) = reading.raw() else {
                    if reading.is_null() {
                        self.null(field);
                    }
                    return;
                };
                let value = unit.of_model(value);
                let value = decimals.map_or(value, |places| round_decimals(value, places));
                let integer = event.style().integers >> signal.index() & 1 == 1;
                self.head(field);
                self.number(value, integer);
            }
        }
    }

    fn head(&mut self, field: &Field) {
        self.comma();
        self.to.extend_from_slice(field.head.text.as_bytes());
    }

    fn null(&mut self, field: &Field) {
        self.head(field);
        self.to.extend_from_slice(b"null");
    }

    fn text(&mut self, field: &Field, text: Option<&str>, null: bool) {
        if let Some(text) = text {
            self.head(field);
            self.json(text);
        } else if null {
            self.null(field);
        }
    }

    fn number(&mut self, value: f64, integer: bool) {
        if integer && value.fract() == 0.0 && value.abs() <= super::draft::MAX_EXACT as f64 {
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

/// Text that needs no escape, into bytes.
struct Ascii<'a>(&'a mut Vec<u8>);

impl fmt::Write for Ascii<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
