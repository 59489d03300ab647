//! Messages about a wrong command line, with every address removed.

use std::process::ExitCode;

use crate::{address::may_hold_password, console::stdout};

/// Prints what clap says about the command line: help, the version, or an error.
pub(crate) fn print(error: &clap::Error) -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let text = without_addresses(error.render().to_string(), &args);
    if error.use_stderr() {
        eprint!("{text}");
        ExitCode::from(2)
    } else {
        // Help that standard output cannot take is no reason to fail.
        drop(stdout::print(&text));
        ExitCode::SUCCESS
    }
}

/// Replaces every argument that may hold a password in a message that quotes it.
fn without_addresses(mut text: String, args: &[String]) -> String {
    let values = args.iter().flat_map(|arg| {
        let value = arg.split_once('=').map(|(_, value)| value);
        [Some(arg.as_str()), value].into_iter().flatten()
    });
    for value in values.filter(|value| may_hold_password(value)) {
        text = text.replace(value, "(an address)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_error_does_not_repeat_an_address() {
        let args = ["--sink=postgre://u:canary@db", "u:canary@db", "--seed", "x"];
        let args = args.map(str::to_owned);
        let text = "unexpected argument 'u:canary@db', invalid value 'postgre://u:canary@db', 'x'";
        let printed = without_addresses(text.to_owned(), &args);
        assert_eq!(
            printed,
            "unexpected argument '(an address)', invalid value '(an address)', 'x'"
        );
    }
}
