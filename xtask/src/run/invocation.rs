//! Runs other programs, and prints each command first in a form that can be pasted into a shell.

use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};

use super::StepOutcome;

/// A program, its arguments and the environment variables to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    hidden: Vec<(String, String)>,
}

/// The stream that a line of output came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Invocation {
    /// Any program; `cargo` means the cargo that started this process.
    pub(crate) fn new<A: Into<String>>(
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.to_owned(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// A cargo command as typed in a shell. No argument may contain a space.
    pub(crate) fn cargo(line: &str) -> Self {
        Self::new("cargo", line.split_whitespace())
    }

    /// Adds arguments.
    pub(crate) fn with<A: Into<String>>(mut self, more: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(more.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Adds an environment variable that is not printed: it holds the password of a server that
    /// will be gone when someone repeats the command.
    pub(crate) fn hidden_env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    /// Prints the command, runs it with the output of this process, and waits for its end.
    pub(crate) fn run(&self) -> StepOutcome {
        self.announce();
        match self.command().status() {
            Ok(status) => outcome(status),
            Err(error) => StepOutcome::failed(self.not_started(&error)),
        }
    }

    /// Runs the command silently and returns its standard output; an error holds its standard
    /// error.
    pub(crate) fn output(&self) -> Result<String, String> {
        let output = self
            .command()
            .output()
            .map_err(|error| self.not_started(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let why = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{self}` failed: {}", why.trim()))
    }

    /// Prints the command, runs it, and passes each line of output to the terminal and to `seen` as
    /// it comes. One thread reads each of the two streams.
    pub(crate) fn watch(&self, seen: &(dyn Fn(Origin, &str) + Sync)) -> StepOutcome {
        self.announce();
        let child = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => return StepOutcome::failed(self.not_started(&error)),
        };
        let (out, err) = (child.stdout.take(), child.stderr.take());
        std::thread::scope(|scope| {
            if let Some(out) = out {
                scope.spawn(|| lines(out, |line| pass(Origin::Out, line, seen)));
            }
            if let Some(err) = err {
                scope.spawn(|| lines(err, |line| pass(Origin::Err, line, seen)));
            }
        });
        match child.wait() {
            Ok(status) => outcome(status),
            Err(error) => StepOutcome::failed(format!("cannot wait for `{self}`: {error}")),
        }
    }

    fn announce(&self) {
        println!("\n$ {self}");
    }

    fn not_started(&self, error: &std::io::Error) -> String {
        format!("cannot start `{}`: {error}", self.program)
    }

    fn command(&self) -> Command {
        let program = match self.program.as_str() {
            "cargo" => std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")),
            other => OsString::from(other),
        };
        let mut command = Command::new(program);
        command.args(&self.arguments);
        // `cargo run` sets these for xtask; build scripts that watch them would run again.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        let environment = self.environment.iter().chain(&self.hidden);
        command.envs(environment.map(|(name, value)| (name, value)));
        command
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.environment {
            write!(f, "{name}={} ", Quoted(value))?;
        }
        f.write_str(&self.program)?;
        for argument in &self.arguments {
            write!(f, " {}", Quoted(argument))?;
        }
        Ok(())
    }
}

/// A word, quoted where a shell needs it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
        if !self.0.is_empty() && self.0.chars().all(plain) {
            return f.write_str(self.0);
        }
        write!(f, "'{}'", self.0.replace('\'', r"'\''"))
    }
}

fn outcome(status: ExitStatus) -> StepOutcome {
    if status.success() {
        StepOutcome::Passed
    } else {
        StepOutcome::failed(status.to_string())
    }
}

fn pass(origin: Origin, line: &str, seen: &(dyn Fn(Origin, &str) + Sync)) {
    match origin {
        Origin::Out => println!("{line}"),
        Origin::Err => eprintln!("{line}"),
    }
    seen(origin, line);
}

/// Calls `each` with every line. An unreadable pipe counts as closed; the exit status of the
/// program shows whether that matters.
fn lines(from: impl Read, mut each: impl FnMut(&str)) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        each(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_shell_reads_it() {
        let doc = Invocation::cargo("doc --no-deps").env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            doc.to_string(),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
        let odd = Invocation::new("echo", ["it's", "", "{p}"]);
        assert_eq!(odd.to_string(), r"echo 'it'\''s' '' '{p}'");
    }

    #[test]
    fn a_hidden_variable_is_set_and_not_shown() {
        let command = Invocation::new("sh", ["-c", "echo $SECRET"]).hidden_env("SECRET", "canary");
        assert_eq!(command.to_string(), "sh -c 'echo $SECRET'");
        assert_eq!(command.output().unwrap().trim(), "canary");
    }

    #[test]
    fn lines_come_without_their_ends_and_the_last_one_needs_none() {
        let mut seen = Vec::new();
        lines("one\r\ntwo\n\nlast".as_bytes(), |line| {
            seen.push(line.to_owned());
        });
        assert_eq!(seen, ["one", "two", "", "last"]);
    }
}
