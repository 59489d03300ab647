//! Joins a stream with the last value of another one.

use std::{marker::PhantomData, time::Duration};

use super::{Graph, Stream};
use crate::{
    contracts::operator::{Cx, Keep, Operator},
    data::{EventTime, State},
    event::Event,
    rows::Row,
};

impl<E: Event> Graph<E> {
    /// Joins each row of one stream with the last value of another stream of the same key, as of
    /// the time of the row.
    ///
    /// A value of the same time counts; one that is older than `time_to_live` does not, and is
    /// forgotten. Both streams come from the events of this graph: to join what is in several logs,
    /// read them through a [`Zip`](crate::zip::Zip).
    ///
    /// # Guarantees
    /// Each row of `left` gives one result, at its time. Results depend on the two streams alone,
    /// as those of any [operator](Operator). With an out-of-orderness bound of 0, a value counts
    /// from the record on that brought it. A belated row gives no result.
    ///
    /// # Examples
    /// The speed at which each trouble code was seen, if it is not older than two seconds:
    /// ```
    /// use std::time::Duration;
    /// use fleet_core::{EventTime, Graph, Order, VehicleId, event::Telemetry, testing::Harness};
    /// use fleet_core::units::Speed;
    ///
    /// let (mut graph, events) = Graph::<Telemetry>::new();
    /// let speeds = graph.flat_map("speeds", events, |event| event.speed().map(Speed::as_kmh));
    /// let silent = graph.filter("silent", events, |event| event.speed().is_none());
    /// let seconds = Duration::from_secs(2);
    /// let joined = graph.join_as_of("joined", silent, speeds, seconds, |event, speed| {
    ///     (event.at().as_micros() / 1_000_000, speed.copied())
    /// });
    /// let mut harness = Harness::new(graph, Order::default());
    /// harness.watch(joined);
    ///
    /// let event = |second: i64| {
    ///     let at = EventTime::from_micros(second * 1_000_000);
    ///     Telemetry::new(VehicleId::new("car-1").unwrap(), at)
    /// };
    /// let moving = event(10).with_speed(Speed::from_kmh(50.0));
    /// harness.push_batch([event(9), moving, event(12), event(13)])?;
    /// harness.end();
    /// assert_eq!(harness.take(joined), [(9, None), (12, Some(50.0)), (13, None)]);
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    pub fn join_as_of<A, B, C>(
        &mut self,
        name: &str,
        left: Stream<A>,
        right: Stream<B>,
        time_to_live: Duration,
        step: impl Fn(&A, Option<&B>) -> C + Send + Sync + 'static,
    ) -> Stream<C>
    where
        A: Clone + Send + Sync + 'static,
        B: State,
        C: Clone + Send + Sync + 'static,
    {
        let rows = self.map(&format!("{name}.left"), left, |row: &A| {
            Side::Row(row.clone())
        });
        let values = self.map(&format!("{name}.right"), right, |value: &B| {
            Side::Value(value.clone())
        });
        // Of one time, values come first.
        let both = self.merge(&format!("{name}.both"), &[values, rows]);
        let logic = JoinAsOf {
            time_to_live,
            step,
            of: PhantomData,
        };
        self.apply(name, both, logic)
    }
}

/// What the operator reads, in the order of time.
#[derive(Clone)]
enum Side<A, B> {
    Row(A),
    Value(B),
}

struct JoinAsOf<A, B, F> {
    time_to_live: Duration,
    step: F,
    of: PhantomData<fn() -> (A, B)>,
}

/// The last value.
#[derive(Clone)]
struct Last<B>(Option<B>);

impl<A, B, C, F> Operator for JoinAsOf<A, B, F>
where
    A: Clone + Send + Sync + 'static,
    B: State,
    C: Clone + Send + Sync + 'static,
    F: Fn(&A, Option<&B>) -> C + Send + Sync + 'static,
{
    type In = Side<A, B>;
    type Out = C;
    type State = Last<B>;

    fn structure(&self) -> String {
        format!("as of, at most {:?}", self.time_to_live)
    }

    fn init(&self) -> Last<B> {
        Last(None)
    }

    fn on_row(&self, last: &mut Last<B>, row: &Row<Side<A, B>>, cx: &mut Cx<'_, C>) {
        match &row.value {
            Side::Value(value) => {
                last.0 = Some(value.clone());
                cx.forget_timers();
                let after = Duration::from_micros(1);
                cx.wake_at(cx.now() + self.time_to_live + after);
            }
            Side::Row(row) => {
                cx.emit((self.step)(row, last.0.as_ref()));
            }
        }
    }

    fn on_timer(&self, _: &mut Last<B>, _: EventTime, _: &mut Cx<'_, C>) -> Keep {
        Keep::Nothing
    }
}

/// # Layout
/// `version of the value u16 · whether there is one u8, the value`
impl<B: State> State for Last<B> {
    const VERSION: u16 = 1;

