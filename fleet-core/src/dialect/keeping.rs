//! Messages that keep keys which their type does not know.

use compact_str::CompactString;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
    ser::Error as _,
};
use serde_json::value::RawValue;

/// A message with its unknown keys and the order of its keys, on every level.
///
/// # Guarantees
/// The message is written back with the same keys in the same order, unknown ones unchanged. Keys
/// that were set later come last, and removed keys are left out. A message that was read with the
/// alias of a key (`type` for `alert_type`) is written with the first name and without unknown
/// keys.
///
/// # Examples
/// ```
/// use fleet_core::dialect::{Keeping, vehicleops::MissionMessage};
/// let json = r#"{"source":"planner-2","event":"started","mission_id":"m-1","vehicle_id":"v-1","timestamp":"2024-02-15T15:01:00Z"}"#;
/// let message: Keeping<MissionMessage> = serde_json::from_str(json)?;
/// assert_eq!(message.message.mission.as_str(), "m-1");
/// assert_eq!(serde_json::to_string(&message)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keeping<T> {
    /// The known part of the message.
    pub message: T,
    original: Option<Tree>,
}

/// The depth to which unknown keys are kept. Our choice: no described message has more than four
/// levels.
const MAX_DEPTH: usize = 16;

/// JSON with the order of its keys.
#[derive(Clone, Debug)]
enum Tree {
    Object(Vec<(CompactString, Tree)>),
    List(Vec<Tree>),
    /// A known value, or any value at the deepest level.
    Leaf(String),
    /// A value with an unknown key.
    Unknown(String),
}

impl Tree {
    fn read(json: &str, depth: usize) -> Result<Self, serde_json::Error> {
        Ok(match json.as_bytes().first() {
            Some(b'{') if depth < MAX_DEPTH => {
                let Members(members) = serde_json::from_str(json)?;
                let members = members.into_iter();
                let members =
                    members.map(|(key, value)| Ok((key, Self::read(value.get(), depth + 1)?)));
                Self::Object(members.collect::<Result<_, serde_json::Error>>()?)
            }
            Some(b'[') if depth < MAX_DEPTH => {
                let values: Vec<&RawValue> = serde_json::from_str(json)?;
                let values = values
                    .iter()
                    .map(|value| Self::read(value.get(), depth + 1));
                Self::List(values.collect::<Result<_, _>>()?)
            }
            _ => Self::Leaf(json.to_owned()),
        })
    }

    /// Marks the values that the message does not write by itself.
    fn mark(self, own: &Self) -> Self {
        match (self, own) {
            (Self::Object(members), Self::Object(own)) => {
                let members = members.into_iter().map(|(key, value)| {
                    let value = match find(own, &key) {
                        Some(own) => value.mark(own),
                        None => Self::Unknown(value.text()),
                    };
                    (key, value)
                });
                Self::Object(members.collect())
            }
            (Self::List(values), Self::List(own)) => {
                let values = values.into_iter().zip(own);
                Self::List(values.map(|(value, own)| value.mark(own)).collect())
            }
            (other, _) => other,
        }
    }

