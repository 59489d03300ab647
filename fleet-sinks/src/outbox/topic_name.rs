//! Which names a topic may have.

use fleet_core::{Error, ErrorKind};

/// Why no broker can have a topic of this name.
pub(crate) fn topic_name_refusal(name: &str) -> Option<&'static str> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !(1..=249).contains(&name.len()) || !name.bytes().all(legal) {
        return Some("a name has 1 to 249 of the characters a-z A-Z 0-9 . _ -");
    }
    matches!(name, "." | "..").then_some("a name is neither . nor ..")
}

/// The error for a topic that no broker can have.
pub(super) fn unusable(topic: &str, why: &str) -> Error {
    let message = format!("cannot send messages to topic {topic:?}: {why}");
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_a_broker_takes() {
        for name in ["a.b_c-1", "...", &"x".repeat(249)] {
            assert_eq!(topic_name_refusal(name), None, "{name}");
        }
        for name in ["", ".", "..", "a b", "a\0", "naïve", &"x".repeat(250)] {
            assert!(topic_name_refusal(name).is_some(), "{name}");
        }
    }
}
