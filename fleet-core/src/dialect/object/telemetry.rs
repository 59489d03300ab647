//! How the fields of a schema set and write telemetry.

use compact_str::CompactString;

use super::{
    draft::Draft,
    lossy,
    number::Number,
    rare::{check_number, check_text, rare_number, rare_text},
    schema::{Field, Misfit, Schema, misfit},
    target::{Target, wrong_kind},
    telemetry_target::{TIME, TelemetryTarget, VEHICLE},
    writer::Object,
};
use crate::{
    data::{FleetId, VehicleId, time::TimeReader},
    dialect::Lossy,
    event::{Dtc, Layout, NullField, Origin, Reading, Status, Style, Telemetry},
};

impl Target for TelemetryTarget {
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
        draft: &mut Draft<'_, Self::Event>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        match field.target {
            Self::Vehicle => {
                let vehicle = VehicleId::new(text).map_err(|why| misfit(field, &why))?;
                draft.event.set_vehicle(vehicle);
                draft.found(VEHICLE);
            }
            Self::Fleet => {
                let fleet = FleetId::new(text).map_err(|why| misfit(field, &why))?;
                draft.event.set_fleet(Some(fleet));
            }
            Self::Time => {
                let (at, style) = times.read(text).map_err(|why| misfit(field, &why))?;
                draft.event.set_at(at);
                draft.event.style_mut().time = style;
                draft.found(TIME);
            }
            Self::Status => {
                check_text(field, text)?;
                draft.event.set_status(Some(Status::from_word(text)));
            }
            Self::Number { .. } => return Err(wrong_kind(field, "a text")),
            _ => return rare_text(field, draft, text),
        }
        Ok(())
    }

    #[inline]
    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        number: Number,
    ) -> Result<(), Misfit> {
        let Self::Number { signal, unit, .. } = field.target else {
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
    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self::Event>) -> Result<(), Misfit> {
        let event = &mut *draft.event;
        match field.target {
            Self::Number { signal, .. } => event.set(signal, Reading::null()),
            Self::Vehicle | Self::VehicleNumber | Self::Time => {
                return Err(wrong_kind(field, "null"));
            }
            Self::Fleet => event.set_null(NullField::Fleet),
            Self::Status => event.set_null(NullField::Status),
            Self::Gear => event.set_null(NullField::Gear),
            Self::Autopilot => event.set_null(NullField::Autopilot),
            Self::Road => event.set_null(NullField::Road),
            Self::Flag(flag) => event.set_flag_null(flag),
            Self::Codes | Self::Code => event.set_null(NullField::Dtcs),
            Self::Text(text) => event.set_text_null(text),
            Self::Place(_) => event.set_null(NullField::Place),
        }
        Ok(())
    }

    fn flag(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        value: bool,
    ) -> Result<(), Misfit> {
        match field.target {
            Self::Autopilot => draft.event.set_autopilot_engaged(Some(value)),
            Self::Flag(flag) => draft.event.set_flag(flag, Some(value)),
            _ => return Err(wrong_kind(field, "true or false")),
        }
        Ok(())
    }

    fn is_list(self) -> bool {
        matches!(self, Self::Codes)
    }

    fn list(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        texts: Vec<CompactString>,
    ) -> Result<(), Misfit> {
        let codes = texts.iter().map(|text| Dtc::from_message(text));
        let codes = codes.collect::<Result<_, _>>();
        let codes = codes.map_err(|why| misfit(field, &why))?;
        draft.event.set_dtc_list(Some(codes));
        Ok(())
    }

    fn set_layout(event: &mut Telemetry, layout: Layout) {
        event.set_layout(Some(layout));
    }

    fn layout(event: &Telemetry) -> Option<&Layout> {
        event.layout()
    }

    fn is_of(event: &Telemetry, origin: Origin) -> bool {
        event.style().is_of(origin)
    }

    fn write(field: &Field<Self>, event: &Telemetry, to: &mut Object<'_>) {
        match field.target {
            Self::Vehicle => to.text(field, Some(event.vehicle().as_str()), false),
            Self::VehicleNumber => to.id(field, event.vehicle().as_str(), event.style()),
            Self::Fleet => {
                let fleet = event.fleet().map(FleetId::as_str);
                to.text(field, fleet, event.is_null(NullField::Fleet));
            }
            Self::Status => {
                let status = event.status();
                let word = status.as_ref().map(Status::as_word);
                to.text(field, word, event.is_null(NullField::Status));
            }
            Self::Time => to.time(field, event.at(), event.style()),
            Self::Number {
                signal,
                unit,
                decimals,
                whole,
            } => {
                let reading = event.reading(signal);
                if let Some(value) = reading.raw() {
                    let read_whole = event.style().has(1 << signal.index());
                    let number = if to.is_own() {
                        unit.write_back(value, decimals, read_whole)
                    } else {
                        unit.write(value, decimals)
                    };
                    to.number(field, number, read_whole, whole);
                } else if reading.is_null() {
                    to.null(field);
                }
            }
            Self::Gear => match event.gear() {
                Some(gear) => to.whole(field, f64::from(gear)),
                None if event.is_null(NullField::Gear) => to.null(field),
                None => {}
            },
            Self::Autopilot => {
                let null = event.is_null(NullField::Autopilot);
                to.flag(field, event.autopilot_engaged(), null);
            }
            Self::Road => to.text(field, event.road_word(), event.is_null(NullField::Road)),
            Self::Flag(flag) => to.flag(field, event.flag(flag), event.flag_is_null(flag)),
            Self::Codes => to.list(field, event.dtc_list(), event.is_null(NullField::Dtcs)),
            Self::Code => {
                let list = event.dtc_list();
                let code = list.and_then(Dtc::first_by_priority).map(Dtc::as_str);
                // An empty list of codes is written as null.
                to.text(
                    field,
                    code,
                    list.is_some() || event.is_null(NullField::Dtcs),
                );
            }
            Self::Text(text) => to.text(field, event.text(text), event.text_is_null(text)),
            Self::Place(_) => {
                if !to.object(field, event) && event.is_null(NullField::Place) {
                    to.null(field);
                }
            }
        }
    }

    fn lossy(schema: &Schema<Self>, event: &Telemetry) -> Lossy {
        lossy::lossy(schema, event)
    }
}
