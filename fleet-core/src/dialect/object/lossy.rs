//! The parts of telemetry that a schema has no field for.

use super::{
    schema::{Field, Schema},
    target::Target,
    telemetry_target::TelemetryTarget,
};
use crate::{
    dialect::Lossy,
    event::{Flag, NullField, Origin, Signal, Telemetry, TextField},
};

/// Names the parts of an event that the schema leaves out.
pub(crate) fn lossy(schema: &Schema<TelemetryTarget>, event: &Telemetry) -> Lossy {
    let takes = |wanted: &dyn Fn(TelemetryTarget) -> bool| any(schema.fields, wanted);
    let fleet = event.fleet().is_some() || event.is_null(NullField::Fleet);
    let fleet = fleet && !takes(&|target| matches!(target, TelemetryTarget::Fleet));
    let mapped = |wanted: Signal| {
        takes(
            &|target| matches!(target, TelemetryTarget::Number { signal, .. } if signal == wanted),
        )
    };
    let one_code = event.dtcs().len() <= 1;
    let takes = |wanted: &str| {
        takes(&|target| match target {
            TelemetryTarget::Status => wanted == "status",
            TelemetryTarget::Gear => wanted == "gear",
            TelemetryTarget::Autopilot => wanted == "autopilot_engaged",
            TelemetryTarget::Road => wanted == "road_type",
            TelemetryTarget::Flag(flag) => wanted == flag.as_word(),
            TelemetryTarget::Codes => wanted == "dtcs",
            TelemetryTarget::Code => wanted == "dtcs" && one_code,
            TelemetryTarget::Text(text) => wanted == text.as_word(),
            TelemetryTarget::Place(_) => wanted == "position",
            _ => false,
        })
    };
    let start = Lossy::new().note("fleet_id", fleet);
    lossy_but(start, event, &mapped, &takes, schema.origin)
}

/// Names the parts of an event beyond these signals and fields, by their canonical names.
pub(crate) fn lossy_but(
    mut lossy: Lossy,
    event: &Telemetry,
    mapped: &dyn Fn(Signal) -> bool,
    takes: &dyn Fn(&str) -> bool,
    origin: Origin,
) -> Lossy {
    let is = |field| event.is_null(field);
    for signal in Signal::ALL {
        let there = !event.reading(*signal).is_missing();
        lossy = lossy.note(signal.name(), there && !mapped(*signal));
    }
    let mut note = |field: &'static str, there: bool| {
        lossy = std::mem::take(&mut lossy).note(field, there && !takes(field));
    };
    // A position that is null as a whole; its angles are signals.
    let no_angle = [Signal::Latitude, Signal::Longitude]
        .iter()
        .all(|signal| event.reading(*signal).is_missing());
    note("position", no_angle && is(NullField::Place));
    note("status", event.status().is_some() || is(NullField::Status));
    note("gear", event.gear().is_some() || is(NullField::Gear));
    let autopilot = event.autopilot_engaged();
    note(
        "autopilot_engaged",
        autopilot.is_some() || is(NullField::Autopilot),
    );
    note(
        "road_type",
        event.road_word().is_some() || is(NullField::Road),
    );
    for flag in Flag::ALL {
        let there = event.flag(*flag).is_some() || event.flag_is_null(*flag);
        note(flag.as_word(), there);
    }
    note("dtcs", event.dtc_list().is_some() || is(NullField::Dtcs));
    for field in TextField::ALL
        .iter()
        .filter(|field| **field != TextField::Road)
    {
        let there = event.text(*field).is_some() || event.text_is_null(*field);
        note(field.as_word(), there);
    }
    lossy.unknown_keys(event.layout(), event.style().is_of(origin))
}

/// Whether the fields, or those of nested objects, have such a target.
fn any(
    fields: &'static [Field<TelemetryTarget>],
    wanted: &dyn Fn(TelemetryTarget) -> bool,
) -> bool {
    fields
        .iter()
        .any(|field| wanted(field.target) || any(field.target.inside(), wanted))
}
