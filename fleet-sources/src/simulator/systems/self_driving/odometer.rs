//! The ways in which an odometer can fail.

use std::fmt;

use crate::simulator::draws::Draws;

/// How an odometer can fail.
///
/// Faults occur only between two events of a standing vehicle, so the distance of that interval is
/// 0 by speed, by position and in truth. A metric that detects the fault is therefore exact, and
/// one that does not is clearly wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OdometerFault {
    /// The reading is 0 and counts on from there, as after a loss of memory.
    Reset,
    /// The reading falls by 1 to 50 km, as after a restored backup.
    Rollback,
    /// The reading rises by 100 to 1000 km.
    Jump,
}

/// The size of a rollback and of a jump, metres. Our choice: more than a late event can explain,
/// and further than any vehicle drives in ten minutes.
const ROLLBACK_M: (u64, u64) = (1_000, 50_000);
const JUMP_M: (u64, u64) = (100_000, 1_000_000);

impl OdometerFault {
    /// All faults.
    pub const ALL: [Self; 3] = [Self::Reset, Self::Rollback, Self::Jump];

    /// The name of the fault.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Rollback => "rollback",
            Self::Jump => "jump",
        }
    }

    /// Returns the reading after the fault, metres. A reading below the smallest rollback can only
    /// jump.
    pub(super) fn apply(self, metres: u64, draws: &mut Draws) -> Option<u64> {
        let mut within = |(from, to)| from + draws.below(to - from);
        let least = ROLLBACK_M.0;
        match self {
            Self::Reset => (metres >= least).then_some(0),
            Self::Rollback => {
                let back = within(ROLLBACK_M);
                (metres >= least).then(|| metres.saturating_sub(back))
            }
            Self::Jump => Some(metres + within(JUMP_M)),
        }
    }
}

impl fmt::Display for OdometerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
