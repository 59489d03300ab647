//! Names the events on a receipt.

use super::{
    Charged, Evidence, Exposure, Profile, Receipt, ScoredEvent, Uncharged, WhyUncharged,
    formula::Rounding, grid::share,
};

impl Profile {
    /// Scores like [`score`](Self::score), and names the events.
    pub fn receipt(&self, evidence: &Evidence) -> Receipt {
        name(self, evidence, None, self.score(evidence.sums()))
    }

    /// Scores like [`shrunk_score`](Self::shrunk_score), and names the events.
    pub fn shrunk_receipt(&self, evidence: &Evidence) -> Receipt {
        let receipt = self.shrunk_score(evidence.sums());
        name(self, evidence, Some(self.prior), receipt)
    }
}

/// Divides the points of each line among its events, in proportion to what each added to the
/// quantity, and lists the events that cost nothing.
fn name(
    profile: &Profile,
    evidence: &Evidence,
    prior: Option<Exposure>,
    mut receipt: Receipt,
) -> Receipt {
    let (mut charged, mut uncharged) = (Vec::new(), Vec::new());
    let sums = evidence.sums();
    for known in evidence.sorted() {
        let event = known.event;
        let mut parts = profile.measured(sums);
        let in_profile = parts.any(|part| part.watched(sums).any(|cause| cause == event.cause));
        let why = match () {
            () if known.disputed => WhyUncharged::Disputed,
            () if event.excused => WhyUncharged::Excused,
            () if !in_profile => WhyUncharged::NotInProfile,
            () => {
                charged.push(event);
                continue;
            }
        };
        uncharged.push(Uncharged {
            id: event.id,
            cause: event.cause,
            why,
        });
    }
    for (line, part) in receipt.components.iter_mut().zip(profile.measured(sums)) {
        let causes: Vec<_> = part.watched(sums).collect();
        let is_of_part = |event: &&ScoredEvent| causes.contains(&event.cause);
        let events: Vec<_> = charged.iter().filter(is_of_part).collect();
        let shares = events.iter().map(|event| {
            if profile.rounding == Rounding::EachEvent {
                part.whole_points_of(part.factor.of(event))
            } else {
                part.quantity.amount_of(part.factor, event) * part.step(sums, event.cause, prior)
            }
        });
        let points = share(line.points_lost, &shares.collect::<Vec<_>>());
        let named = events
            .iter()
            .zip(points)
            .map(|(event, points_lost)| Charged {
                id: event.id,
                cause: event.cause,
                points_lost,
            });
        line.events = named.collect();
    }
    receipt.uncharged = uncharged;
    receipt
}
