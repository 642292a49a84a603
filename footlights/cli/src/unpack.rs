//! A ZIP into a folder, and nothing outside of it.

use std::{
    fs::{self, File},
    io,
    path::{Component, Path},
};

use anyhow::{Context, Result, bail};
use zip::ZipArchive;

/// Whether an experiment's id may be the name of a folder.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Puts the files of `archive` into `folder`, in place of what was there. Returns how many there are. A name that leads
/// elsewhere is an error before anything is written.
pub fn unpack(archive: &Path, folder: &Path) -> Result<usize> {
    let whole = "the download is not whole: the deployment's log says why";
    let mut zip = ZipArchive::new(File::open(archive)?).context(whole)?;
    for name in zip.file_names() {
        let name = name?;
        let path = Path::new(name.as_ref());
        if name.contains('\\') || !path.components().all(|part| matches!(part, Component::Normal(_))) {
            bail!("the archive has a file {name:?}, which would lie outside of {}", folder.display());
        }
    }
    let fresh = folder.with_extension("partial");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    let files = zip.len();
    for k in 0..files {
        let mut entry = zip.by_index(k)?;
        let path = fresh.join(entry.name()?.as_ref());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        io::copy(&mut entry, &mut File::create(&path)?)
            .with_context(|| format!("unpacking {}", path.display()))?;
    }
    if folder.exists() {
        if !folder.join("dataset/dataset_description.json").exists() {
            bail!("{} is there already, and is no export: choose another --to", folder.display());
        }
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&fresh, folder)?;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(directory: &Path, names: &[&str]) -> std::path::PathBuf {
        fs::create_dir_all(directory).unwrap();
        let path = directory.join("a.zip");
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        for name in names {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    #[test]
    fn files_come_out_as_they_went_in_and_an_older_export_is_replaced() {
        let home = std::env::temp_dir().join(format!("footlights-unpack-{}", std::process::id()));
        let folder = home.join("study");
        let first = archive(&home, &["dataset/dataset_description.json", "dataset/old.csv"]);
        assert_eq!(unpack(&first, &folder).unwrap(), 2);
        let second = archive(&home, &["dataset/dataset_description.json", "private/identifiers.csv"]);
        assert_eq!(unpack(&second, &folder).unwrap(), 2);
        assert!(!folder.join("dataset/old.csv").exists());
        let name = "private/identifiers.csv";
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), name);
        // Somebody's own folder is left alone.
        let own = home.join("own");
        fs::create_dir_all(&own).unwrap();
        assert!(unpack(&second, &own).unwrap_err().to_string().contains("no export"));
        fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_refused_before_anything_is_written() {
        for (k, name) in ["../evil", "/evil", "a/../../evil", "a\\..\\evil"].into_iter().enumerate() {
            let home = std::env::temp_dir().join(format!("footlights-slip-{}-{k}", std::process::id()));
            let path = archive(&home, &["dataset/a.csv", name]);
            let refused = unpack(&path, &home.join("study")).unwrap_err().to_string();
            assert!(refused.contains("outside"), "{name}: {refused}");
            assert_eq!(fs::read_dir(&home).unwrap().count(), 1, "only the archive");
            fs::remove_dir_all(home).unwrap();
        }
    }

    #[test]
    fn half_a_download_is_told_from_a_whole_one() {
        let home = std::env::temp_dir().join(format!("footlights-half-{}", std::process::id()));
        let path = archive(&home, &["dataset/a.csv"]);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(unpack(&path, &home.join("study")).unwrap_err().to_string().contains("not whole"));
        fs::remove_dir_all(home).unwrap();
    }
}
