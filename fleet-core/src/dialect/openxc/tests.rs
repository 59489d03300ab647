//! Reading and writing messages, and the newest time across chunks and restarts.

use std::collections::VecDeque;

use async_trait::async_trait;

use super::*;
use crate::{
    contracts::{
        Decode, Source,
        checkpoint::Fates,
        decode::Entry,
        source::{Batch, Chunk, Replayable, SourceEvent},
    },
    data::{Offset, Partition, Position, Result, time::TimeReader},
    dialect::{AnyEvent, VehicleOps},
    event::Event,
};

fn openxc() -> OpenXc {
    OpenXc::new(VehicleId::new("car").unwrap())
}

fn read(record: &str) -> std::result::Result<Option<Telemetry>, String> {
    let keeping = openxc().keeping_unknown_keys();
    let [ignoring, keeping] = [openxc(), keeping].map(|dialect| {
        let read = dialect.read(record, &mut NewestTime::default());
        read.map_err(|why| why.0)
    });
    assert_eq!(ignoring.is_ok(), keeping.is_ok(), "{record}");
    ignoring
}

fn again(record: &str) -> String {
    let dialect = openxc().keeping_unknown_keys();
    let event = dialect.read(record, &mut NewestTime::after(Some(EventTime::MIN)));
    let mut to = Vec::new();
    dialect.write(&event.unwrap().unwrap(), &mut to);
    String::from_utf8(to).unwrap()
}

