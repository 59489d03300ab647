use fleet_core::{EventTime, IdError};

use super::draws::Draws;

/// How the vehicles of one system behave.
///
/// [`Simulator`](super::Simulator) builds every vehicle once, in the order of their numbers, from 1; then
/// each tick gives what each vehicle sends, in the same order: the event of [`tick`](Self::tick), then those
/// of [`more`](Self::more) until there is none.
///
/// # Guarantees
/// A model is pure: what it does depends on its own settings, on the vehicle's state and on what it draws,
/// never on a clock, on other vehicles or on chance from elsewhere. The source regenerates the same bytes
/// after a restart, and relies on that.
///
/// # Examples
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/plain.rs"));
/// use fleet_core::{EventTime, IdError, VehicleId, event::Telemetry, units::Speed};
/// use fleet_sources::{Model, Simulator, SimulatorOptions, simulator::Draws};
///
/// /// Vehicles that only ever get faster.
/// struct Rockets;
///
/// impl Model for Rockets {
///     type Event = Telemetry;
///     type Vehicle = (VehicleId, f64);
///
///     fn name(&self) -> &'static str {
///         "rockets"
///     }
///     fn settings(&self) -> String {
///         String::new()
///     }
///     fn vehicle(&self, number: u32, _: &mut Draws) -> Result<Self::Vehicle, IdError> {
///         Ok((VehicleId::new(&format!("rocket-{number}"))?, 0.0))
///     }
///     fn tick(&self, (id, kmh): &mut Self::Vehicle, at: EventTime, draws: &mut Draws) -> Telemetry {
///         *kmh += draws.uniform(0.0, 100.0);
///         Telemetry::new(id.clone(), at).with_speed(Speed::from_kmh(*kmh))
///     }
/// }
///
/// # fn main() -> fleet_core::Result<()> {
/// let source = Simulator::new(Rockets, Plain, SimulatorOptions::default())?;
/// assert!(source.partition().as_str().starts_with("simulator:rockets?vehicles=50&seconds=600"));
/// # Ok(())
/// # }
/// ```
pub trait Model: Send + 'static {
    /// What a vehicle sends: an [`Event`](fleet_core::Event), as the dialect that writes it asks for.
    type Event: Send + 'static;
    /// What a vehicle is between two ticks.
    type Vehicle: Send;

    /// The system's name.
    fn name(&self) -> &'static str;

    /// Everything that determines the events beside number, times and seed, as `scenario=normal&area=cali`:
    /// it becomes part of the partition's name. A text that a user may choose goes last.
    fn settings(&self) -> String;

    /// A vehicle before its first tick; numbers begin at 1.
    ///
    /// # Errors
    /// Why its id is none.
    fn vehicle(&self, number: u32, draws: &mut Draws) -> Result<Self::Vehicle, IdError>;

    /// One step of a vehicle, and what it sends first.
    fn tick(&self, vehicle: &mut Self::Vehicle, at: EventTime, draws: &mut Draws) -> Self::Event;

    /// What else it sends in this tick: asked after every event until it says none. The vehicle must hold it
    /// ready, and times must not go back.
    fn more(&self, _vehicle: &mut Self::Vehicle) -> Option<Self::Event> {
        None
    }

    /// How many vehicles there are ids for; a simulation of more is refused.
    fn most_vehicles(&self) -> u32 {
        u32::MAX
    }

    /// Whether [`Pace::Realtime`](super::Pace::Realtime) has a meaning; a model of the highest load says no.
    fn is_paced(&self) -> bool {
        true
    }
}
