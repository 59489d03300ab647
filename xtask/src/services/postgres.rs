//! PostgreSQL as a service that keeps running.

use xtask::postgres::{self, Lasting, Status, VARIABLE};

use super::Install;
use super::compose::{self, Compose};

const SERVICE: &str = "postgres";

/// Uses the server that the environment names, else the installed programs, else a container.
pub(crate) fn up(compose: &Compose, install: Install) -> Result<(), String> {
    if std::env::var_os(VARIABLE).is_some() {
        eprintln!("postgres: {VARIABLE} names one; nothing to start");
        return Ok(());
    }
    let url = if !postgres::is_installed() && compose::answers() {
        compose.up(SERVICE)?.url()?
    } else {
        if !postgres::is_installed() {
            install.postgres()?;
        }
        Lasting::locate()?.up()?
    };
    println!("export {VARIABLE}={url}");
    Ok(())
}

/// Stops what `up` started.
pub(crate) fn down(compose: &Compose) -> Result<(), String> {
    let own = postgres::is_installed() && Lasting::locate()?.down()?;
    if compose.down(SERVICE)? || own {
        println!("postgres: stopped, and what it held is gone");
    } else {
        println!("postgres: was not started here");
    }
    Ok(())
}

/// Shows whether it runs.
pub(crate) fn status(compose: &Compose) {
    if std::env::var_os(VARIABLE).is_some() {
        println!("postgres: named by {VARIABLE}");
    }
    let own = Lasting::locate().map_or(Status::Absent, |lasting| lasting.status());
    let contained = compose.running(SERVICE).and_then(|run| run.url().ok());
    match (own, contained) {
        (Status::Running { url, log }, _) => {
            println!("postgres: running, export {VARIABLE}={url}");
            println!("          its log is {}", log.display());
        }
        (_, Some(url)) => println!("postgres: running in a container, export {VARIABLE}={url}"),
        (Status::Ended, None) => {
            println!("postgres: ended; `cargo xtask services up` starts it again");
        }
        (Status::Absent, None) => println!("postgres: not started"),
    }
}
