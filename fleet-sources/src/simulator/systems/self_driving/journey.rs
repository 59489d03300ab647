//! The journeys of a vehicle, from one place of the city to another.

use crate::simulator::draws::Draws;

/// The places where journeys begin and end. Our choice.
const PLACES: [&str; 6] = [
    "Airport", "Depot", "Harbour", "Market", "Stadium", "Station",
];

/// A journey between two places, by their indexes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Journey {
    from: u64,
    to: u64,
}

impl Journey {
    pub(super) fn begin(draws: &mut Draws) -> Self {
        let all = PLACES.len() as u64;
        Self {
            from: 0,
            to: draws.below(all),
        }
        .next(draws)
    }

    /// The next journey, from the destination of this one to a different place.
    pub(super) fn next(self, draws: &mut Draws) -> Self {
        let all = PLACES.len() as u64;
        let further = 1 + draws.below(all - 1);
        Self {
            from: self.to,
            to: (self.to + further) % all,
        }
    }

    pub(super) fn start(self) -> Option<&'static str> {
        place(self.from)
    }

    pub(super) fn destination(self) -> Option<&'static str> {
        place(self.to)
    }
}

fn place(index: u64) -> Option<&'static str> {
    PLACES.get(usize::try_from(index).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_goes_elsewhere_and_the_next_begins_there() {
        let mut draws = Draws::new(1, 1);
        let mut journey = Journey::begin(&mut draws);
        for _ in 0..1000 {
            assert_ne!(journey.start(), journey.destination());
            let next = journey.next(&mut draws);
            assert_eq!(next.start(), journey.destination());
            journey = next;
        }
    }
}