    /// Merges the current values into the original order, with the unknown values.
    fn merge(&self, now: Self) -> Self {
        match (self, now) {
            (Self::Object(original), Self::Object(mut now)) => {
                let mut merged = Vec::with_capacity(original.len());
                for (key, original) in original {
                    let at = now.iter().position(|(known, _)| known == key);
                    match (at, original) {
                        (Some(at), original) => {
                            merged.push((key.clone(), original.merge(now.remove(at).1)));
                        }
                        (None, Self::Unknown(_)) => merged.push((key.clone(), original.clone())),
                        (None, _) => {}
                    }
                }
                merged.extend(now);
                Self::Object(merged)
            }
            (Self::List(original), Self::List(now)) if original.len() == now.len() => {
                let pairs = original.iter().zip(now);
                Self::List(pairs.map(|(original, now)| original.merge(now)).collect())
            }
            (_, now) => now,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Leaf(json) | Self::Unknown(json) => json.clone(),
            Self::List(values) => {
                let values: Vec<_> = values.iter().map(Self::text).collect();
                format!("[{}]", values.join(","))
            }
            Self::Object(members) => {
                let member = |(key, value): &(CompactString, Self)| {
                    format!("{}:{}", serde_json::Value::from(key.as_str()), value.text())
                };
                let members: Vec<_> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

fn find<'a>(members: &'a [(CompactString, Tree)], key: &str) -> Option<&'a Tree> {
    members
        .iter()
        .find_map(|(known, value)| (known == key).then_some(value))
}

impl<T: Serialize> Keeping<T> {
    fn text(&self) -> Result<String, serde_json::Error> {
        let now = serde_json::to_string(&self.message)?;
        match &self.original {
            Some(original) => Ok(original.merge(Tree::read(&now, 0)?).text()),
            None => Ok(now),
        }
    }
}

impl<T> From<T> for Keeping<T> {
    fn from(message: T) -> Self {
        Self {
            message,
            original: None,
        }
    }
}

impl<T: Serialize> Serialize for Keeping<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = self.text().map_err(S::Error::custom)?;
        let json = RawValue::from_string(text).map_err(S::Error::custom)?;
        json.serialize(to)
    }
}

impl<'de, T: Serialize + DeserializeOwned> Deserialize<'de> for Keeping<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(from)?;
        let read = || -> Result<Self, serde_json::Error> {
            let message: T = serde_json::from_str(json.get())?;
            let own = Tree::read(&serde_json::to_string(&message)?, 0)?;
            let original = Tree::read(json.get(), 0)?.mark(&own);
            let mut keeping = Self {
                message,
                original: Some(original),
            };
            if serde_json::from_str::<T>(&keeping.text()?).is_err() {
                keeping.original = None;
            }
            Ok(keeping)
        };
        read().map_err(D::Error::custom)
    }
}

/// The members of an object, in order.
struct Members<'a>(Vec<(CompactString, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Vec<(CompactString, &'de RawValue)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        from.deserialize_map(Visit).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::vehicleops::AlertPush;

    #[derive(Debug, Serialize, Deserialize)]
    struct Listed<T> {
        data: Vec<T>,
        total: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u64>,
    }

    #[test]
    fn keys_set_later_come_last_and_removed_keys_are_left_out() {
        let json = r#"{"x":1.50,"page":2,"total":9,"data":[{"y":1}],"z":null}"#;
        let mut list: Keeping<Listed<serde_json::Value>> = serde_json::from_str(json).unwrap();
        list.message.page = None;
        list.message.limit = Some(50);
        let again = serde_json::to_string(&list).unwrap();
        assert_eq!(
            again,
            r#"{"x":1.50,"total":9,"data":[{"y":1}],"z":null,"limit":50}"#
        );
    }

    #[test]
    fn a_key_read_by_its_alias_is_written_by_its_name() {
        let json = r#"{"x":1,"type":"ALERT","payload":{"vehicle_id":"v","type":"OVERSPEED","value":92.5,"timestamp":"2024-02-15T14:33:01Z"}}"#;
        let push: Keeping<AlertPush> = serde_json::from_str(json).unwrap();
        let expected = r#"{"type":"ALERT","payload":{"vehicle_id":"v","alert_type":"OVERSPEED","value":92.5,"timestamp":"2024-02-15T14:33:01Z"}}"#;
        assert_eq!(serde_json::to_string(&push).unwrap(), expected);
    }

    #[test]
    fn deep_messages_are_kept_and_broken_ones_refused() {
        let deep = format!(
            r#"{{"data":[],"total":0,"x":{}1{}}}"#,
            "[".repeat(100),
            "]".repeat(100)
        );
        let list: Keeping<Listed<u8>> = serde_json::from_str(&deep).unwrap();
        assert_eq!(serde_json::to_string(&list).unwrap(), deep);
        assert!(serde_json::from_str::<Keeping<Listed<u8>>>(r#"{"data":[}"#).is_err());
    }
}
