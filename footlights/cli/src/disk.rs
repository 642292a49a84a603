//! Writing files and folders so that what is as it was stays untouched.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use anyhow::{Context, Result};

use crate::process::say;

/// Writes a file unless it has that content.
pub fn keep(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let content = content.as_ref();
    if std::fs::read(path).is_ok_and(|kept| kept == content) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    }
    std::fs::write(path, content).with_context(|| format!("writing {}", path.display()))
}

/// Waits until nobody else works in a directory, and keeps it until the file that is returned is dropped. `waiting` is said
/// meanwhile.
pub fn alone(directory: &Path, waiting: &str) -> Result<File> {
    let path = directory.join(".lock");
    std::fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    let file = File::create(&path).with_context(|| format!("writing {}", path.display()))?;
    // Where the file system knows no locks nobody is waited for.
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        say(waiting);
        file.lock().with_context(|| format!("waiting for {}", path.display()))?;
    }
    Ok(file)
}

/// Makes a directory a copy of another one, without what it held before.
pub fn mirror(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to).with_context(|| format!("removing {}", to.display()))?;
    }
    if from.exists() { copy(from, to) } else { Ok(()) }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
