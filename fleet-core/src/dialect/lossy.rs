//! The report of what a dialect drops of an event.

use std::{borrow::Cow, fmt};

use crate::event::{Layout, Slot};

/// The parts of an event that a dialect cannot express: canonical fields, and the unknown keys of
/// another dialect.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, FleetStream, VehicleOps}, time::TimeReader};
/// let line = r#"{"vehicle_id":"v","timestamp":"2025-08-09T12:34:56Z","speed_kmh":40,"gear":3,"fault_codes":["P0420"]}"#;
/// let event = FleetStream::default().read(line, &mut TimeReader::default())?.unwrap();
/// let lossy = VehicleOps::default().lossy(&event);
/// assert_eq!(lossy.to_string(), "gear, dtcs");
/// assert!(FleetStream::default().lossy(&event).is_empty());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lossy {
    fields: Vec<Cow<'static, str>>,
}

impl Lossy {
    /// Creates an empty report.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field if it is dropped.
    #[must_use]
    pub fn note(mut self, field: &'static str, dropped: bool) -> Self {
        if dropped {
            self.fields.push(Cow::Borrowed(field));
        }
        self
    }

    /// Adds the unknown keys of a layout, unless the event was read in the dialect that writes it.
    #[must_use]
    pub(crate) fn unknown_keys(mut self, layout: Option<&Layout>, own: bool) -> Self {
        if let Some(layout) = layout.filter(|_| !own) {
            self.add_keys(layout);
        }
        self
    }

    fn add_keys(&mut self, layout: &Layout) {
        for slot in &layout.slots {
            match slot {
                Slot::Known(_) => {}
                Slot::Object(_, inner) => self.add_keys(inner),
                Slot::Unknown(unknown) => self.fields.push(unknown.key.to_string().into()),
            }
        }
    }

    /// Whether nothing is dropped.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Returns the names of the dropped fields, in the order of the model.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(AsRef::as_ref)
    }
}

impl fmt::Display for Lossy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, field) in self.fields().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{field}")?;
        }
        Ok(())
    }
}
