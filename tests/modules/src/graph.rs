//! Cycles among files that use each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

/// One file names something that another one defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The file that names it.
    pub from: PathBuf,
    /// The file that defines it.
    pub to: PathBuf,
    /// The path, as it is written.
    pub name: String,
}

/// Files that all use each other, directly or through others of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The files, sorted.
    pub files: Vec<PathBuf>,
    /// One use for each file and each other one that it uses, sorted.
    pub uses: Vec<Use>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Use { from, to, name } in &self.uses {
            writeln!(f, "  {} uses {name} of {}", from.display(), to.display())?;
        }
        Ok(())
    }
}

type Graph<'a> = BTreeMap<&'a PathBuf, BTreeMap<&'a PathBuf, &'a Use>>;

/// The cycles that these uses make.
pub fn cycles(uses: &[Use]) -> Vec<Cycle> {
    let mut graph = Graph::new();
    for one in uses {
        graph.entry(&one.from).or_default().entry(&one.to).or_insert(one);
    }
    // Crates have some dozens of files, so every pair can be looked at.
    let reached: BTreeMap<_, _> = graph.keys().map(|file| (*file, reachable(&graph, file))).collect();
    let mut cycles: Vec<Cycle> = Vec::new();
    for (file, others) in &reached {
        let leads_back = |other: &&&PathBuf| reached.get(**other).is_some_and(|back| back.contains(*file));
        let files: Vec<PathBuf> = others.iter().filter(leads_back).map(|file| (*file).clone()).collect();
        if files.is_empty() || cycles.iter().any(|cycle| cycle.files == files) {
            continue;
        }
        let within = |one: &&&Use| files.contains(&one.from) && files.contains(&one.to);
        let uses =
            graph.values().flat_map(BTreeMap::values).filter(within).map(|one| (*one).clone()).collect();
        cycles.push(Cycle { files, uses });
    }
    cycles
}

/// Every file that one leads to; itself only if there is a way back.
fn reachable<'a>(graph: &Graph<'a>, from: &PathBuf) -> BTreeSet<&'a PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for next in graph.get(file).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(*next) {
                open.push(next);
            }
        }
    }
    found
}
