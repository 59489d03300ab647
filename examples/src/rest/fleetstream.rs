//! The live channel of FleetStream (`WS /ws`).

use fleet_core::dialect::JsonText;

/// A message of the live channel: first the recent events, then each new one.
///
/// The events are JSON texts for the dialect [`FleetStream`](fleet_core::dialect::FleetStream).
///
/// # Examples
/// ```
/// use fleet_examples::rest::fleetstream::LivePush;
/// let json = r#"{"type":"event","data":{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56Z"}}"#;
/// let push: LivePush = serde_json::from_str(json)?;
/// assert!(matches!(&push, LivePush::Event { data } if data.as_str().contains("TESTCAR01")));
/// assert_eq!(serde_json::to_string(&push)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum LivePush {
    /// The recent events.
    Snapshot {
        /// The events in the order of their times.
        items: Vec<JsonText>,
    },
    /// One event.
    Event {
        /// The event.
        data: JsonText,
    },
}

/// The JSON form. Serde cannot read a tagged enum whose content must stay text.
#[derive(serde::Serialize, serde::Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<Vec<JsonText>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<JsonText>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Snapshot,
    Event,
}

impl From<LivePush> for Wire {
    fn from(push: LivePush) -> Self {
        let (kind, items, data) = match push {
            LivePush::Snapshot { items } => (Kind::Snapshot, Some(items), None),
            LivePush::Event { data } => (Kind::Event, None, Some(data)),
        };
        Self { kind, items, data }
    }
}

impl TryFrom<Wire> for LivePush {
    type Error = &'static str;
    fn try_from(wire: Wire) -> Result<Self, &'static str> {
        match wire.kind {
            Kind::Snapshot => {
                let items = wire.items.ok_or("a snapshot has items")?;
                Ok(Self::Snapshot { items })
            }
            Kind::Event => {
                let data = wire.data.ok_or("an event has data")?;
                Ok(Self::Event { data })
            }
        }
    }
}
