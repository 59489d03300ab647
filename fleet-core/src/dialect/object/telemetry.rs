//! What the keys of telemetry can set.

use compact_str::CompactString;

use super::{
    Draft, Field, Misfit, Number, Object, Shape, Target, lossy, misfit,
    rare::{check_number, check_text, rare_number, rare_text},
    wrong_kind,
};
use crate::{
    data::{FleetId, VehicleId, time::TimeReader},
    dialect::{Lossy, unit::Unit},
    event::{
        Dtc, Flag, Layout, NullField, Origin, Reading, Signal, Status, Style, Telemetry, TextField,
    },
};

/// What a key sets in an observation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sets {
    /// The vehicle's id: a text, required.
    Vehicle,
    /// The vehicle's id: a whole number, or a text, required.
    VehicleNumber,
    /// The fleet's id: a text.
    Fleet,
    /// The event time: a text, required.
    Time,
    /// The one-word state: a text.
    Status,
    /// A signal: a number in `unit`.
    Number {
        signal: Signal,
        unit: Unit,
        /// The places that are written of another dialect's numbers; `None` where the system fixes none.
        decimals: Option<u8>,
        /// Whether the system writes whole numbers.
        whole: bool,
    },
    /// The gear: a whole number.
    Gear,
    /// Whether the self-driving system is engaged.
    Autopilot,
    /// The kind of road: a text.
    Road,
    /// What the producer says of its own accord.
    Flag(Flag),
    /// Trouble codes: a list of texts.
    Codes,
    /// One trouble code: a text.
    Code,
    /// A text that few systems send.
    Text(TextField),
    /// The place: an object of its own.
    Place(&'static [Field<Sets>]),
}

/// The required keys.
const VEHICLE: u8 = 1;
const TIME: u8 = 2;

impl Sets {
    /// A signal in the model's own unit.
    pub(crate) const fn signal(signal: Signal) -> Self {
        Self::Number {
            signal,
            unit: Unit::Canonical,
            decimals: None,
            whole: false,
        }
    }
    /// A signal in the model's own unit, written with so many places; with none, as a whole number.
    pub(crate) const fn rounded(signal: Signal, decimals: u8) -> Self {
        Self::converted(signal, Unit::Canonical, decimals)
    }
    /// A signal in another unit, written with so many places; with none, as a whole number.
    pub(crate) const fn converted(signal: Signal, unit: Unit, decimals: u8) -> Self {
        Self::Number {
            signal,
            unit,
            decimals: Some(decimals),
            whole: decimals == 0,
        }
    }
}

impl Target for Sets {
    type Event = Telemetry;
    const NEEDS: u8 = VEHICLE | TIME;

    #[inline]
    fn blank(origin: Origin) -> Telemetry {
        let mut event = Telemetry::unnamed();
        *event.style_mut() = Style::of(origin);
        event
    }

