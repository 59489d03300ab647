//! The rules of the supported systems, by function and by name.
//!
//! | name | speed | battery | engine | other |
//! |---|---|---|---|---|
//! | `vehicleops` | over 80 km/h | charge below 15 % | over 100 °C | |
//! | `ford` | over 80 mph | 12 V system below 11.5 V | over 220 °F | fuel below 10 %, any trouble code |
//! | `fleet-pipeline` | the producer's flag, else over 65 km/h | charge below 20 % | | collision risk |
//! | `fleetstream` | the producer's flag, else over the event's limit by 5 km/h | | the producer's flag, else over 6200 rpm | any trouble code |

mod fleet_pipeline;
mod fleetstream;
mod ford;
mod vehicleops;

pub use fleet_pipeline::{SPEED_VIOLATION, fleet_pipeline};
pub use fleetstream::fleetstream;
pub use ford::ford;
pub use vehicleops::vehicleops;

use fleet_core::{Error, ErrorKind, Result};

use crate::{CollisionRisk, Mode, Rules};

/// The rules of one system.
#[derive(Clone, Debug)]
pub struct Preset {
    /// The rules that read telemetry.
    pub rules: Rules,
    /// The rule that reads detections, if the system has one.
    pub collision: Option<CollisionRisk>,
}

/// Builds the rules of one system.
type Build = fn(Mode) -> Preset;

const PRESETS: [(&str, Build); 4] = [
    ("vehicleops", |mode| vehicleops(mode).into()),
    ("ford", |mode| ford(mode).into()),
    ("fleet-pipeline", |mode| Preset {
        rules: fleet_pipeline(mode),
        collision: Some(CollisionRisk::of_preset(mode)),
    }),
    ("fleetstream", |mode| fleetstream(mode).into()),
];

impl From<Rules> for Preset {
    fn from(rules: Rules) -> Self {
        Self {
            rules,
            collision: None,
        }
    }
}

/// The names of the presets.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The preset of this name.
///
/// # Errors
/// Refuses an unknown name; the message lists the known ones.
///
/// # Examples
/// ```
/// use fleet_rules::{Mode, preset};
/// assert!(preset::by_name("fleet-pipeline", Mode::Edge)?.collision.is_some());
/// let unknown = preset::by_name("speedy", Mode::Edge).unwrap_err();
/// assert!(unknown.to_string().contains("vehicleops, ford"));
/// # Ok::<(), fleet_core::Error>(())
/// ```
pub fn by_name(name: &str, mode: Mode) -> Result<Preset> {
    if let Some((_, build)) = PRESETS.iter().find(|(known, _)| *known == name) {
        return Ok(build(mode));
    }
    let known: Vec<_> = names().collect();
    let message = format!(
        "`{name}` is no preset: the presets are {}",
        known.join(", ")
    );
    Err(Error::new(ErrorKind::Config, message))
}
