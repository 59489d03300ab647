//! Rules that raise alerts from vehicle events, and the metrics of fleets.
//!
//! Each rule is an [`Operator`](fleet_core::Operator) of a [`Graph`](fleet_core::Graph). It reads
//! the events of one vehicle in event-time order and emits [`Alert`](fleet_core::event::Alert)s.
//! The same events produce the same alerts with the same ids, whatever the batches, crashes and
//! order of arrival within the pipeline's bound. No rule ever sends a command to a vehicle.
//!
//! | operator | reads | emits |
//! |---|---|---|
//! | [`Rules`] | telemetry | an alert when a signal violates a [`Threshold`] |
//! | [`CollisionRisk`] | telemetry and detections | an alert when an object is too near or the time to collision too short |
//! | [`Silent`] | any events | a [`Presence`] when a vehicle goes offline or comes back online |
//! | [`SumMinutes`] | telemetry | sums by vehicle and minute: speed, charge, temperature, distance |
//! | [`MeterDistance`] | telemetry | each event with the distance since the one before it |
//! | [`SumSelfDriving`] | telemetry, detections, driving events | sums by vehicle and hour: distance, interventions, disengagements |
//!
//! [`preset`] has the rules of the supported systems by name. [`Mode`] selects how often a rule
//! that stays violated raises an alert.
//!
//! # Examples
//! Vehicles above 80 km/h, one alert each time a vehicle becomes too fast:
//! ```
//! use std::time::Duration;
//! use fleet_core::event::{AlertKind, Severity, Signal, Telemetry};
//! use fleet_core::{EventTime, Graph, Order, VehicleId, testing::Harness, units::Speed};
//! use fleet_rules::{Condition, Mode, Rules, Threshold};
//!
//! let too_fast = Threshold {
//!     rule: "overspeed".into(),
//!     kind: AlertKind::Overspeed,
//!     severity: Severity::High,
//!     condition: Condition::Above(Signal::Speed, 80.0),
//!     flag: None,
//! };
//! let (mut graph, telemetry) = Graph::new();
//! let alerts = graph.apply("rules", telemetry, Rules::new([too_fast], Mode::Edge)?);
//!
//! let mut harness = Harness::new(graph, Order::within(Duration::from_secs(5)));
//! harness.watch(alerts);
//! for (second, kmh) in [(0, 79.0), (1, 81.0), (2, 95.0), (3, 80.0)] {
//!     let at = EventTime::from_micros(second * 1_000_000);
//!     let event = Telemetry::new(VehicleId::new("car-1").unwrap(), at);
//!     harness.push(event.with_speed(Speed::from_kmh(kmh)))?;
//! }
//! harness.end();
//! let alerts = harness.take(alerts);
//! assert_eq!((alerts.len(), alerts[0].value, alerts[0].threshold), (1, Some(81.0), Some(80.0)));
//! # Ok::<(), fleet_core::Error>(())
//! ```
//!
//! # Dependencies
//! Depends on `fleet-core` alone.

mod collision;
mod minutes;
mod mode;
mod ordinal;
pub mod preset;
mod rules;
mod self_driving;
mod silent;
mod threshold;

pub use collision::{CollisionOptions, CollisionRisk, CollisionState};
pub use minutes::{MeterDistance, Metered, MinuteState, MinuteSums, SumMinutes, VehicleMinute};
pub use mode::Mode;
pub use rules::{MAX_RULES, Rules, RulesState};
pub use self_driving::{
    KmPer, SelfDriving, SelfDrivingHour, SelfDrivingOptions, SelfDrivingState, SumSelfDriving,
};
pub use silent::{Presence, Silent};
pub use threshold::{Condition, Evaluation, ProducerFlag, Threshold};
