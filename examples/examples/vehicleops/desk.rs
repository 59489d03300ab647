//! The desk: people who send commands, some of them twice, late, or to nobody.

use std::time::Duration;

use fleet_core::{
    CommandId, EventTime, VehicleId,
    dialect::{Dialect, vehicleops::Commands},
    event::{Command, CommandKind},
};
use fleet_sinks::kafka::{KafkaProducer, KafkaSinkOptions};
use fleet_sources::simulator::Area;

use crate::{
    Fallible,
    shift::{FLEET, LENGTH, VEHICLES},
    topics::Topics,
};

/// How long the desk pauses between batches of commands, so that the others work meanwhile.
const PAUSE: Duration = Duration::from_millis(100);
const BATCH: usize = 12;

/// The end of the shift, at which every vehicle is told to stop.
const END: u64 = LENGTH.as_secs();

/// A desk that sends commands, in the order in which they reach the topic.
struct Desk {
    start: EventTime,
    /// With the second at which each is sent.
    sent: Vec<(u64, Command)>,
}

/// All commands of a shift, in the order in which they are sent. Copies have the id of the first.
pub(crate) fn commands(start: EventTime) -> Fallible<Vec<Command>> {
    let mut desk = Desk {
        start,
        sent: Vec::new(),
    };
    for number in 1..=VEHICLES {
        desk.plan(number)?;
    }
    // To nobody, and older than the topic keeps commands.
    desk.tell(VEHICLES + 1, 50, CommandKind::Stop, None)?;
    desk.tell(VEHICLES + 1, 60, CommandKind::Resume, None)?;
    let mut expired = desk.tell(1, 700, CommandKind::Stop, None)?;
    expired.issued_at = EventTime::from_micros(start.as_micros() - 2 * 3_600_000_000);
    desk.replace_last(expired);
    desk.sent.sort_by_key(|(second, _)| *second);
    Ok(desk.sent.into_iter().map(|(_, command)| command).collect())
}

impl Desk {
    /// The commands to one vehicle.
    fn plan(&mut self, number: u32) -> Fallible<()> {
        let vary = u64::from(number);
        let mission = |of: u32| format!("mission-{number:03}-{of}");
        let first = self.send_to(number, vary, Some(&mission(1)), 3)?;
        // The same record again, at once and after the vehicle has gone on.
        self.sent.push((vary, first.clone()));
        self.sent.push((150, first));
        let stop = self.tell(number, 60 + vary, CommandKind::Stop, None)?;
        self.tell(number, 90 + vary, CommandKind::Resume, None)?;
        // The same command, sent anew by somebody who got no answer.
        let again = Command {
            issued_at: self.at(200 + vary),
            ..stop
        };
        self.sent.push((200 + vary, again));
        // Fails, because nothing is stopped.
        self.tell(number, 210 + vary, CommandKind::Resume, None)?;
        if !number.is_multiple_of(2) {
            self.send_to(number, 240 + vary, None, 2)?;
        }
        // Issued before other commands, and on its way for longer.
        self.tell(number, 320 + vary, CommandKind::Stop, None)?;
        let late = self.tell(number, 340 + vary, CommandKind::Resume, None)?;
        let late = Command {
            issued_at: self.at(310 + vary),
            ..late
        };
        self.replace_last(late);
        if number.is_multiple_of(4) {
            self.tell(number, 400 + vary, CommandKind::ReturnToBase, None)?;
        }
        // A second mission, which fails while the first is under way, and one without waypoints.
        self.send_to(number, 700 + vary, Some(&mission(2)), 2)?;
        self.tell(number, 720 + vary, CommandKind::Reroute, None)?;
        self.send_to(number, 1000 + vary, Some(&mission(3)), 1)?;
        self.tell(number, END, CommandKind::Stop, None)?;
        Ok(())
    }

    /// Sends a vehicle to some waypoints, a few hundred metres apart in the middle of the city.
    fn send_to(
        &mut self,
        number: u32,
        second: u64,
        mission: Option<&str>,
        waypoints: u32,
    ) -> Fallible<Command> {
        let centre = Area::default().centre();
        let list: Vec<_> = (1..=waypoints)
            .map(|order| {
                let steps = f64::from(order + number % 5) * 0.002;
                let latitude = centre.latitude.as_degrees() + steps;
                let longitude = centre.longitude.as_degrees() - steps / 2.0;
                format!(
                    r#"{{"latitude":{latitude:.6},"longitude":{longitude:.6},"order":{order}}}"#
                )
            })
            .collect();
        let list = format!("[{}]", list.join(","));
        let mut params = vec![("waypoints", list)];
        params.extend(mission.map(|id| ("mission_id", format!("\"{id}\""))));
        self.tell(number, second, CommandKind::Reroute, Some(params))
    }

    /// Sends a command under a new id.
    fn tell(
        &mut self,
        number: u32,
        second: u64,
        kind: CommandKind,
        params: Option<Vec<(&str, String)>>,
    ) -> Fallible<Command> {
        let vehicle = VehicleId::new(&format!("{FLEET}-VH-{number:03}"))?;
        let id = format!("cmd-{:04}", self.sent.len());
        let params = params.unwrap_or_default().into_iter();
        let command = Command {
            id: Some(CommandId::new(&id)?),
            params: params.map(|(name, json)| (name.into(), json)).collect(),
            ..Command::new(vehicle, kind, self.at(second))
        };
        self.sent.push((second, command.clone()));
        Ok(command)
    }

    /// Sends this instead of the last command.
    fn replace_last(&mut self, by: Command) {
        if let Some((_, last)) = self.sent.last_mut() {
            *last = by;
        }
    }

    fn at(&self, second: u64) -> EventTime {
        self.start + Duration::from_secs(second)
    }
}

/// Sends the commands in batches.
pub(crate) async fn send(brokers: &str, topics: &Topics, commands: &[Command]) -> Fallible<()> {
    let options = KafkaSinkOptions::default();
    let mut topic = KafkaProducer::open(brokers, &topics.commands, &options)?;
    let mut line = Vec::new();
    for batch in commands.chunks(BATCH) {
        for command in batch {
            line.clear();
            Commands.write(command, &mut line);
            let key = command.vehicle.as_str().as_bytes();
            topic.send(Some(key), &line, None).await?;
        }
        topic.flush().await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
