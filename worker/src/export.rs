//! An experiment's data as one ZIP, made while it is sent: `dataset/` is valid under Psych-DS and names no participant,
//! `private/identifiers.csv` says who participants are to a recruiter.
//!
//! Files of older builds are put under today's header on the way.
//!
//! Memory holds one object's piece, one page of rows, and of each file its name for the ZIP's directory at the end, about
//! 150 bytes. Time and cost grow with the objects: one read of R2 for each, one list for a thousand, one query of D1 for
//! a thousand events or two hundred participants.

use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    io::{self, Write},
    rc::Rc,
};

use footlights_data::{
    codebook::{self, TableInfo},
    csv::Rearranger,
    events,
    files::{ExportTarget, FileNames, export_target, readme},
    identifiers, participants,
};
use footlights_experiment::Experiment;
use futures_util::{StreamExt, stream::try_unfold};
use worker::{Bucket, ByteStream, Env, Response};
use zip::{
    CompressionMethod, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use crate::{error::ApiError, json, log, store::d1};

/// Events in one query.
const EVENTS: u32 = 1_000;
/// Participants in one query.
const PARTICIPANTS: u32 = 200;
/// What is collected before it is sent, in bytes.
const PIECE: usize = 64 * 1024;

/// The ZIP as a response that is made as it is read.
pub fn response(env: &Env, experiment: &'static Experiment) -> Result<Response, ApiError> {
    let export = Export::new(env, experiment)?;
    let pieces = try_unfold(Some(export), |export| async {
        let Some(mut export) = export else { return Ok(None) };
        match export.piece().await {
            Ok((piece, more)) => Ok(Some((piece, more.then_some(export)))),
            Err(fault) => {
                // The status is sent already: the ZIP has no directory, so unpacking it fails.
                log!("error", "export_failed", "experiment": export.experiment.id, "detail": fault.to_string());
                Err(worker::Error::RustError(fault.to_string()))
            }
        }
    });
    Ok(Response::from_stream(pieces)?)
}

/// Where the ZIP's bytes come out.
#[derive(Clone, Default)]
struct Pipe(Rc<RefCell<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Export {
    env: Env,
    bucket: Bucket,
    experiment: &'static Experiment,
    names: FileNames,
    /// Every table of the experiment; the files of older builds are put under their columns.
    tables: Vec<TableInfo>,
    pipe: Pipe,
    zip: Option<ZipWriter<StreamWriter<Pipe>>>,
    stage: Stage,
    /// Tables of which there are files.
    seen: BTreeSet<String>,
}

/// What comes next.
enum Stage {
    Descriptions,
    Participants(Keys),
    Events {
        source: String,
        seq: i32,
    },
    Objects(Keys),
    /// An object in the middle of being copied; one of a table is put under the table's columns on the way.
    Object(ByteStream, Option<Rearranger>, Keys),
    Identifiers {
        after: String,
    },
    End,
}

/// Keys below a prefix, a page of them at a time.
struct Keys {
    prefix: String,
    page: VecDeque<String>,
    cursor: Option<String>,
    last: bool,
}

impl Keys {
    fn below(prefix: String) -> Self {
        Self { prefix, page: VecDeque::new(), cursor: None, last: false }
    }

    async fn next(&mut self, bucket: &Bucket) -> Result<Option<String>, ApiError> {
        while self.page.is_empty() && !self.last {
            let list = bucket.list().prefix(&self.prefix);
            let list = match self.cursor.take() {
                Some(cursor) => list.cursor(cursor),
                None => list,
            };
            let page = list.execute().await?;
            self.page = page.objects().iter().map(worker::Object::key).collect();
            self.cursor = page.cursor();
            self.last = !page.truncated();
        }
        Ok(self.page.pop_front())
    }
}

impl Export {
    fn new(env: &Env, experiment: &'static Experiment) -> Result<Self, ApiError> {
        let pipe = Pipe::default();
        Ok(Self {
            env: env.clone(),
            bucket: env.bucket("DATA")?,
            experiment,
            names: FileNames::new(experiment),
            tables: codebook::tables(experiment)?,
            zip: Some(ZipWriter::new_stream(pipe.clone())),
            pipe,
            stage: Stage::Descriptions,
            seen: BTreeSet::from(["participants".to_owned(), "events".to_owned()]),
        })
    }

    /// The next bytes, and whether there will be more.
    async fn piece(&mut self) -> Result<(Vec<u8>, bool), ApiError> {
        loop {
            let more = self.step().await?;
            if !more || self.pipe.0.borrow().len() >= PIECE {
                return Ok((self.pipe.0.take(), more));
            }
        }
    }

    fn begin(&mut self, path: &str) -> Result<(), ApiError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip()?.start_file(path, options).map_err(unwritable)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ApiError> {
        self.zip()?.write_all(bytes).map_err(unwritable)
    }

    fn zip(&mut self) -> Result<&mut ZipWriter<StreamWriter<Pipe>>, ApiError> {
        self.zip.as_mut().ok_or_else(|| ApiError::Internal("the ZIP is closed".into()))
    }

    fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), ApiError> {
        self.begin(path)?;
        self.write(bytes)
    }

    /// What puts a file under a table's columns; none if the experiment has no such table any more.
    fn rearranger(&self, table: &str) -> Option<Rearranger> {
        let found = self.tables.iter().find(|known| known.name == table)?;
        Some(Rearranger::new(found.columns.clone()))
    }

    /// An object's bytes; nothing if it was deleted in the meantime.
    async fn open(&self, key: &str) -> Result<Option<ByteStream>, ApiError> {
        let Some(object) = self.bucket.get(key).execute().await? else { return Ok(None) };
        Ok(object.body().map(|body| body.stream()).transpose()?)
    }

    /// Does a little; false at the end.
    async fn step(&mut self) -> Result<bool, ApiError> {
        let folder = format!("data/{}/", self.experiment.id);
        self.stage = match std::mem::replace(&mut self.stage, Stage::End) {
            Stage::Descriptions => {
                let readme = readme(self.experiment, &self.names);
                self.file("dataset/README.md", readme.as_bytes())?;
                self.file("dataset/.psychds-ignore", b".psychds-ignore\nrecords/**\n")?;
                let header = participants::table(self.experiment).header()?;
                self.file(&format!("dataset/{}", self.names.participants()), &header)?;
                Stage::Participants(Keys::below(format!("{folder}participants/")))
            }
            Stage::Participants(mut keys) => match keys.next(&self.bucket).await? {
                Some(key) => {
                    if let Some(object) = self.bucket.get(&key).execute().await?
                        && let Some(body) = object.body()
                    {
                        // A row that was written under another configuration has other columns.
                        let columns = participants::table(self.experiment).describe();
                        let mut rows = Rearranger::new(columns).rows_only();
                        let whole = rows.push(&body.bytes().await?)?;
                        self.write(&whole)?;
                        self.write(&rows.finish()?)?;
                    }
                    Stage::Participants(keys)
                }
                None => {
                    let header = events::table(self.experiment).header()?;
                    self.file(&format!("dataset/{}", self.names.events()), &header)?;
                    Stage::Events { source: String::new(), seq: -1 }
                }
            },
            Stage::Events { source, seq } => {
                let rows = d1::events(&self.env, self.experiment, (&source, seq), EVENTS).await?;
                self.write(&events::table(self.experiment).rows(rows.iter().map(|row| &row.event))?)?;
                match rows.last() {
                    Some(last) if rows.len() == EVENTS as usize => {
                        Stage::Events { source: last.source.clone(), seq: last.seq as i32 }
                    }
                    _ => Stage::Objects(Keys::below(folder)),
                }
            }
            Stage::Objects(mut keys) => match keys.next(&self.bucket).await? {
                Some(key) => {
                    let target = export_target(
                        self.experiment,
                        &self.names,
                        key.strip_prefix(&folder).unwrap_or(&key),
                    );
                    match target {
                        ExportTarget::File { path, table } => match self.open(&key).await? {
                            Some(stream) => {
                                let rearranger = table.as_deref().and_then(|table| self.rearranger(table));
                                self.seen.extend(table);
                                self.begin(&format!("dataset/{path}"))?;
                                Stage::Object(stream, rearranger, keys)
                            }
                            None => Stage::Objects(keys),
                        },
                        ExportTarget::Participant | ExportTarget::Made => Stage::Objects(keys),
                    }
                }
                None => {
                    let mut with = self.tables.clone();
                    with.retain(|table| self.seen.contains(&table.name));
                    let codebook = codebook::dataset_description(self.experiment, &with);
                    self.file(
                        "dataset/dataset_description.json",
                        &json::encode_pretty("a codebook", &codebook)?,
                    )?;
                    let header = identifiers::table(self.experiment).header()?;
                    self.file("private/identifiers.csv", &header)?;
                    Stage::Identifiers { after: String::new() }
                }
            },
            Stage::Object(mut stream, mut rearranger, keys) => match stream.next().await {
                Some(bytes) => {
                    let bytes = match &mut rearranger {
                        Some(rearranger) => rearranger.push(&bytes?)?,
                        None => bytes?,
                    };
                    self.write(&bytes)?;
                    Stage::Object(stream, rearranger, keys)
                }
                None => {
                    if let Some(rearranger) = rearranger {
                        self.write(&rearranger.finish()?)?;
                    }
                    Stage::Objects(keys)
                }
            },
            Stage::Identifiers { after } => {
                let some = d1::payments(&self.env, &self.experiment.id, &after, PARTICIPANTS).await?;
                self.write(&identifiers::table(self.experiment).rows(&some)?)?;
                match some.last() {
                    Some(last) if some.len() == PARTICIPANTS as usize => {
                        Stage::Identifiers { after: last.subject.clone() }
                    }
                    _ => {
                        if let Some(zip) = self.zip.take() {
                            zip.finish().map_err(unwritable)?;
                        }
                        Stage::End
                    }
                }
            }
            Stage::End => Stage::End,
        };
        Ok(!matches!(self.stage, Stage::End))
    }
}

fn unwritable(error: impl std::fmt::Display) -> ApiError {
    ApiError::Internal(format!("the ZIP cannot be written: {error}"))
}