#[test]
fn every_mapped_name_is_read_and_written_back() {
    for (name, signal) in NAMES {
        let (value, number) = match signal {
            Some(_) => ("12.5", Some(12.5)),
            None => ("\"third\"", None),
        };
        let record = format!(r#"{{"name":"{name}","value":{value},"timestamp":1364323939.012}}"#);
        let event = read(&record).unwrap().unwrap();
        assert_eq!(event.key(), "car");
        assert_eq!(event.at().to_string(), "2013-03-26T18:52:19.012Z");
        match signal {
            Some(signal) => assert_eq!(event.value(*signal), number),
            None => assert_eq!(event.gear(), Some(3)),
        }
        assert_eq!(again(&record), record);
    }
}

#[test]
fn numbers_nulls_times_orders_and_unknown_keys_come_back_as_they_were() {
    for record in [
        r#"{"name":"vehicle_speed","value":0,"timestamp":1364323939}"#,
        r#"{"name":"vehicle_speed","value":0.0,"timestamp":1364323939.012001}"#,
        r#"{"name":"fuel_level","value":null,"timestamp":1364323939.5}"#,
        r#"{"name":"transmission_gear_position","value":"reverse"}"#,
        r#"{"name":"transmission_gear_position","value":null}"#,
        r#"{"timestamp":1364323939.5,"value":7,"name":"odometer","event":{"a":[1.50]}}"#,
        r#"{"name":"engine_speed","value":772}"#,
    ] {
        assert_eq!(again(record), record);
    }
}

#[test]
fn names_without_a_signal_and_other_messages_are_filtered() {
    for record in [
        r#"{"name":"torque_at_transmission","value":3,"timestamp":1}"#,
        r#"{"name":"brake_pedal_status","value":true,"timestamp":1}"#,
        r#"{"name":"door_status","value":"driver","event":true,"timestamp":1}"#,
        r#"{"name":"transmission_gear_position","value":"park","timestamp":1}"#,
        r#"{"bus":1,"id":43,"data":"0x0102003","timestamp":1}"#,
        r#"{"command_response":"version","message":"v6.0"}"#,
    ] {
        assert_eq!(read(record), Ok(None), "{record}");
    }
}

#[test]
fn what_is_no_message_is_refused_with_a_reason() {
    for (record, reason) in [
        ("[]", "an OpenXC message as a JSON object"),
        (r#"{"value":1,"timestamp":1}"#, "key name is missing"),
        (
            r#"{"name":"odometer","timestamp":1}"#,
            "key value is missing",
        ),
        (
            r#"{"name":"odometer","value":true,"timestamp":1}"#,
            "odometer: expected a number, found true or false",
        ),
        (
            r#"{"name":"odometer","value":"far","timestamp":1}"#,
            "odometer: expected a number, found a text",
        ),
        (
            r#"{"name":"transmission_gear_position","value":3,"timestamp":1}"#,
            "expected a text, found a number",
        ),
        (
            r#"{"name":"latitude","value":91,"timestamp":1}"#,
            "latitude: 91 is outside",
        ),
        (
            r#"{"name":"odometer","value":[],"timestamp":1}"#,
            "value: expected",
        ),
        (
            r#"{"name":"odometer","value":1,"timestamp":"now"}"#,
            "timestamp: expected a number of seconds",
        ),
        (
            r#"{"name":"odometer","value":1,"timestamp":null}"#,
            "timestamp: expected",
        ),
        (
            r#"{"name":"odometer","value":1,"timestamp":-1}"#,
            "outside 1970 to 9999",
        ),
        (
            r#"{"name":"odometer","value":1,"timestamp":1e300}"#,
            "outside 1970 to 9999",
        ),
        (
            r#"{"name":"odometer","value":1}"#,
            "no time, and none before",
        ),
        (r#"{"name":7,"value":1}"#, "name: expected a text"),
    ] {
        let why = read(record).expect_err(record);
        assert!(why.contains(reason), "{record}: {why}");
    }
}

#[test]
fn a_message_without_a_time_takes_the_newest_one_not_the_last() {
    let mut newest = NewestTime::default();
    let mut at = |record: &str| {
        openxc()
            .read(record, &mut newest)
            .unwrap()
            .map(|event| event.at())
    };
    at(r#"{"name":"odometer","value":1,"timestamp":20}"#);
    at(r#"{"name":"odometer","value":1,"timestamp":10}"#);
    let newest = EventTime::from_micros(20_000_000);
    assert_eq!(at(r#"{"name":"odometer","value":2}"#), Some(newest));
    // Also that of a message which is filtered.
    at(r#"{"name":"torque_at_transmission","value":1,"timestamp":30}"#);
    assert_eq!(
        at(r#"{"name":"odometer","value":2}"#),
        Some(EventTime::from_micros(30_000_000))
    );
}

/// Gives two inputs of text in chunks of whole lines, from any offset.
struct Text {
    lines: Vec<(usize, &'static str)>,
    chunk: usize,
    left: VecDeque<Batch<Chunk>>,
}

impl Text {
    fn new(chunk: usize) -> Self {
        let lines = vec![
            (0, "{\"name\":\"odometer\",\"value\":0}\n"),
            (0, "{\"name\":\"odometer\",\"value\":1,\"timestamp\":20}\n"),
            (0, "not a message\n"),
            (0, "{\"name\":\"odometer\",\"value\":2,\"timestamp\":10}\n"),
            (0, "{\"name\":\"odometer\",\"value\":3}\n"),
            (
                0,
                "{\"name\":\"engine_speed\",\"value\":true,\"timestamp\":40}\n",
            ),
            (0, "{\"name\":\"odometer\",\"value\":4}\n"),
            (1, "{\"name\":\"odometer\",\"value\":5}\n"),
            (1, "{\"name\":\"odometer\",\"value\":6,\"timestamp\":5}\n"),
            (1, "{\"name\":\"odometer\",\"value\":7}\n"),
        ];
        Self {
            lines,
            chunk,
            left: VecDeque::new(),
        }
    }
    fn offset(&self, line: usize) -> u64 {
        self.lines
            .iter()
            .take(line)
            .map(|(_, line)| line.len() as u64)
            .sum()
    }
}

#[async_trait]
impl Source for Text {
    type Payload = Chunk;
    async fn next(&mut self) -> Result<SourceEvent<Chunk>> {
        let batch = self.left.pop_front();
        Ok(batch.map_or(SourceEvent::End(Partition::new("text")), SourceEvent::Batch))
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.left.clear();
        let mut start = 0;
        for (input, line) in &self.lines {
            let next = Offset(start + line.len() as u64);
            if start >= at.map_or(0, |at| at.next.0) {
                let last = self.left.back_mut().filter(|last| {
                    last.payload.input == *input && last.payload.bytes.len() < self.chunk
                });
                if let Some(last) = last {
                    last.payload.bytes.extend_from_slice(line.as_bytes());
                    last.next = next;
                } else {
                    self.left.push_back(Batch {
                        partition: partition.clone(),
                        next,
                        time: None,
                        mark: None,
                        payload: Chunk {
                            bytes: line.as_bytes().to_vec(),
                            start: Offset(start),
                            input: *input,
                            ..Chunk::default()
                        },
                    });
                }
            }
            start = next.0;
        }
        Ok(())
    }
}

impl Replayable for Text {}

#[tokio::test]
async fn the_newest_time_depends_neither_on_chunks_nor_on_where_reading_began() {
    let partition = Partition::new("text");
    let mut whole = Vec::new();
    for chunk in [1_000, 1, 60, 90, 150] {
        for first in 0..=10 {
            let from = Offset(Text::new(chunk).offset(first));
            let mut source = NewestTimes::new(Text::new(chunk));
            source.start(&partition, Some(&from.into())).await.unwrap();
            let (mut rows, mut fates) = (Vec::new(), Fates::default());
            while let SourceEvent::Batch(batch) = source.next().await.unwrap() {
                AnyEvent(openxc()).decode(batch.payload, &mut Entry::new(&mut rows, &mut fates));
            }
            let found: Vec<_> = rows
                .into_iter()
                .map(|(at, event)| (at, event.at().as_micros() / 1_000_000))
                .collect();
            if whole.is_empty() {
                let times: Vec<_> = found.iter().map(|(_, at)| *at).collect();
                assert_eq!(times, [20, 10, 20, 40, 5, 5]);
                assert_eq!(fates.counts.dead_lettered, 4);
                whole.clone_from(&found);
            }
            let rest: Vec<_> = whole
                .iter()
                .filter(|(at, _)| *at >= from)
                .copied()
                .collect();
            assert_eq!(found, rest, "chunks of {chunk}, from line {first}");
        }
    }
}

#[test]
fn an_event_of_another_dialect_becomes_one_message_for_each_signal() {
    let line = r#"{"vehicle_id":"v","fleet_id":"f","speed_kmh":40,"load_pct":7,"status":"MOVING","timestamp":"2024-02-15T14:32:18Z"}"#;
    let event = VehicleOps::default().read(line, &mut TimeReader::default());
    let mut event = event.unwrap().unwrap();
    event.set_gear(Some(2));
    let mut to = Vec::new();
    openxc().write(&event, &mut to);
    let expected = "{\"name\":\"vehicle_speed\",\"value\":40.0,\"timestamp\":1708007538.0}\n{\"name\":\"transmission_gear_position\",\"value\":\"second\",\"timestamp\":1708007538.0}";
    assert_eq!(String::from_utf8(to).unwrap(), expected);
    let lossy = openxc().lossy(&event).to_string();
    assert_eq!(lossy, "vehicle_id, fleet_id, load_pct, status");
}
