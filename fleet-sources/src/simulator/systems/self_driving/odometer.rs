use std::fmt;

use crate::simulator::draws::Draws;

/// How an odometer can fail.
///
/// It fails only between two events of a standing vehicle, so that the way of that interval is 0 by speed, by
/// position and in truth: a metric that guards itself is then exact, and one that does not is wrong by much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OdometerFault {
    /// It shows 0 and counts on from there, as after a lost memory.
    Reset,
    /// It falls back by 1 to 50 km, as after a restored memory.
    Rollback,
    /// It leaps by 100 to 1000 km.
    Jump,
}

/// How far it falls back and leaps, metres. Our choice: more than a late event explains, and faster than any
/// vehicle within ten minutes.
const ROLLBACK_M: (u64, u64) = (1_000, 50_000);
const JUMP_M: (u64, u64) = (100_000, 1_000_000);

impl OdometerFault {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reset, Self::Rollback, Self::Jump];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Rollback => "rollback",
            Self::Jump => "jump",
        }
    }

    /// What an odometer shows afterwards, metres; less than a rollback's least shows no fault but a jump.
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
