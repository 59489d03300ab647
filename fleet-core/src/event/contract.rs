use crate::data::{EventTime, State};

/// What flows into a graph: it names its key and its time.
///
/// # Guarantees
/// `identity` depends on content alone. It breaks ties of one key's time and finds duplicates, so two
/// events with the same key, time and identity are one event.
///
/// # Examples
/// A type of one's own:
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
    /// Whose event it is: the key of all state.
    fn key(&self) -> &str;
    /// When it happened.
    fn at(&self) -> EventTime;
    /// Who is to be held to a bound on keys; see [`Pipeline::keys_per_tenant`](crate::Pipeline::keys_per_tenant).
    /// By default all events are of one tenant without a name.
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
