//! Names the events on a receipt.

use super::{
    Charged, Evidence, Exposure, Profile, Receipt, ScoredEvent, Uncharged, WhyUncharged,
    grid::share,
};

/// Divides the points of each line among its events, in proportion to what each added to the
/// quantity, and lists the events that cost nothing.
pub(super) fn name(
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
            part.quantity.amount_of(part.factor, event) * part.step(sums, event.cause, prior)
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