    #[inline]
    fn clean(event: &mut Telemetry, origin: Origin) {
        event.clear();
        *event.style_mut() = Style::of(origin);
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Vehicle | Self::Time => "a text",
            Self::VehicleNumber => "a whole number or a text",
            Self::Fleet | Self::Status | Self::Road | Self::Code | Self::Text(_) => {
                "a text or null"
            }
            Self::Number { .. } => "a number or null",
            Self::Gear => "a whole number or null",
            Self::Autopilot | Self::Flag(_) => "true, false or null",
            Self::Codes => "a list of texts or null",
            Self::Place(_) => "an object or null",
        }
    }

    #[inline]
    fn need(self) -> u8 {
        match self {
            Self::Vehicle | Self::VehicleNumber => VEHICLE,
            Self::Time => TIME,
            _ => 0,
        }
    }

    fn inside(self) -> &'static [Field<Self>] {
        match self {
            Self::Place(fields) => fields,
            _ => &[],
        }
    }

    #[inline]
    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        match field.sets {
            Sets::Vehicle => {
                let vehicle = VehicleId::new(text).map_err(|why| misfit(field, &why))?;
                draft.event.set_vehicle(vehicle);
                draft.found(Sets::Vehicle);
            }
            Sets::Fleet => {
                let fleet = FleetId::new(text).map_err(|why| misfit(field, &why))?;
                draft.event.set_fleet(Some(fleet));
            }
            Sets::Time => {
                let (at, style) = times.read(text).map_err(|why| misfit(field, &why))?;
                draft.event.set_at(at);
                draft.event.style_mut().time = style;
                draft.found(Sets::Time);
            }
            Sets::Status => {
                check_text(field, text)?;
                draft.event.set_status(Some(Status::from_word(text)));
            }
            Sets::Number { .. } => return Err(wrong_kind(field, "a text")),
            _ => return rare_text(field, draft, text),
        }
        Ok(())
    }

    #[inline]
    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        number: Number,
    ) -> Result<(), Misfit> {
        let Sets::Number { signal, unit, .. } = field.sets else {
            return rare_number(field, draft, number);
        };
        let value = unit.to_model(number.value);
        check_number(field, value, &signal.accepted())?;
        if number.integer {
            draft.event.style_mut().integers |= 1 << signal.index();
        }
        draft.event.set(signal, Reading::of_raw(value));
        Ok(())
    }

    #[inline]
    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self>) -> Result<(), Misfit> {
        let event = &mut *draft.event;
        match field.sets {
            Sets::Number { signal, .. } => event.set(signal, Reading::null()),
            Sets::Vehicle | Sets::VehicleNumber | Sets::Time => {
                return Err(wrong_kind(field, "null"));
            }
            Sets::Fleet => event.set_null(NullField::Fleet),
            Sets::Status => event.set_null(NullField::Status),
            Sets::Gear => event.set_null(NullField::Gear),
            Sets::Autopilot => event.set_null(NullField::Autopilot),
            Sets::Road => event.set_null(NullField::Road),
            Sets::Flag(flag) => event.set_flag_null(flag),
            Sets::Codes | Sets::Code => event.set_null(NullField::Dtcs),
            Sets::Text(text) => event.set_text_null(text),
            Sets::Place(_) => event.set_null(NullField::Place),
        }
        Ok(())
    }

    fn flag(field: &Field<Self>, draft: &mut Draft<'_, Self>, value: bool) -> Result<(), Misfit> {
        match field.sets {
            Sets::Autopilot => draft.event.set_autopilot_engaged(Some(value)),
            Sets::Flag(flag) => draft.event.set_flag(flag, Some(value)),
            _ => return Err(wrong_kind(field, "true or false")),
        }
        Ok(())
    }

    fn is_list(self) -> bool {
        matches!(self, Self::Codes)
    }

    fn list(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        texts: Vec<CompactString>,
    ) -> Result<(), Misfit> {
        let codes = texts.iter().map(|text| Dtc::from_message(text));
        let codes = codes.collect::<Result<_, _>>();
        let codes = codes.map_err(|why| misfit(field, &why))?;
        draft.event.set_dtc_list(Some(codes));
        Ok(())
    }

    fn keep(event: &mut Telemetry, layout: Layout) {
        event.set_layout(Some(layout));
    }

    fn layout(event: &Telemetry) -> Option<&Layout> {
        event.layout()
    }

    fn is_of(event: &Telemetry, origin: Origin) -> bool {
        event.style().is_of(origin)
    }

    fn write(field: &Field<Self>, event: &Telemetry, to: &mut Object<'_>) {
        match field.sets {
            Sets::Vehicle => to.text(field, Some(event.vehicle().as_str()), false),
            Sets::VehicleNumber => to.id(field, event.vehicle().as_str(), event.style()),
            Sets::Fleet => {
                let fleet = event.fleet().map(FleetId::as_str);
                to.text(field, fleet, event.is_null(NullField::Fleet));
            }
            Sets::Status => {
                let status = event.status();
                let word = status.as_ref().map(Status::as_word);
                to.text(field, word, event.is_null(NullField::Status));
            }
            Sets::Time => to.time(field, event.at(), event.style()),
            Sets::Number {
                signal,
                unit,
                decimals,
                whole,
            } => {
                let reading = event.reading(signal);
                if let Some(value) = reading.raw() {
                    let came_whole = event.style().has(1 << signal.index());
                    let number = if to.is_own() {
                        unit.write_back(value, decimals, came_whole)
                    } else {
                        unit.write(value, decimals)
                    };
                    to.number(field, number, came_whole, whole);
                } else if reading.is_null() {
                    to.null(field);
                }
            }
            Sets::Gear => match event.gear() {
                Some(gear) => to.whole(field, f64::from(gear)),
                None if event.is_null(NullField::Gear) => to.null(field),
                None => {}
            },
            Sets::Autopilot => {
                let null = event.is_null(NullField::Autopilot);
                to.flag(field, event.autopilot_engaged(), null);
            }
            Sets::Road => to.text(field, event.road_word(), event.is_null(NullField::Road)),
            Sets::Flag(flag) => to.flag(field, event.flag(flag), event.flag_is_null(flag)),
            Sets::Codes => to.list(field, event.dtc_list(), event.is_null(NullField::Dtcs)),
            Sets::Code => {
                let list = event.dtc_list();
                let code = list.and_then(Dtc::first_by_priority).map(Dtc::as_str);
                // A list without codes is what this one key says by null.
                to.text(
                    field,
                    code,
                    list.is_some() || event.is_null(NullField::Dtcs),
                );
            }
            Sets::Text(text) => to.text(field, event.text(text), event.text_is_null(text)),
            Sets::Place(_) => {
                if !to.object(field, event) && event.is_null(NullField::Place) {
                    to.null(field);
                }
            }
        }
    }

    fn lossy(shape: &Shape<Self>, event: &Telemetry) -> Lossy {
        lossy::lossy(shape, event)
    }
}
