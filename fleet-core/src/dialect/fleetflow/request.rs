//! The schema of a trip request.

use super::{
    FleetFlow, TripRequest,
    samples::{self, SHORT, Sample},
    style::TripStyle,
};
use crate::{
    data::{DriverId, EventTime, VehicleId, time::TimeReader},
    dialect::{
        Refused,
        object::{
            self, Draft, Field, Misfit, Number, Object, Schema, Target, fields, misfit, wrong_kind,
        },
    },
    event::{Layout, Origin, Style, TripSamples},
};

/// A request before its samples are read.
#[derive(Debug)]
pub(in crate::dialect) struct Request {
    trip: TripSamples,
    style: TripStyle,
    /// The JSON of the samples.
    list: String,
}

/// What a field of a request sets.
#[derive(Clone, Copy, Debug)]
pub(in crate::dialect) enum RequestTarget {
    Vehicle,
    Driver,
    Time,
    Rate,
    /// The samples; `true` for their second name.
    Data(bool),
}

const VEHICLE: u8 = 1;
const DRIVER: u8 = 2;
const TIME: u8 = 4;
const DATA: u8 = 8;

pub(in crate::dialect) static SCHEMA: Schema<RequestTarget> = Schema {
    name: "a trip request",
    origin: Origin::VehicleOps,
    fields: fields! {
        "vehicle_id" => RequestTarget::Vehicle,
        "driver_id" => RequestTarget::Driver,
        "timestamp" => RequestTarget::Time,
        "sample_rate_hz" => RequestTarget::Rate,
        "data" => RequestTarget::Data(false),
        "telemetry_data" => RequestTarget::Data(true),
    },
};

pub(super) fn read(
    dialect: &FleetFlow,
    record: &str,
    times: &mut TimeReader,
) -> Result<TripRequest, Refused> {
    let request: Option<Request> = object::read(&SCHEMA, dialect.unknown, record, times)?;
    let Request {
        mut trip,
        mut style,
        list,
    } = request.ok_or_else(|| Refused("not a trip request".into()))?;
    let each = |sample: Sample| {
        let index = u32::try_from(trip.samples.len()).unwrap_or(u32::MAX);
        trip.samples
            .push(sample.finish(dialect.time, &mut style.first));
        style.marks.push(sample.marks);
        style
            .layouts
            .extend(sample.layout.map(|layout| (index, *layout)));
    };
    let max = dialect.max_samples;
    let count = object::each(&samples::SCHEMA, dialect.unknown, &list, max, each);
    let key = if style.alias {
        "telemetry_data"
    } else {
        "data"
    };
    count.map_err(|why| Refused(format!("{key}: {why}")))?;
    style.short = style.marks.first().is_some_and(|marks| marks & SHORT != 0);
    Ok(TripRequest { trip, style })
}

pub(super) fn write(dialect: &FleetFlow, event: &TripRequest, to: &mut Vec<u8>) {
    let style = &event.style;
    let first = style.first.unwrap_or(0.0);
    let mut marks = style.all_marks();
    let mut list = vec![b'['];
    let mut layouts = style.layouts.iter().peekable();
    for (index, sample) in event.trip.samples.iter().enumerate() {
        if index > 0 {
            list.push(b',');
        }
        let mut sample = Sample::of(sample, dialect.time, first);
        sample.marks = marks.next().unwrap_or(0);
        let own = layouts.next_if(|(of, _)| usize::try_from(*of) == Ok(index));
        sample.layout = own.map(|(_, layout)| Box::new(layout.clone()));
        object::write(&samples::SCHEMA, &sample, &mut list);
    }
    list.push(b']');
    // Everything but the samples, which are JSON already.
    let request = Request {
        trip: TripSamples {
            trip_id: None,
            vehicle: event.trip.vehicle.clone(),
            driver: event.trip.driver.clone(),
            at: event.trip.at,
            sample_rate_hz: event.trip.sample_rate_hz,
            samples: Vec::new(),
        },
        style: style.head(),
        list: String::from_utf8(list).unwrap_or_default(),
    };
    object::write(&SCHEMA, &request, to);
}

