//! Where the jars of the broker are: beside other build output, fetched once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::private::account::Account;
use crate::private::folder;
use crate::private::process::output;

/// The version of Apache Kafka, as `xtask/kafka/pom.xml` has it. A new one is another folder.
pub const VERSION: &str = "4.4.0";

/// The programs that a broker needs, as packages of Debian and Ubuntu.
const PACKAGES: &str = "openjdk-17-jre-headless maven";

/// Why no broker can be started on this machine, if so.
pub fn missing() -> Option<String> {
    let lacks = ["java", "mvn"].into_iter().find(|program| {
        let version = Command::new(program).arg("-version").output();
        !version.is_ok_and(|output| output.status.success())
    });
    lacks.map(|program| {
        format!(
            "no {program} is installed, which starts Apache Kafka: apt-get install --yes \
             --no-install-recommends {PACKAGES}"
        )
    })
}

/// Fetches the jars if they are not there.
///
/// # Errors
///
/// Maven could not; the message is its own.
pub fn fetch() -> Result<(), String> {
    folder().map(drop)
}

/// Returns the folder with the jars, after fetching them if they are not there.
pub(super) fn folder() -> Result<PathBuf, String> {
    let root = folder::root(Account::ourselves())?;
    let name = format!("kafka-{VERSION}");
    let jars = root.join(&name);
    let lock = root.join("kafka.lock");
    let cannot = |error| format!("cannot lock {}: {error}", lock.display());
    let turn = File::create(&lock).map_err(cannot)?;
    turn.lock().map_err(cannot)?;
    if jars.is_dir() {
        return Ok(jars);
    }
    // Whole or not at all: a folder that is half full has another name.
    let partly = root.join(format!("{name}.partly"));
    let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/pom.xml");
    let mut fetch = Command::new("mvn");
    fetch.args(["-q", "-B", "-ntp", "-f"]).arg(pom);
    fetch.arg("dependency:copy-dependencies");
    fetch.arg(format!("-DoutputDirectory={}", partly.display()));
    fetch.arg("-DincludeScope=runtime");
    output(&mut fetch)?;
    let cannot = |error| format!("cannot rename {}: {error}", partly.display());
    fs::rename(&partly, &jars).map_err(cannot)?;
    Ok(jars)
}
