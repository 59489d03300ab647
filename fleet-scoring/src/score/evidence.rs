//! Events and sums of a trip, with disputes.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use fleet_core::ContentId;

use super::{Cause, Exposure, ScoreSums, ScoredEvent};

/// The sums of trips together with their events, so that a receipt can name them.
///
/// # Guarantees
/// An event counts once, however often it is added. [`merge`](Self::merge) is associative and
/// commutative to the last bit: a day is the union of the events of its trips, over the sum of what
/// was driven.
///
/// # Cost
/// Adding, disputing and reinstating an event take constant time. Scoring afterwards takes a time
/// that depends on the profile alone.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, units::Distance};
/// use fleet_scoring::{profile, score::{Cause, Evidence, Exposure, ScoredEvent}};
/// let driven = Exposure::new(Distance::from_km(100.0), Duration::from_secs(7200));
/// let mut trip = Evidence::of_trip(Some(driven), &[Cause::HarshBrake]);
/// let brake = ScoredEvent::new("trip-1", Cause::HarshBrake, EventTime::MIN, EventTime::MIN);
/// assert!(trip.add(brake));
/// assert!(!trip.add(brake), "the same event again");
///
/// let profile = profile::per_100km();
/// assert_eq!(profile.score(trip.sums()).score, Some(90.0));
/// assert!(trip.dispute(brake.id));
/// assert_eq!(profile.score(trip.sums()).score, Some(100.0));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// In a box, since rows of evidence are moved about and sums have 2 KiB.
    pub(super) sums: Box<ScoreSums>,
    pub(super) events: HashMap<ContentId, Known>,
}

/// Events in the order of a receipt: the same evidence reads the same.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut evidence = f.debug_struct("Evidence");
        evidence.field("sums", &self.sums);
        evidence.field("events", &self.sorted()).finish()
    }
}

/// An event, and whether it is disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) event: ScoredEvent,
    pub(super) disputed: bool,
}

impl Evidence {
    /// A trip before its events; see [`ScoreSums::of_trip`].
    pub fn of_trip(driven: Option<Exposure>, watched: &[Cause]) -> Self {
        Self {
            sums: Box::new(ScoreSums::of_trip(driven, watched)),
            events: HashMap::new(),
        }
    }

    /// Says how much was driven while somebody looked for a cause; see [`ScoreSums::watch`].
    pub fn watch(&mut self, cause: Cause, watched: Exposure) {
        self.sums.watch(cause, watched);
    }

    /// Adds an event. Returns `false`, and changes nothing, if it was added before.
    pub fn add(&mut self, event: ScoredEvent) -> bool {
        let Entry::Vacant(place) = self.events.entry(event.id) else {
            return false;
        };
        let disputed = false;
        place.insert(Known { event, disputed });
        self.sums.add(&event);
        true
    }

    /// Takes a disputed event out of the sums, in constant time. It stays on the receipt. Returns
    /// whether there is such an event.
    pub fn dispute(&mut self, id: ContentId) -> bool {
        self.set_disputed(id, true)
    }

    /// Puts a disputed event back.
    pub fn reinstate(&mut self, id: ContentId) -> bool {
        self.set_disputed(id, false)
    }

    fn set_disputed(&mut self, id: ContentId, disputed: bool) -> bool {
        let Some(known) = self.events.get_mut(&id) else {
            return false;
        };
        if known.disputed != disputed {
            known.disputed = disputed;
            if disputed {
                self.sums.remove(&known.event);
            } else {
                self.sums.add(&known.event);
            }
        }
        true
    }

    /// Adds the evidence of other trips.
    ///
    /// If both know an event, it counts once, and is disputed if either side says so. Of two
    /// versions the excused one counts; if both or neither are, the one that ends last, then the
    /// more severe, the longer, the stronger.
    pub fn merge(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        for (id, theirs) in &other.events {
            let mine = match self.events.entry(*id) {
                Entry::Vacant(place) => {
                    place.insert(*theirs);
                    continue;
                }
                Entry::Occupied(mine) => mine.into_mut(),
            };
            for known in [&*mine, theirs] {
                if !known.disputed {
                    self.sums.remove(&known.event);
                }
            }
            if theirs.event.rank() > mine.event.rank() {
                mine.event = theirs.event;
            }
            mine.disputed |= theirs.disputed;
            if !mine.disputed {
                self.sums.add(&mine.event);
            }
        }
    }

    /// The sums, without excused and disputed events.
    pub fn sums(&self) -> &ScoreSums {
        &self.sums
    }

    /// All events, excused and disputed ones too, sorted by start and id.
    pub fn events(&self) -> Vec<ScoredEvent> {
        self.sorted().into_iter().map(|known| known.event).collect()
    }

    /// Whether an event is disputed.
    pub fn is_disputed(&self, id: ContentId) -> bool {
        self.events.get(&id).is_some_and(|known| known.disputed)
    }

    pub(super) fn sorted(&self) -> Vec<Known> {
        let mut events: Vec<_> = self.events.values().copied().collect();
        events.sort_unstable_by_key(|known| (known.event.start, known.event.id));
        events
    }
}
