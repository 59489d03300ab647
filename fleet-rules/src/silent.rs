//! The operator that reports when a vehicle goes offline and when it comes back online.

use std::{marker::PhantomData, time::Duration};

use fleet_core::{
    ContentId, Error, ErrorKind, Event, EventTime, Operator, Result, Row, TableRow, VehicleId,
    event::{Alert, AlertKind, LimitSource, Severity},
    operator::{Cx, Keep},
    table::{Column, Fields, Value},
};

/// Reports when a vehicle goes offline because it has been silent, and when it comes back online.
///
/// Any event counts as a sign of life. Silence is measured in event time, and only the next event,
/// a [tick](fleet_core::pipeline::Ticks) or the end of input advances that clock: use ticks in a
/// live pipeline. A belated event changes nothing.
///
/// # Guarantees
/// The reports of each vehicle alternate: online, offline, online. Their ids are derived from their
/// content, and a crash or replay neither repeats nor omits any.
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
    /// A vehicle goes offline after this long without an event. Traccar's default,
    /// `status.timeout`, is 600 s.
    ///
    /// # Errors
    /// Refuses 0: every vehicle would be offline at once.
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

/// A change of a vehicle between online and offline.
#[derive(Clone, Debug, PartialEq)]
pub struct Presence {
    /// Derived from the content.
    pub id: ContentId,
    /// The time of the first event, or the end of the longest silence that is accepted.
    pub at: EventTime,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// Whether the vehicle came online; otherwise it went offline.
    pub is_online: bool,
    /// How long the vehicle had been silent when it went offline; `None` when it came online.
    pub silence: Option<Duration>,
}

impl Presence {
    /// The alert of a vehicle that went offline; `None` if it came online. Value and threshold are
    /// seconds.
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
    fn report(silence: Option<Duration>, cx: &mut Cx<'_, Presence>) {
        // The key is a vehicle id that was checked when the event was made.
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
    /// 1 for an online vehicle. An offline vehicle has no state.
    type State = u8;

    fn init(&self) -> u8 {
        0
    }

    fn on_row(&self, online: &mut u8, row: &Row<E>, cx: &mut Cx<'_, Presence>) {
        if std::mem::replace(online, 1) == 0 {
            Self::report(None, cx);
        }
        cx.forget_timers();
        cx.wake_at(row.at + self.after);
    }

    fn on_timer(&self, _: &mut u8, _: EventTime, cx: &mut Cx<'_, Presence>) -> Keep {
        Self::report(Some(self.after), cx);
        Keep::Nothing
    }
}
