//! Where simulated events go: a new file, standard output, or a topic.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use fleet_core::{Error, ErrorKind, Result};
#[cfg(feature = "kafka")]
use fleet_sinks::kafka::{KafkaProducer, KafkaSinkOptions, topics::make_missing};

#[cfg(feature = "kafka")]
use crate::topic::to_make;
use crate::{
    console::{failure::usage_error, stdout::Stdout},
    topic::TopicAddress,
};

/// An open output of lines.
pub(crate) enum Output {
    Lines(PathBuf, Box<dyn Write>),
    #[cfg(feature = "kafka")]
    Topic(Box<KafkaProducer>),
}

impl Output {
    /// Opens an output; a topic is made if it is missing.
    ///
    /// # Errors
    /// Refuses a file that exists, and brokers that do not answer.
    pub(crate) async fn open(to: &Path) -> Result<Self> {
        match TopicAddress::parse(&to.to_string_lossy()) {
            Some(topic) => Self::topic(&topic.map_err(usage_error)?).await,
            None if to == Path::new("-") => {
                let lines = Box::new(BufWriter::new(Stdout::default()));
                Ok(Self::Lines(to.to_owned(), lines))
            }
            None => {
                let file = OpenOptions::new().write(true).create_new(true).open(to);
                let file = file.map_err(|cause| unwritten(to, cause))?;
                Ok(Self::Lines(to.to_owned(), Box::new(BufWriter::new(file))))
            }
        }
    }

    #[cfg(feature = "kafka")]
    async fn topic(TopicAddress { brokers, topic }: &TopicAddress) -> Result<Self> {
        let options = KafkaSinkOptions::default();
        make_missing(brokers, &[to_make(topic)], &options).await?;
        let producer = KafkaProducer::open(brokers, topic, &options)?;
        Ok(Self::Topic(Box::new(producer)))
    }

    #[cfg(not(feature = "kafka"))]
    #[expect(clippy::unused_async, reason = "a build with Kafka asks brokers")]
    async fn topic(_: &TopicAddress) -> Result<Self> {
        Err(TopicAddress::not_built())
    }

    /// Writes whole lines of JSON; to a topic each as one record, under the key of its vehicle.
    ///
    /// # Errors
    /// Returns an error if they cannot be written.
    pub(crate) async fn write(&mut self, lines: &[u8]) -> Result<()> {
        match self {
            Self::Lines(path, out) => out.write_all(lines).map_err(|cause| unwritten(path, cause)),
            #[cfg(feature = "kafka")]
            Self::Topic(producer) => {
                for line in lines.split(|byte| *byte == b'\n') {
                    if !line.is_empty() {
                        producer.send(vehicle(line).as_deref(), line, None).await?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// Returns an error if it cannot be.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        match self {
            Self::Lines(path, out) => out.flush().map_err(|cause| unwritten(path, cause)),
            #[cfg(feature = "kafka")]
            Self::Topic(producer) => producer.flush().await,
        }
    }

    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self, Self::Lines(path, _) if path == Path::new("-"))
    }
}

/// The vehicle of a line: a text or a number, as its dialect has it.
#[cfg(feature = "kafka")]
fn vehicle(line: &[u8]) -> Option<Vec<u8>> {
    #[derive(serde::Deserialize)]
    struct Keyed {
        vehicle_id: serde_json::Value,
    }
    match serde_json::from_slice::<Keyed>(line).ok()?.vehicle_id {
        serde_json::Value::String(text) => Some(text.into_bytes()),
        serde_json::Value::Number(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

fn unwritten(path: &Path, cause: io::Error) -> Error {
    let message = match cause.kind() {
        io::ErrorKind::AlreadyExists => format!(
            "{} exists: name a new file, so that no events are written over",
            path.display()
        ),
        _ => format!("cannot write events to {}", path.display()),
    };
    Error::new(ErrorKind::Sink, message).because(cause)
}
