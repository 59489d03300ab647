//! Folders of running services. The process that uses a folder locks it, so that abandoned folders
//! can be recognised and removed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::account::Account;
use super::process::output;

/// The number of the next folder of this process.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder of this process. The system releases its lock however the process ends.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Creates a folder `SERVICE-PID-N`, after removing abandoned folders of the same service.
    ///
    /// `end` is called with each abandoned folder before it is removed, to end what still runs
    /// there.
    pub(crate) fn create(
        service: &str,
        account: Account,
        end: impl Fn(&Path),
    ) -> Result<Self, String> {
        let root = root(account)?;
        // One process at a time, so that none removes a folder before its owner has locked it.
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

    /// The path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// `target/services`. Where the account of the service cannot reach it (a clone in a closed home
/// directory), a folder beneath the temporary folder of the system.
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

/// The target folder of cargo: the one that this program was built into, else the default.
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

/// Removes the folders whose owner has ended.
fn sweep(root: &Path, service: &str, end: impl Fn(&Path)) -> Result<(), String> {
    let entries = fs::read_dir(root).map_err(|error| cannot("list", root, &error))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if !is_ours(&path, service) {
            continue;
        }
        // An abandoned folder without a lock file lost it in an earlier, interrupted removal.
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

/// Whether the name is exactly `SERVICE-PID-N`.
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
