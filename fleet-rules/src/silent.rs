//! Vehicles that fall silent, and that are heard of again.

use std::{marker::PhantomData, time::Duration};

use fleet_core::{
    ContentId, Error, ErrorKind, Event, EventTime, Operator, Result, Row, TableRow, VehicleId,
    event::{Alert, AlertKind, LimitSource, Severity},
    operator::{Cx, Keep},
    table::{Column, Fields, Value},
};

/// Tells when a vehicle falls silent, and when it is heard of again.
///
/// Works over events of any kind: a row is a sign of life. A vehicle falls silent in event time; without a
/// row only a [tick](fleet_core::pipeline::Ticks) or the end of input can find that out, so a live pipeline
/// wants ticks. A belated row changes nothing that was told.
///
/// # Guarantees
/// What is told alternates for each vehicle: online, offline, online. Ids come from the content, and a crash
/// or replay repeats and leaves out none.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{Graph, event::{Alert, Telemetry}};
/// use fleet_rules::{Presence, Silent};
/// let (mut graph, events) = Graph::<Telemetry>::new();
/// let presence = graph.apply("presence", events, Silent::after(Duration::from_secs(600))?);
/// let alerts = graph.flat_map("offline", presence, Presence::alert);
/// # let _ = alerts;
/// assert!(Silent::<Telemetry>::after(Duration::ZERO).is_err());
/// # Ok::<(), fleet_core::Error>(())
/// ```
pub struct Silent<E> {
    after: Duration,
    of: PhantomData<fn(&E)>,
}

impl<E> Silent<E> {
    /// A vehicle is silent once it has sent nothing for so long. Traccar's default, `status.timeout`, is 600 s.
    ///
    /// # Errors
    /// Refuses 0: every vehicle would be silent always.
    pub fn after(after: Duration) -> Result<Self> {
        if after.is_zero() {
            let message = "a vehicle cannot be silent after 0 s: take 600 s or so";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let of = PhantomData;
        Ok(Self { after, of })
    }
}

impl<E> std::fmt::Debug for Silent<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Silent").field(&self.after).finish()
    }
}

/// A vehicle was heard of, or fell silent.
#[derive(Clone, Debug, PartialEq)]
pub struct Presence {
    /// Made from the content.
    pub id: ContentId,
    /// When the first row came, or when it had been silent for too long.
    pub at: EventTime,
    /// Whose.
    pub vehicle: VehicleId,
    /// Whether it was heard of.
    pub is_online: bool,
    /// How long it was silent when it fell silent.
    pub silence: Option<Duration>,
}

impl Presence {
    /// The alert of a vehicle that fell silent. Value and threshold are seconds.
    pub fn alert(&self) -> Option<Alert> {
        let silence = self.silence?.as_secs_f64();
        Some(Alert {
            id: self.id,
            at: self.at,
            vehicle: self.vehicle.clone(),
            fleet: None,
            kind: AlertKind::Offline,
            severity: Severity::Medium,
            rule: "silent".into(),
            value: Some(silence),
            threshold: Some(silence),
            limit_source: LimitSource::Rule,
        })
    }
}

impl TableRow for Presence {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::time("time"),
                Column::text("vehicle_id"),
                Column::bool("is_online"),
                Column::real("silence_s").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.id.to_string()));
        to.put(Value::Time(self.at));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::Bool(self.is_online));
        let silence = self.silence.map(|silence| silence.as_secs_f64());
        to.put(Value::real_or_null(silence));
    }
}

impl<E: Event> Silent<E> {
    fn tell(silence: Option<Duration>, cx: &mut Cx<'_, Presence>) {
        // Keys are vehicles: an event's key was checked when its id was made.
        let Ok(vehicle) = VehicleId::new(cx.key()) else {
            return;
        };
        let is_online = silence.is_none();
        cx.emit(Presence {
            id: cx.content_id(if is_online { "online" } else { "offline" }, 0),
            at: cx.now(),
            vehicle,
            is_online,
            silence,
        });
    }
}

impl<E: Event> Operator for Silent<E> {
    type In = E;
    type Out = Presence;
    /// Whether it is online: 1. A silent vehicle has no state.
    type State = u8;

    fn init(&self) -> u8 {
        0
    }

    fn on_row(&self, online: &mut u8, row: &Row<E>, cx: &mut Cx<'_, Presence>) {
        if std::mem::replace(online, 1) == 0 {
            Self::tell(None, cx);
        }
        cx.forget_timers();
        cx.wake_at(row.at + self.after);
    }

    fn on_timer(&self, _: &mut u8, _: EventTime, cx: &mut Cx<'_, Presence>) -> Keep {
        Self::tell(Some(self.after), cx);
        Keep::Nothing
    }
}
