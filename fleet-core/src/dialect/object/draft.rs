use super::{Field, Sets, Shape};
use crate::{
    EventTime, FleetId, VehicleId,
    dialect::unit::accepted,
    event::{NullField, Reading, Status, Style, Telemetry},
    time::TimeReader,
};

/// Whole numbers up to here have an exact float, so only they are written back as whole numbers.
pub(super) const MAX_EXACT: u64 = 1 << 53;

/// Why a value does not fit its key.
pub(super) type Misfit = String;

/// An event under construction. Both readers set values through it, so both take and refuse the same.
pub(super) struct Draft {
    vehicle: Option<VehicleId>,
    at: Option<EventTime>,
    style: Style,
    event: Telemetry,
}

impl Draft {
    /// Starts with an event whose id and time are replaced by [`finish`](Self::finish).
    pub(super) fn new() -> Self {
        Self {
            vehicle: None,
            at: None,
            style: Style::default(),
            event: Telemetry::unnamed(),
        }
    }

    /// Takes a text.
    #[inline]
    pub(super) fn text(
        &mut self,
        field: &Field,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        match field.sets {
            Sets::Vehicle => {
                self.vehicle = Some(VehicleId::new(text).map_err(|why| misfit(field, &why))?);
            }
            Sets::Fleet => {
                let fleet = FleetId::new(text).map_err(|why| misfit(field, &why))?;
                self.event.set_fleet(Some(fleet));
            }
            Sets::Time => {
                let (at, style) = times.read(text).map_err(|why| misfit(field, &why))?;
                self.at = Some(at);
                self.style.time = style;
            }
            Sets::Status => {
                // PostgreSQL has no text with a NUL.
                if text.contains('\0') {
                    return Err(misfit(field, &"a text must not hold U+0000"));
                }
                self.event.set_status(Some(Status::from_word(text)));
            }
            Sets::Number { .. } => return Err(wrong_kind(field, "a text")),
        }
        Ok(())
    }

    /// Takes a finite number; `integer` tells that it was written as a whole one.
    #[inline]
    pub(super) fn number(
        &mut self,
        field: &Field,
        value: f64,
        integer: bool,
    ) -> Result<(), Misfit> {
        let Sets::Number { signal, unit, .. } = field.sets else {
            return Err(wrong_kind(field, "a number"));
        };
        let value = unit.to_model(value);
        if !value.is_finite() {
            return Err(misfit(field, &"the number is not finite"));
        }
        let range = accepted(signal);
        if !range.contains(&value) {
            let (least, most) = (range.start(), range.end());
            return Err(misfit(
                field,
                &format_args!("{value} is outside {least} to {most}"),
            ));
        }
        if integer {
            self.style.integers |= 1 << signal.index();
        }
        self.event.set(signal, Reading::of_raw(value));
        Ok(())
    }

    /// Takes null.
    #[inline]
    pub(super) fn null(&mut self, field: &Field) -> Result<(), Misfit> {
        match field.sets {
            Sets::Vehicle | Sets::Time => return Err(wrong_kind(field, "null")),
            Sets::Fleet => self.event.set_null(NullField::Fleet),
            Sets::Status => self.event.set_null(NullField::Status),
            Sets::Number { signal, .. } => self.event.set(signal, Reading::null()),
        }
        Ok(())
    }

    /// The event, if the required keys were there.
    #[inline]
    pub(super) fn finish(self, shape: &Shape) -> Result<Telemetry, Misfit> {
        let Some(vehicle) = self.vehicle else {
            return Err(missing(shape, |sets| matches!(sets, Sets::Vehicle)));
        };
        let Some(at) = self.at else {
            return Err(missing(shape, |sets| matches!(sets, Sets::Time)));
        };
        let mut event = self.event;
        event.name(vehicle, at);
        event.set_style(self.style);
        Ok(event)
    }
}

#[cold]
fn misfit(field: &Field, why: &dyn std::fmt::Display) -> Misfit {
    format!("{}: {why}", field.key)
}

#[cold]
pub(super) fn wrong_kind(field: &Field, found: &str) -> Misfit {
    format!(
        "{}: expected {}, found {found}",
        field.key,
        field.sets.takes()
    )
}

#[cold]
fn missing(shape: &Shape, absent: fn(Sets) -> bool) -> Misfit {
    let field = shape.fields.iter().find(|field| absent(field.sets));
    let key = field.map_or("", |field| field.key);
    format!("the required key {key} is missing")
}