    fn encode(&self, to: &mut Vec<u8>) {
        B::VERSION.encode(to);
        u8::from(self.0.is_some()).encode(to);
        if let Some(value) = &self.0 {
            value.encode(to);
        }
    }

    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != 1 {
            return None;
        }
        let of_value = u16::decode(0, from)?;
        Some(Self(match u8::decode(0, from)? {
            0 => None,
            1 => Some(B::decode(of_value, from)?),
            _ => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::VehicleId, engine::order::Order, event::Telemetry, testing::Harness, units::Speed,
    };

    type Join = JoinAsOf<Telemetry, f64, fn(&Telemetry, Option<&f64>) -> i64>;

    const SECOND: i64 = 1_000_000;
    const TWO: Duration = Duration::from_secs(2);

    fn event(car: &str, micros: i64) -> Telemetry {
        Telemetry::new(VehicleId::new(car).unwrap(), EventTime::from_micros(micros))
    }

    fn value(car: &str, micros: i64, speed: f64) -> Telemetry {
        event(car, micros).with_speed(Speed::from_kmh(speed))
    }

    /// The time of each event without a speed, and the speed that is joined to it.
    fn join(bound: Duration, live: Duration, events: Vec<Telemetry>) -> Vec<(i64, Option<f64>)> {
        let (mut graph, input) = Graph::<Telemetry>::new();
        let speeds = graph.flat_map("speeds", input, |event| event.speed().map(Speed::as_kmh));
        let silent = graph.filter("silent", input, |event| event.speed().is_none());
        let joined = graph.join_as_of("joined", silent, speeds, live, |event, speed| {
            (event.at().as_micros(), speed.copied())
        });
        let mut harness = Harness::new(graph, Order::within(bound));
        harness.watch(joined);
        for event in events {
            harness.push(event).unwrap();
        }
        harness.end();
        harness.take(joined)
    }

    #[test]
    fn a_value_lives_to_the_microsecond_from_its_own_time_on() {
        let (last, after) = (event("c", 13 * SECOND), event("c", 13 * SECOND + 1));
        let values = vec![value("c", 10 * SECOND, 1.0), value("c", 11 * SECOND, 2.0)];
        let events = [values, vec![last, after]].concat();
        let expected = [(13 * SECOND, Some(2.0)), (13 * SECOND + 1, None)];
        assert_eq!(join(Duration::ZERO, TWO, events), expected);
        let never = vec![value("c", 10, 1.0), event("c", 10), event("c", 11)];
        let found = join(Duration::ZERO, Duration::ZERO, never);
        assert_eq!(found, [(10, Some(1.0)), (11, None)]);
        let ever = vec![value("c", 10, 1.0), event("c", 1_000_000 * SECOND)];
        let found = join(Duration::ZERO, Duration::MAX, ever);
        assert_eq!(found, [(1_000_000 * SECOND, Some(1.0))]);
    }

    #[test]
    fn a_value_counts_for_every_row_of_its_key() {
        let other = event("d", 10 * SECOND);
        let rows = vec![event("c", 11 * SECOND), event("c", 12 * SECOND)];
        let events = [vec![value("c", 10 * SECOND, 1.0), other], rows].concat();
        let found = join(Duration::ZERO, TWO, events);
        let (first, second) = ((11 * SECOND, Some(1.0)), (12 * SECOND, Some(1.0)));
        assert_eq!(found, [(10 * SECOND, None), first, second]);
    }

    #[test]
    fn of_one_time_values_come_first_in_any_order_of_arrival() {
        let both = [event("c", 10 * SECOND), value("c", 10 * SECOND, 1.0)];
        for events in [both.to_vec(), both.iter().rev().cloned().collect()] {
            let found = join(Duration::from_secs(5), TWO, events);
            assert_eq!(found, [(10 * SECOND, Some(1.0))]);
        }
    }

    #[test]
    fn late_rows_and_late_values_count_for_nothing() {
        let early = vec![value("c", 10 * SECOND, 1.0), event("c", 14 * SECOND)];
        let late = vec![event("c", 12 * SECOND), value("c", 11 * SECOND, 9.0)];
        let events = [early, late, vec![event("c", 15 * SECOND)]].concat();
        let found = join(Duration::from_secs(1), Duration::from_secs(5), events);
        assert_eq!(found, [(14 * SECOND, Some(1.0)), (15 * SECOND, Some(1.0))]);
    }

    #[test]
    fn a_value_that_is_too_old_leaves_no_state_and_another_time_to_live_is_another_graph() {
        let (mut graph, input) = Graph::<Telemetry>::new();
        let speeds = graph.flat_map("speeds", input, |event| event.speed().map(Speed::as_kmh));
        let step: fn(&Telemetry, Option<&f64>) -> i64 = |event, _| event.at().as_micros();
        let joined = graph.join_as_of("joined", input, speeds, TWO, step);
        let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
        harness.watch(joined);
        harness.push(value("c", 10 * SECOND, 1.0)).unwrap();
        assert!(harness.state::<Join>("joined", "c").is_some());
        harness.advance_to(EventTime::from_micros(20 * SECOND));
        assert!(harness.state::<Join>("joined", "c").is_none());
        let of = |time_to_live| {
            let of = PhantomData;
            let join: Join = JoinAsOf {
                time_to_live,
                step,
                of,
            };
            join.structure()
        };
        assert_ne!(of(TWO), of(Duration::from_secs(1)));
    }

    #[test]
    fn the_last_value_survives_a_restart() {
        for last in [None, Some(2.5f64)] {
            let mut bytes = Vec::new();
            Last(last).encode(&mut bytes);
            let again = Last::<f64>::decode(Last::<f64>::VERSION, &mut bytes.as_slice());
            assert_eq!(again.map(|last| last.0), Some(last));
            for cut in 0..bytes.len() {
                assert!(Last::<f64>::decode(1, &mut &bytes[..cut]).is_none());
            }
            assert!(Last::<f64>::decode(2, &mut bytes.as_slice()).is_none());
        }
    }
}
