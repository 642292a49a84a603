//! The reference environments, a file or a folder each, and the list of all of them.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod acrobot;
pub mod cart_pole;
pub mod commons_harvest;
pub mod grid;
pub mod hamlet;
pub mod mountain_car;
pub mod overcooked;
pub mod pendulum;
pub mod slime_volleyball;

use footlights_env::{Entry, Registry};

/// Every environment of this build.
pub fn registry() -> Registry {
    Registry::new()
        .with(Entry::of::<acrobot::Acrobot>())
        .with(Entry::of::<cart_pole::CartPole>())
        .with(
            Entry::of::<commons_harvest::CommonsHarvest>()
                .scripted::<commons_harvest::CommonsHarvest>("greedy", |_| {
                    Box::new(commons_harvest::Gatherer::greedy())
                })
                .scripted::<commons_harvest::CommonsHarvest>("careful", |_| {
                    Box::new(commons_harvest::Gatherer::careful())
                }),
        )
        .with(Entry::of::<hamlet::Hamlet>())
        .with(Entry::of::<pendulum::Pendulum>())
        .with(
            Entry::of::<mountain_car::MountainCar>()
                .scripted::<mountain_car::MountainCar>("scripted", |_| Box::new(mountain_car::Rocker)),
        )
        .with(Entry::of::<overcooked::Overcooked>().scripted::<overcooked::Overcooked>("greedy", |config| {
            Box::new(overcooked::Greedy::on(&config.layout))
        }))
        .with(
            Entry::of::<slime_volleyball::SlimeVolleyball>()
                .scripted::<slime_volleyball::SlimeVolleyball>("scripted", |_| {
                    Box::new(slime_volleyball::Chaser)
                }),
        )
}

/// The golden digests, by environment id, as `goldens.json` beside this crate's manifest holds them.
pub fn goldens() -> serde_json::Value {
    serde_json::from_str(include_str!("../goldens.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use footlights_env::conformance;

    #[test]
    fn every_environment_passes_the_conformance_kit_and_keeps_its_golden() {
        let goldens = super::goldens();
        for entry in super::registry().iter() {
            let report = conformance::check(entry).unwrap();
            let expected = goldens[entry.id].as_str().unwrap_or("no golden");
            assert_eq!(format!("{:016x}", report.golden), expected, "{}", entry.id);
        }
    }

    /// Of the build before spaces by agent: replay files of that time hold them.
    #[test]
    fn fingerprints_are_those_of_stored_replays() {
        let fingerprints =
            [("mountain-car-v0", 0x5f97_1bef_95f2_de49_u64), ("slime-volleyball-v0", 0x0e99_96f9_2265_ba75)];
        for (id, expected) in fingerprints {
            assert_eq!(super::registry().get(id).unwrap().fingerprint(), Ok(expected), "{id}");
        }
    }

    #[test]
    fn snapshots_stay_small() {
        for entry in super::registry().iter() {
            let bytes = conformance::check(entry).unwrap().snapshot_bytes;
            assert!(bytes <= 200, "{}: {bytes} bytes", entry.id);
        }
    }
}
