//! The trait of types that flow into a graph.

use crate::data::{EventTime, State};

/// An event that flows into a graph. It provides its key and its time.
///
/// # Guarantees
/// [`identity`](Self::identity) depends on content alone. It breaks ties between events of one key
/// and time, and it finds duplicates: two events with the same key, time and identity are the same
/// event.
///
/// # Examples
/// A custom event type:
/// ```
/// use fleet_core::{Event, EventTime, event::ContentHasher};
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize)]
/// struct Door { bus: String, at: EventTime, open: bool }
/// fleet_core::state_by_serde!(Door, 1);
///
/// impl Event for Door {
///     fn key(&self) -> &str { &self.bus }
///     fn at(&self) -> EventTime { self.at }
///     fn identity(&self) -> u64 {
///         let mut content = ContentHasher::new();
///         content.integer(self.open.into());
///         content.finish()
///     }
/// }
/// let door = Door { bus: "12".into(), at: EventTime::MIN, open: true };
/// assert_ne!(door.identity(), Door { open: false, ..door.clone() }.identity());
/// ```
pub trait Event: State {
    /// The key of the event. All state is kept by this key.
    fn key(&self) -> &str;
    /// The time at which it happened.
    fn at(&self) -> EventTime;
    /// The tenant that the event counts against; see
    /// [`Pipeline::keys_per_tenant`](crate::Pipeline::keys_per_tenant). By default all events
    /// belong to one unnamed tenant.
    #[expect(
        clippy::unnecessary_literal_bound,
        reason = "an event's own tenant lives as long as the event"
    )]
    fn tenant(&self) -> &str {
        ""
    }
    /// A hash of what was observed; see [`ContentHasher`](super::ContentHasher).
    fn identity(&self) -> u64;
}
