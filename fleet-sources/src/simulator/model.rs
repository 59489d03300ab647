//! The [`Model`] trait: how the vehicles of one system behave.

use fleet_core::{EventTime, IdError};

use super::draws::Draws;

/// How the vehicles of one system behave.
///
/// [`Simulator`](super::Simulator) first calls [`vehicle`](Self::vehicle) once for each vehicle, in
/// the order of their numbers, which begin at 1. Then, in each tick and for each vehicle in the
/// same order, it calls [`tick`](Self::tick) once and [`more`](Self::more) until it returns `None`.
/// A restart repeats all these calls from the beginning.
///
/// # Guarantees
/// A model must be deterministic: its events depend only on its settings, on the vehicle's state
/// and on the numbers it draws, never on a clock, on other vehicles or on other randomness. The
/// source relies on this to generate the same bytes again after a restart.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, IdError, VehicleId, dialect::VehicleOps, event::Telemetry, units::Speed,
/// };
/// use fleet_sources::{Model, Simulator, SimulatorOptions, simulator::Draws};
///
/// /// Vehicles that only get faster.
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
///     fn tick(
///         &self,
///         (id, kmh): &mut Self::Vehicle,
///         at: EventTime,
///         draws: &mut Draws,
///     ) -> Telemetry {
///         *kmh += draws.uniform(0.0, 100.0);
///         Telemetry::new(id.clone(), at).with_speed(Speed::from_kmh(*kmh))
///     }
/// }
///
/// # fn main() -> fleet_core::Result<()> {
/// let source = Simulator::new(Rockets, VehicleOps::default(), SimulatorOptions::default())?;
/// assert!(source.partition().as_str().starts_with("simulator:rockets?vehicles=50&seconds=600"));
/// # Ok(())
/// # }
/// ```
pub trait Model: Send + 'static {
    /// What a vehicle sends: an [`Event`](fleet_core::Event) that the system's dialect can write.
    type Event: Send + 'static;
    /// The state of a vehicle between two ticks.
    type Vehicle: Send;

    /// The name of the system, which begins the partition's name.
    fn name(&self) -> &'static str;

    /// All settings that determine the events, such as `scenario=normal&area=cali`.
    ///
    /// They become part of the partition's name, after the number of vehicles, the times and the
    /// seed. Free text from a user goes last.
    fn settings(&self) -> String;

    /// Builds a vehicle as it is before its first tick.
    ///
    /// # Errors
    /// If the vehicle's id would be invalid; the simulation is then refused.
    fn vehicle(&self, number: u32, draws: &mut Draws) -> Result<Self::Vehicle, IdError>;

    /// Advances a vehicle to this time and returns the first event it sends.
    fn tick(&self, vehicle: &mut Self::Vehicle, at: EventTime, draws: &mut Draws) -> Self::Event;

    /// Returns the next event of the same tick; called after every event until it returns `None`.
    ///
    /// The vehicle stores these events in [`tick`](Self::tick). Their times must not decrease.
    fn more(&self, _vehicle: &mut Self::Vehicle) -> Option<Self::Event> {
        None
    }

    /// The number of vehicles for which there are ids; a simulation of more is refused.
    fn most_vehicles(&self) -> u32 {
        u32::MAX
    }

    /// Whether [`Pace::Realtime`](super::Pace::Realtime) has an effect. A model that generates
    /// maximum load returns false.
    fn is_paced(&self) -> bool {
        true
    }
}