impl Target for RequestTarget {
    type Event = Request;
    const NEEDS: u8 = VEHICLE | DRIVER | TIME | DATA;

    fn blank(_: Origin) -> Request {
        Request {
            trip: TripSamples {
                trip_id: None,
                vehicle: VehicleId::placeholder(),
                driver: DriverId::placeholder(),
                at: EventTime::MIN,
                sample_rate_hz: None,
                samples: Vec::new(),
            },
            style: TripStyle::default(),
            list: String::new(),
        }
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Vehicle | Self::Driver | Self::Time => "a text",
            Self::Rate => "a number over 0",
            Self::Data(_) => "a list of samples",
        }
    }

    fn need(self) -> u8 {
        match self {
            Self::Vehicle => VEHICLE,
            Self::Driver => DRIVER,
            Self::Time => TIME,
            Self::Rate => 0,
            Self::Data(_) => DATA,
        }
    }

    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        let request = &mut *draft.event;
        match field.target {
            Self::Vehicle => {
                request.trip.vehicle = VehicleId::new(text).map_err(|why| misfit(field, &why))?;
            }
            Self::Driver => {
                request.trip.driver = DriverId::new(text).map_err(|why| misfit(field, &why))?;
            }
            Self::Time => {
                let (at, style) = times.read(text).map_err(|why| misfit(field, &why))?;
                request.trip.at = at;
                request.style.set_time(style);
            }
            Self::Rate | Self::Data(_) => return Err(wrong_kind(field, "a text")),
        }
        draft.found(field.target.need());
        Ok(())
    }

    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        number: Number,
    ) -> Result<(), Misfit> {
        let Self::Rate = field.target else {
            return Err(wrong_kind(field, "a number"));
        };
        if !(number.value > 0.0 && number.value.is_finite()) {
            return Err(wrong_kind(field, "another number"));
        }
        draft.event.trip.sample_rate_hz = Some(number.value);
        draft.event.style.whole_rate = number.integer;
        Ok(())
    }

    fn null(field: &Field<Self>, _: &mut Draft<'_, Self::Event>) -> Result<(), Misfit> {
        Err(wrong_kind(field, "null"))
    }

    fn is_raw(self) -> bool {
        matches!(self, Self::Data(_))
    }

    fn raw(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        json: &str,
    ) -> Result<(), Misfit> {
        let Self::Data(alias) = field.target else {
            return Err(wrong_kind(field, "a value"));
        };
        if !json.starts_with('[') {
            return Err(wrong_kind(field, "another value"));
        }
        if !draft.event.list.is_empty() {
            return Err(misfit(field, &"the samples are there under both names"));
        }
        json.clone_into(&mut draft.event.list);
        draft.event.style.alias = alias;
        draft.found(field.target.need());
        Ok(())
    }

    fn set_layout(request: &mut Request, layout: Layout) {
        request.style.layout = Some(layout);
    }

    fn layout(request: &Request) -> Option<&Layout> {
        request.style.layout.as_ref()
    }

    fn is_of(_: &Request, _: Origin) -> bool {
        true
    }

    fn write(field: &Field<Self>, request: &Request, to: &mut Object<'_>) {
        let (trip, style) = (&request.trip, &request.style);
        match field.target {
            Self::Vehicle => to.text(field, Some(trip.vehicle.as_str()), false),
            Self::Driver => to.text(field, Some(trip.driver.as_str()), false),
            Self::Time => {
                let time = style.time(trip.at);
                to.time(field, trip.at, Style { time, integers: 0 });
            }
            Self::Rate => {
                if let Some(rate) = trip.sample_rate_hz {
                    to.number(field, rate, style.whole_rate, false);
                }
            }
            Self::Data(alias) => {
                if alias == style.alias {
                    to.raw(field, &request.list);
                }
            }
        }
    }
}
