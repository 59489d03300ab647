//! Generates passwords.

use std::fs::File;
use std::io::Read;

/// 128 random bits in hexadecimal, which needs no escaping in a URL, a shell or a connection
/// string.
pub(crate) fn password() -> Result<String, String> {
    let mut bits = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bits))
        .map_err(|error| format!("cannot read /dev/urandom: {error}"))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_passwords_are_equal() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
