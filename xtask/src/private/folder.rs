//! Folders of running services: each is locked by the process that uses it, so that what nobody holds
//! any more can be told and swept away.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::account::Account;
use super::process::output;

/// Numbers the folders of one process.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder of this process. The system lets go of its lock when the process ends, in whatever way.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// A new folder `SERVICE-PID-N`, after sweeping what others of the same service left behind.
    ///
    /// `end` is called with each leftover before it is removed, to end what may still run there.
    pub(crate) fn create(
        service: &str,
        account: Account,
        end: impl Fn(&Path),
    ) -> Result<Self, String> {
        let root = root(account)?;
        // One at a time, so that nobody sweeps a folder between its making and its lock.
        let _turn = turn(&root)?;
        sweep(&root, service, end)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!("{service}-{}-{number}", std::process::id()));
        fs::create_dir(&path).map_err(|error| cannot("create", &path, &error))?;
        account.give(&path)?;
        let lock = lock_file(&path)?;
        lock.lock().map_err(|error| cannot("lock", &path, &error))?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// `target/services`, or a folder in the system's temporary one where the service's account cannot
/// reach the former (a clone under a closed home directory).
pub(crate) fn root(account: Account) -> Result<PathBuf, String> {
    let beside = target().join("services");
    fs::create_dir_all(&beside).map_err(|error| cannot("create", &beside, &error))?;
    let beside = beside
        .canonicalize()
        .map_err(|error| cannot("find", &beside, &error))?;
    let mut look = account.command(Path::new("ls"));
    if !account.is_dropped() || output(look.arg("-d").arg(beside.join("."))).is_ok() {
        account.give(&beside)?;
        return Ok(beside);
    }
    let elsewhere = std::env::temp_dir().join("fleet-services");
    fs::create_dir_all(&elsewhere).map_err(|error| cannot("create", &elsewhere, &error))?;
    account.give(&elsewhere)?;
    Ok(elsewhere)
}

/// Cargo's target folder: the one that the running program was built into, else the default.
fn target() -> PathBuf {
    let built = std::env::current_exe().ok().and_then(|program| {
        let mut above = program.ancestors();
        let target = above.find(|folder| folder.join("CACHEDIR.TAG").exists())?;
        Some(target.to_owned())
    });
    built.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
}

fn turn(root: &Path) -> Result<File, String> {
    let turn = lock_file(root)?;
    turn.lock().map_err(|error| cannot("lock", root, &error))?;
    Ok(turn)
}

fn lock_file(folder: &Path) -> Result<File, String> {
    let path = folder.join(".lock");
    File::create(&path).map_err(|error| cannot("create", &path, &error))
}

/// Removes the folders that nobody holds.
fn sweep(root: &Path, service: &str, end: impl Fn(&Path)) -> Result<(), String> {
    let entries = fs::read_dir(root).map_err(|error| cannot("list", root, &error))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if !is_ours(&path, service) {
            continue;
        }
        // A leftover without a lock file lost it to an earlier, interrupted sweep.
        if let Ok(lock) = File::open(path.join(".lock"))
            && lock.try_lock().is_err()
        {
            continue;
        }
        end(&path);
        match fs::remove_dir_all(&path) {
            Err(error) if path.exists() => return Err(cannot("remove", &path, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// `SERVICE-PID-N`, and nothing that only begins like it.
fn is_ours(path: &Path, service: &str) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let numbers = name.and_then(|name| name.strip_prefix(service)?.strip_prefix('-'));
    let number = |text: &str| text.parse::<u32>().is_ok();
    let both = numbers.and_then(|numbers| numbers.split_once('-'));
    both.is_some_and(|(process, counter)| number(process) && number(counter))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_a_process_made_for_itself_are_swept() {
        assert!(is_ours(Path::new("/t/postgres-12-0"), "postgres"));
        for other in [
            "postgres",
            "postgres-12",
            "postgres-12-0-b",
            "kafka-12-0",
            "postgres-a-0",
        ] {
            assert!(!is_ours(Path::new(other), "postgres"), "{other}");
        }
    }

    #[test]
    fn what_a_dead_process_left_is_ended_and_removed_and_what_is_held_stays() {
        let account = Account::ourselves();
        let service = "sweeping";
        let held = Folder::create(service, account, |_| {}).unwrap();
        let left = root(account).unwrap().join("sweeping-1-7");
        fs::create_dir_all(&left).unwrap();
        File::create(left.join(".lock")).unwrap();

        let ended = std::cell::RefCell::new(Vec::new());
        let other = Folder::create(service, account, |path| {
            ended.borrow_mut().push(path.to_owned());
        });
        assert_eq!(ended.into_inner(), std::slice::from_ref(&left));
        assert!(!left.exists());
        assert!(held.path().exists());
        for folder in [held, other.unwrap()] {
            fs::remove_dir_all(folder.path()).unwrap();
        }
    }
}
