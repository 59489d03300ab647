//! Writes an event as its schema says.

use super::{
    schema::{Field, Schema},
    target::Target,
    writer::Object,
};
use crate::event::{Layout, Slot};

/// Appends one record: in the order of its layout if it was read in this dialect, else in the order
/// of the schema.
pub(crate) fn write<T: Target>(schema: &Schema<T>, event: &T::Event, to: &mut Vec<u8>) {
    let own = T::is_of(event, schema.origin);
    let mut object = Object {
        to,
        first: true,
        own,
        origin: schema.origin,
        inner: None,
    };
    let layout = T::layout(event).filter(|_| own);
    object.members(schema.fields, event, layout);
    object.end();
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

    /// Writes a nested object, unless it would be empty and was not read as an empty one. Returns
    /// whether it was written.
    pub(crate) fn object<T: Target>(&mut self, field: &Field<T>, event: &T::Event) -> bool {
        let start = (self.to.len(), self.first);
        let layout = self.inner.take();
        self.key(field);
        let mut inner = Object {
            to: &mut *self.to,
            first: true,
            own: self.own,
            origin: self.origin,
            inner: None,
        };
        inner.members(field.target.inside(), event, layout);
        let empty = inner.first && layout.is_none();
        if empty {
            self.to.truncate(start.0);
            self.first = start.1;
        } else {
            inner.end();
        }
        !empty
    }
}
