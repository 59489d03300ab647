//! The events of the demo, read from the bytes of its simulators without the library's decoders.

use std::time::Duration;

use fleet_core::dialect::{FleetFlow, FleetPipeline, VehicleOps};
use fleet_examples::read_to_string;
use fleet_sources::{
    FleetFlowModel, Model, SelfDrivingModel, Simulator, SimulatorOptions, VehicleOpsModel,
    simulator::{Area, Scenario},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

pub(super) const VEHICLES: u32 = 10;
pub(super) const LENGTH: Duration = Duration::from_secs(300);

/// Microseconds since 1970.
pub(super) type Micros = i64;

/// One message, and what every message has.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) vehicle: String,
    pub(super) at: Micros,
    pub(super) body: Value,
}

impl Message {
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.body.get(name)?.as_f64()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// Speed in km/h, by either system's name.
    pub(super) fn speed(&self) -> Option<f64> {
        self.number("speed_kmh")
            .or_else(|| self.number("current_speed_kmh"))
    }

    /// Charge in percent, by either system's name.
    pub(super) fn battery(&self) -> Option<f64> {
        self.number("battery_pct")
            .or_else(|| self.number("battery_level_pct"))
    }
}

/// All that the demo reads.
pub(super) struct Events {
    /// Of vehicles that only send telemetry.
    pub(super) plain: Vec<Message>,
    /// Of vehicles that drive themselves: telemetry, detections and driving events.
    pub(super) self_driving: Vec<Message>,
    pub(super) trips: Vec<Message>,
}

impl Events {
    pub(super) async fn read() -> Self {
        let fifth = VEHICLES.div_ceil(5);
        let plain = VehicleOpsModel::default()
            .area(Area::Bogota)
            .scenario(Scenario::Mixed);
        let options = SimulatorOptions::default().vehicles(VEHICLES);
        let plain = lines(plain, VehicleOps::default(), options).await;
        let own = SelfDrivingModel::default()
            .area(Area::Bogota)
            .vehicle_ids(1..=fifth);
        let options = own.options();
        let own = lines(own, FleetPipeline::default(), options).await;
        let trips = FleetFlowModel::default().sample_rate_hz(1);
        let options = trips.options().vehicles(fifth);
        let trips = lines(trips, FleetFlow::default(), options).await;
        Self {
            plain,
            self_driving: own,
            trips,
        }
    }

    /// The telemetry of all vehicles.
    pub(super) fn telemetry(&self) -> impl Iterator<Item = &Message> + Clone {
        let of_self_driving = self.self_driving.iter();
        self.plain
            .iter()
            .chain(of_self_driving.filter(|message| message.speed().is_some()))
    }
}

async fn lines<M: Model, D>(model: M, dialect: D, options: SimulatorOptions) -> Vec<Message>
where
    D: fleet_core::dialect::Dialect<Event = M::Event>,
{
    let options = options.duration(LENGTH).seed(1);
    let source = Simulator::new(model, dialect, options).unwrap();
    let text = read_to_string(source).await.unwrap();
    let mut messages: Vec<_> = text.lines().map(message).collect();
    // Messages of one time keep the order in which they were sent.
    messages.sort_by_key(|message| message.at);
    messages
}

fn message(line: &str) -> Message {
    let body: Value = serde_json::from_str(line).unwrap();
    let vehicle = match &body["vehicle_id"] {
        Value::String(text) => text.clone(),
        number => number.to_string(),
    };
    let time = body["timestamp"].as_str().unwrap();
    let at = time.parse::<Timestamp>().unwrap_or_else(|_| {
        // The self-driving pipeline writes UTC without saying so.
        let naive: DateTime = time.parse().unwrap();
        naive.to_zoned(TimeZone::UTC).unwrap().timestamp()
    });
    Message {
        vehicle,
        at: at.as_microsecond(),
        body,
    }
}
