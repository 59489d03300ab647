//! What the vehicles of two producers say, in the order of time.

use fleet_core::{
    Event, EventTime,
    dialect::{Dialect, FleetPipeline},
    event::FleetEvent,
};
use fleet_examples::read_to_string;
use fleet_sources::{SelfDrivingModel, Simulator};

use crate::Fallible;

/// The vehicle ids of the producers. Producers that run side by side need distinct ones.
const IDS: [std::ops::RangeInclusive<u32>; 2] = [101..=104, 201..=204];

/// One event, as the line that is produced.
pub(crate) struct Line {
    pub(crate) at: EventTime,
    pub(crate) vehicle: String,
    /// The number of its topic: telemetry, perception, driving.
    pub(crate) kind: usize,
    pub(crate) text: String,
    pub(crate) event: FleetEvent,
}

/// All events.
pub(crate) struct Produced(pub(crate) Vec<Line>);

impl Produced {
    /// Simulates this many seconds.
    pub(crate) async fn simulated(seconds: u32) -> Fallible<Self> {
        let mut lines = Vec::new();
        for (seed, ids) in (1..).zip(IDS) {
            let model = SelfDrivingModel::default()
                .vehicle_ids(ids)
                .takeovers_per_hour(20.0);
            let options = model.options().seed(seed);
            let options = options.duration(std::time::Duration::from_secs(seconds.into()));
            let simulator = Simulator::new(model, FleetPipeline::default(), options)?;
            for text in read_to_string(simulator).await?.lines() {
                lines.push(Line::read(text)?);
            }
        }
        // Stable, so that the events of one vehicle and time keep their order.
        lines.sort_by_key(|line| line.at);
        Ok(Self(lines))
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

impl Line {
    fn read(text: &str) -> Fallible<Self> {
        let dialect = FleetPipeline::default();
        let event = dialect.read(text, &mut dialect.memo(None))?;
        let event = event.ok_or("an event is filtered out")?;
        Ok(Self {
            at: event.at(),
            vehicle: event.key().to_owned(),
            kind: match event {
                FleetEvent::Telemetry(_) => 0,
                FleetEvent::Perception(_) => 1,
                FleetEvent::Driving(_) => 2,
            },
            text: text.to_owned(),
            event,
        })
    }
}
