//! On what the figures were measured.

use std::{path::Path, process::Command};

/// The machine and its tools.
#[derive(Debug, Clone)]
pub struct Conditions {
    pub cores: usize,
    cpu: String,
    system: String,
    rustc: String,
    node: String,
    load: String,
}

impl Conditions {
    pub fn find(node: &Path) -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let cpu = read("/proc/cpuinfo");
        let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: cpu.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.to_owned()),
            system: format!("{} {}", std::env::consts::OS, read("/proc/sys/kernel/osrelease").trim()),
            rustc: says(Path::new("rustc"), "--version"),
            node: says(node, "--version"),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    /// Each with its name.
    pub fn facts(&self) -> impl Iterator<Item = (&'static str, String)> {
        let cpu = format!("{}, {} cores", self.cpu, self.cores);
        [
            ("cpu", cpu),
            ("system", self.system.clone()),
            ("rustc", self.rustc.clone()),
            ("node", self.node.clone()),
            // Above the number of busy cores of this command itself, something else was running.
            ("load_before", self.load.clone()),
        ]
        .into_iter()
    }
}

fn says(program: &Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}
