//! A dialect of one kind of event, for graphs over every kind.

use super::{Dialect, Lossy, Refused};
use crate::{data::EventTime, event::FleetEvent};

/// Reads the events of another dialect as [`FleetEvent`]s, for graphs over several kinds of events.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{AnyEvent, Json}, event::Telemetry};
/// let decode = AnyEvent(Json::<Telemetry>::default());
/// # let _ = decode;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyEvent<D>(pub D);

impl<D> Dialect for AnyEvent<D>
where
    D: Dialect,
    D::Event: Into<FleetEvent> + TryFrom<FleetEvent>,
{
    type Event = FleetEvent;
    type Memo = D::Memo;

    fn memo(&self, newest: Option<EventTime>) -> D::Memo {
        self.0.memo(newest)
    }

    fn stands_alone(&self) -> bool {
        self.0.stands_alone()
    }

    fn read(&self, record: &str, memo: &mut D::Memo) -> Result<Option<FleetEvent>, Refused> {
        Ok(self.0.read(record, memo)?.map(Into::into))
    }

    /// Appends the event, or nothing if the dialect has no such kind.
    fn write(&self, event: &FleetEvent, to: &mut Vec<u8>) {
        if let Ok(event) = D::Event::try_from(event.clone()) {
            self.0.write(&event, to);
        }
    }

    fn lossy(&self, event: &FleetEvent) -> Lossy {
        match D::Event::try_from(event.clone()) {
            Ok(event) => self.0.lossy(&event),
            Err(_) => Lossy::new().note("event", true),
        }
    }
}
